"""The register: the tree, the posts and what they reach, numbers at rest."""

from datetime import date

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection

from nuanxin.records.models import Event
from nuanxin.records.services import Refused
from nuanxin.union import rules, secrets
from nuanxin.union.models import Household, Org, Person
from nuanxin.union.queries import access, officer, require, roles_at
from nuanxin.union.services import load_unions, reveal

DAY = date(2022, 9, 1)
NUMBER = "640381197112122498"


@pytest.mark.parametrize(
    ("name", "masked"),
    [("韩春晓", "韩＊晓"), ("田禾", "田＊"), ("张 刚", "张＊"), ("欧阳娜娜", "欧＊＊娜"), ("李", "＊"), ("", "")],
)
def test_names_are_masked(name, masked):
    assert rules.mask_name(name) == masked


def test_numbers_are_masked():
    assert rules.mask_id(NUMBER) == "6403**********2498"
    assert rules.mask_phone("13800006021") == "138****6021"
    assert rules.mask_card("6222021234562290") == "尾号 2290"


def test_quarters():
    assert rules.quarter_span("2023Q1") == (date(2023, 1, 1), date(2023, 3, 31))
    assert rules.quarter_of(date(2022, 12, 31)) == "2022Q4"
    with pytest.raises(ValueError, match="2022Q3"):
        rules.quarter_span("2022-3")


class TestNumbersAtRest:
    def test_sealed_and_found(self):
        sealed = secrets.seal(NUMBER)
        assert NUMBER.encode() not in sealed
        assert secrets.unseal(sealed) == NUMBER
        assert secrets.seal(NUMBER) != sealed
        assert secrets.find_key(NUMBER) == secrets.find_keys([NUMBER, None])[0]
        assert len(secrets.find_key(NUMBER)) == 64

    def test_a_changed_cipher_is_noticed(self):
        sealed = bytearray(secrets.seal(NUMBER))
        sealed[-1] ^= 1
        with pytest.raises(InvalidTag):
            secrets.unseal(bytes(sealed))
        with pytest.raises(ValueError, match="does not know"):
            secrets.unseal(b"\x07" + bytes(sealed))

    @pytest.mark.django_db
    def test_no_full_number_in_the_database(self, city):
        Person.objects.create(
            name="张刚", id_hash=secrets.find_key(NUMBER), id_cipher=secrets.seal(NUMBER), id_mask=rules.mask_id(NUMBER),
            born_on=date(1971, 12, 12), sex="m",
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM union_person")
            assert NUMBER not in repr(
                [[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in cursor.fetchall()]
            )


@pytest.mark.django_db
class TestTree:
    def test_loads_with_its_levels_and_again_changes_nothing(self, city, examples):
        assert city.descendants().count() == 29
        assert city.descendants().filter(level__in=Org.OWING).count() == 20
        assert load_unions(examples / "unions.csv", by="he", on=DAY) == {"new": 0, "changed": 0, "same": 30}

    def test_a_renamed_union_is_changed(self, city, tmp_path):
        path = tmp_path / "u.csv"
        path.write_text(
            "代码,名称,上级代码,层级\nQTX-01-E01,峡光新材料工会委员会,QTX-02,enterprise\n", encoding="gb18030"
        )
        assert load_unions(path, by="he", on=DAY)["changed"] == 1
        assert Org.objects.get(code="QTX-01-E01").parent.code == "QTX-02"

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("QTX-10,新镇,QTX,village", "第 2 行：层级「village」"),
            ("QTX-10,新镇,NO,street", "第 2 行：上级代码「NO」不存在"),
            ("QTX-10,新镇,QTX,street\nQTX-10,新镇,QTX,street", "代码「QTX-10」重复"),
            ("A,甲,B,street\nB,乙,A,street", "成环"),
        ],
    )
    def test_wrong_lines_are_named_and_nothing_is_changed(self, city, tmp_path, line, sentence):
        path = tmp_path / "u.csv"
        path.write_text(f"代码,名称,上级代码,层级\n{line}\n", encoding="utf-8")
        before = Org.objects.count()
        with pytest.raises(Refused, match=sentence):
            load_unions(path, by="he", on=DAY)
        assert Org.objects.count() == before


@pytest.mark.django_db
class TestScope:
    @pytest.fixture
    def households(self, cast):
        orgs = {code: Org.objects.get(code=code) for code in ("QTX-01-E01", "QTX-02-C6", "WZ-01-E01")}
        return {
            code: Household.objects.create(code=f"H-{code}", org=org, worker_name="某某") for code, org in orgs.items()
        }

    @pytest.mark.parametrize(
        ("who", "sees"),
        [
            ("he", {"QTX-01-E01", "QTX-02-C6"}),
            ("ma", {"QTX-01-E01"}),
            ("wu", {"WZ-01-E01"}),
        ],
    )
    def test_each_sees_what_is_below_and_nothing_else(self, cast, households, who, sees):
        seen = set(access(cast[who], Household, DAY).values_list("code", flat=True))
        assert seen == {f"H-{code}" for code in sees}

    def test_a_post_that_has_ended_reaches_nothing(self, cast, households):
        cast["ma"].posts.update(until_on=date(2022, 8, 31))
        assert not access(cast["ma"], Household, DAY).exists()
        assert access(cast["ma"], Household, date(2022, 8, 31)).exists()

    def test_roles_cover_the_subtree(self, cast, city):
        below = Org.objects.get(code="QTX-01-E01")
        assert roles_at(cast["he"], below, DAY) == {"city_officer", "approver"}
        assert roles_at(cast["ma"], below, DAY) == {"grassroots_officer"}
        assert roles_at(cast["ma"], city, DAY) == set()
        assert roles_at(cast["wu"], below, DAY) == set()

    def test_no_post_no_act(self, cast, city):
        with pytest.raises(Refused, match="没有办理"):
            require(cast["wu"], "round.open", city, DAY)
        with pytest.raises(Refused, match="没有经办人"):
            officer("nobody")

    def test_a_number_is_revealed_with_a_reason_that_is_kept(self, cast, city):
        person = Person.objects.create(
            name="张刚", id_hash="h", id_cipher=secrets.seal(NUMBER), id_mask="x", born_on=date(1971, 12, 12), sex="m"
        )
        with pytest.raises(Refused, match="理由"):
            reveal(person, org=city, reason=" ", by=cast["he"], on=DAY)
        with pytest.raises(Refused):
            reveal(person, org=city, reason="核对", by=cast["wu"], on=DAY)
        assert reveal(person, org=city, reason="核对银行卡", by=cast["he"], on=DAY) == NUMBER
        event = Event.objects.get(verb="person.reveal")
        assert event.facts == {"reason": "核对银行卡", "what": "id"}
        assert NUMBER not in repr(event.__dict__)
