from pathlib import Path

import pytest

from nuanxin.sheets import forms
from nuanxin.sheets.form import FORMS, find_field, fold, load_form, title_key, unit_only


def test_every_form_loads_and_names_each_column_once() -> None:
    assert set(forms()) == {path.stem for path in FORMS.glob("*.toml")}
    for form in forms().values():
        assert form.required, form.name
        for field in form.fields.values():
            assert find_field(form, field.title)[0] == field.field
            for word in field.synonyms:
                assert find_field(form, word)[0] == field.field, word


def test_choices_are_found_by_every_word() -> None:
    relation = forms()["survey"].fields["relation"]
    assert set(relation.choice_titles) == {
        "self",
        "spouse",
        "child",
        "parent",
        "grandparent",
        "grandchild",
        "sibling",
        "other",
    }
    assert relation.choices[fold("岳母")] == "parent"
    assert forms()["visits"].fields["conclusion"].choice_titles["as_reported"] == "属实"


@pytest.mark.parametrize(
    ("title", "field", "unit"),
    [
        ("身份证\n号码", "resident_id", None),
        (" 手机号 ", "phone", None),
        ("*家庭年收入（万元）", "income", 10_000),
        ("家庭年收入(单位：元)", "income", 1),
        ("家庭年收入/万元", "income", 10_000),
        ("家 庭 年 收 入（元，税后）", "income", 1),
        ("＊与职工关系", "relation", None),
        ("机动车（辆）", "cars", None),
        ("公民身份号码【18位】", "resident_id", None),
        ("意外损失（千元）", "loss", 1_000),
        ("籍贯", None, None),
    ],
)
def test_titles(title: str, field: str | None, unit: int | None) -> None:
    found, _, stated = find_field(forms()["survey"], title)
    assert (found, stated) == (field, unit)


def test_a_bare_name_may_be_two_columns() -> None:
    assert find_field(forms()["survey"], "姓名") == (None, ("name", "worker_name"), None)


def test_units() -> None:
    assert unit_only("（万元）") == 10_000
    assert unit_only("元") == 1
    assert unit_only("收入") is None
    assert title_key("金额（元）") == ("金额", 1)


def test_a_form_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(
        'name="x"\ntitle="x"\nenglish="x"\ncolumns=[{field="a",title="甲",type="text"},{field="b",title="甲",type="text"}]',
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match="甲"):
        load_form(path)
    path.write_text(
        'name="x"\ntitle="x"\nenglish="x"\ncolumns=[{field="a",title="甲",type="colour"}]', encoding="utf-8"
    )
    with pytest.raises(ValueError, match="colour"):
        load_form(path)


def test_adding_a_form_is_adding_a_file(tmp_path: Path) -> None:
    path = tmp_path / "books.toml"
    path.write_text(
        'name="books"\ntitle="图书"\nenglish="books"\ncolumns=[{field="title",title="书名",type="text",required=true,needed=true}]',
        encoding="utf-8",
    )
    assert load_form(path).required == ("title",)
