"""A policy's files on their way to an office's computer and back: a folder packed as zip, single tables, or one DMN file.

An officer who likes to work in a spreadsheet program, or a modeller with a DMN tool, takes the version in force along, changes it there
and sends it back into a draft; nobody needs the server's disk.
"""

import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nuanxin.policy.dmn import read_dmn, write_folder
from nuanxin.policy.folder import CASES_FILE, POLICY_FILE, decode
from nuanxin.policy.messages import PolicyError
from nuanxin.records.services import Refused
from nuanxin.rulebook.queries import CEILINGS_FILE

FILES, FILE_BYTES, ALL_BYTES = 60, 500_000, 1_000_000
BESIDE = (CASES_FILE, CEILINGS_FILE)
TABLE = re.compile(r"^\w[\w.-]{0,59}\.csv$")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What was sent: text by file name; ``whole`` when it is a policy by itself, not single files of one."""

    files: dict[str, str]
    whole: bool

    def over(self, before: Mapping[str, str]) -> dict[str, str]:
        """The files there are when this has been put over those of before. Of a whole policy a rule table that is not in it goes; what a
        DMN file cannot say, the worked cases and the ceilings, stays unless it brings its own."""
        kept = {name: text for name, text in before.items() if not self.whole or name in BESIDE}
        return {**kept, **self.files}


def packed(files: Mapping[str, str], folder: str) -> bytes:
    """A policy's files as a zip of one folder; tables carry the mark that lets spreadsheet programs read Chinese."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            # No time of its own: the same files are the same bytes.
            entry = zipfile.ZipInfo(f"{folder}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode("utf-8" if name == POLICY_FILE else "utf-8-sig"))
    return out.getvalue()


def unpacked(sent: Sequence[tuple[str, bytes]]) -> Parcel:
    """Read what was sent: one .zip or one .dmn (a whole policy), or single .csv files and policy.toml (only those).

    Raises Refused with a sentence for each file that does not belong to a policy, is too large, or is no UTF-8 text, and PolicyError
    for a DMN file that cannot be read. Mistakes within tables are no matter here: the draft holds them and tells them.
    """
    if not sent:
        raise Refused("请先选文件 / choose the files first")
    wholes = [name for name, _ in sent if _form(name) in (".zip", ".dmn", ".xml")]
    if wholes and len(sent) > 1:
        raise Refused(f"{wholes[0]} 就是整套政策，请单独上传 / {wholes[0]} is a whole policy: send it alone")
    name, content = sent[0]
    if _form(name) == ".zip":
        return Parcel(_texts(_entries(name, content)), whole=True)
    if wholes:
        return Parcel(_texts(_of_dmn(name, content)), whole=True)
    return Parcel(_texts(sent), whole=False)


def _form(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _texts(sent: Sequence[tuple[str, bytes]]) -> dict[str, str]:
    wrong: list[str] = []
    found: dict[str, str] = {}
    for name, content in sent:
        if name != POLICY_FILE and not TABLE.match(name):
            wrong.append(
                f"{name} 不是政策的文件：只收 {POLICY_FILE} 和 .csv 表（电子表格请另存为“CSV UTF-8”）"
                f" / {name} is no file of a policy: {POLICY_FILE} and .csv tables are (save a sheet as “CSV UTF-8”)"
            )
        elif name in found:
            wrong.append(f"{name} 有两份，只留一份 / {name} is there twice: keep one")
        elif len(content) > FILE_BYTES:
            wrong.append(f"{name} 超过 500 KB / {name} is larger than 500 KB")
        else:
            try:
                found[name] = decode(content, name).replace("\r\n", "\n")
            except PolicyError as error:
                wrong += [f"{name}：{p.sentence('zh')} / {name}: {p.sentence('en')}" for p in error.problems]
    if sum(len(text.encode()) for text in found.values()) > ALL_BYTES:
        wrong.append("整套文件超过 1 MB / the files are larger than 1 MB together")
    if wrong:
        raise Refused(*wrong)
    return found


def _entries(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """The files of a zip: at its top, or in the one folder at its top. What a computer adds of its own is left out."""
    try:
        # Names that do not say UTF-8 come from Windows, where a Chinese one is written in GBK.
        with zipfile.ZipFile(io.BytesIO(content), metadata_encoding="gbk") as archive:
            entries = [
                (PurePosixPath(info.filename.replace("\\", "/")), info)
                for info in archive.infolist()
                if not info.is_dir()
            ]
            kept = [(path, info) for path, info in entries if not any(p.startswith((".", "__")) for p in path.parts)]
            if len(kept) > FILES:
                raise Refused(f"{name} 里有 {len(kept)} 个文件，最多 {FILES} 个 / {name} holds more than {FILES} files")
            tops = {path.parts[:-1] for path, _ in kept}
            if len(tops) > 1:
                raise Refused(
                    f"{name} 里不止一个文件夹，请只压缩一个政策文件夹 / {name} holds more than one folder: pack one policy's folder"
                )
            if any(info.flag_bits & 1 for _, info in kept):
                raise Refused(f"{name} 加了密码，请去掉密码再压缩 / {name} is locked with a password: pack it without")
            found = []
            for path, info in kept:
                with archive.open(info) as file:
                    # One byte more than allowed is enough to refuse it, whatever the directory says of its size.
                    found.append((path.name, file.read(FILE_BYTES + 1)))
    except (
        zipfile.BadZipFile,
        UnicodeDecodeError,
        NotImplementedError,
        EOFError,
        OSError,
        ValueError,
        zlib.error,
    ) as error:
        raise Refused(f"{name} 打不开：不是完好的 zip / {name} cannot be opened: no sound zip file") from error
    if POLICY_FILE not in dict(found):
        raise Refused(f"{name} 里没有 {POLICY_FILE} / there is no {POLICY_FILE} in {name}")
    return found


def _of_dmn(name: str, content: bytes) -> list[tuple[str, bytes]]:
    if len(content) > ALL_BYTES:
        raise Refused(f"{name} 超过 1 MB / {name} is larger than 1 MB")
    with tempfile.TemporaryDirectory(prefix="nuanxin-dmn-") as folder:
        path = Path(folder) / (PurePosixPath(name).name or "policy.dmn")
        path.write_bytes(content)
        return list(write_folder(read_dmn(path)).items())
