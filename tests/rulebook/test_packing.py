"""A policy's files on their way to an office's computer and back: nothing lost, nothing strange taken in."""

import io
import zipfile

import pytest

from nuanxin.policy import PolicyError
from nuanxin.policy.dmn import write_dmn
from nuanxin.policy.folder import POLICY_FILE
from nuanxin.records.services import Refused
from nuanxin.rulebook.packing import FILE_BYTES, FILES, packed, unpacked
from nuanxin.rulebook.queries import installed, look_over


@pytest.fixture
def files():
    return dict(installed("qingtongxia")[0].files)


def zipped(*entries, flag=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def test_what_is_packed_comes_back_letter_by_letter(files):
    parcel = unpacked([("qtx.zip", packed(files, "qingtongxia-2022-1"))])
    assert parcel.whole
    assert parcel.over({"old.csv": "x"}) == {name: text.replace("\r\n", "\n") for name, text in files.items()}


def test_packed_tables_open_in_a_spreadsheet_program(files):
    with zipfile.ZipFile(io.BytesIO(packed(files, "f"))) as archive:
        for name in archive.namelist():
            assert archive.read(name).startswith(b"\xef\xbb\xbf") == name.endswith(".csv"), name


def test_the_same_files_are_the_same_bytes(files):
    assert packed(files, "f") == packed(dict(reversed(files.items())), "f")


def test_a_dmn_file_comes_back_as_the_same_policy(files):
    policy = look_over(files).policy
    back = unpacked([("qtx.dmn", write_dmn(policy.model))]).over(files)
    looked = look_over(back)
    assert looked.errors == []
    assert looked.cases
    assert looked.failing == []
    assert [d.name for d in looked.policy.model.decisions] == [d.name for d in policy.model.decisions]


def test_a_dmn_file_leaves_the_ceilings_and_the_cases_that_it_cannot_say():
    before = {"policy.toml": "a", "tier.csv": "b", "cases.csv": "c", "ceilings.csv": "d"}
    policy = installed("qingtongxia")[0].policy
    after = unpacked([("x.dmn", write_dmn(policy.model))]).over(before)
    assert (after["ceilings.csv"], "tier.csv" in after) == ("d", True)
    assert after["tier.csv"] != "b"


def test_single_tables_go_over_theirs_and_leave_the_rest(files):
    parcel = unpacked([("tier.csv", "规则\n".encode("utf-8-sig")), ("新表.csv", b"a,b\r\n1,2\r\n")])
    after = parcel.over(files)
    assert after == {**files, "tier.csv": "规则\n", "新表.csv": "a,b\n1,2\n"}


def test_what_a_computer_adds_of_its_own_is_left_out(files):
    content = zipped(
        *((f"我市/{name}", text) for name, text in files.items()),
        ("__MACOSX/我市/._tier.csv", b"\x00"),
        ("我市/.DS_Store", b"\x00"),
    )
    assert set(unpacked([("我市.zip", content)]).files) == set(files)


def test_a_chinese_name_packed_on_windows_is_read(files):
    # Without the mark for UTF-8, as older Windows programs write it: bytes of GBK.
    content = zipped((POLICY_FILE, "x"), ("ABCD.csv", "a\n"))
    content = content.replace(b"ABCD.csv", "档次".encode("gbk") + b".csv")
    assert set(unpacked([("f.zip", content)]).files) == {POLICY_FILE, "档次.csv"}


def locked():
    content = bytearray(zipped((POLICY_FILE, "x")))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    return bytes(content)


def broken():
    # Stored as it is, so that one letter changed is a wrong sum.
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(POLICY_FILE, "id = 1")
    return out.getvalue().replace(b"id = 1", b"id = 2", 1)


REFUSED = [
    ([], "请先选文件"),
    ([("a.zip", b"PK no zip")], "打不开"),
    ([("a.zip", broken())], "打不开"),
    ([("a.zip", locked())], "密码"),
    ([("a.zip", zipped(("tier.csv", "a")))], "没有 policy.toml"),
    ([("a.zip", zipped(("a/policy.toml", ""), ("b/policy.toml", "")))], "不止一个文件夹"),
    ([("a.zip", zipped((POLICY_FILE, ""), ("run.exe", "")))], "run.exe 不是政策的文件"),
    ([("a.zip", zipped((POLICY_FILE, ""), ("表.xlsx", "")))], "CSV UTF-8"),
    ([("a.zip", zipped(*((f"t{n}.csv", "") for n in range(FILES + 1))))], "最多 60 个"),
    ([("a.zip", zipped((POLICY_FILE, "x"), ("t.csv", b"0" * (FILE_BYTES + 1))))], "t.csv 超过"),
    ([("a.zip", zipped((POLICY_FILE, "x"), *((f"t{n}.csv", b"0" * FILE_BYTES) for n in range(3))))], "整套文件超过"),
    ([("a.zip", b""), ("tier.csv", b"")], "请单独上传"),
    ([("../policy.toml", b"")], "不是政策的文件"),
    ([(".hidden.csv", b"")], "不是政策的文件"),
    ([("tier.csv", "层级".encode("gbk"))], "tier.csv"),
    ([("tier.csv", b"a"), ("tier.csv", b"b")], "有两份"),
]


@pytest.mark.parametrize(("sent", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_does_not_belong_is_refused_in_words(sent, said):
    with pytest.raises(Refused, match=said) as refused:
        unpacked(sent)
    assert all(" / " in reason for reason in refused.value.reasons), "in both languages"


def test_everything_that_is_wrong_is_told_at_once():
    with pytest.raises(Refused) as refused:
        unpacked([("a.exe", b""), ("b.doc", b""), ("tier.csv", "层".encode("gbk"))])
    assert len(refused.value.reasons) == 3


@pytest.mark.parametrize(
    "content",
    [b"", b"<definitions/>", b"<a><b></a>", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
)
def test_a_dmn_file_that_cannot_be_read_says_why(content):
    with pytest.raises(PolicyError):
        unpacked([("x.dmn", content)])
