import shutil
from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum

from nuanxin.books import services
from nuanxin.books.models import BookImport, Consolation, JobOffer, MutualAid, StudentGrant
from nuanxin.books.queries import counting, days_of, imports_of
from nuanxin.records.models import Event, Job
from nuanxin.records.services import Refused, verify_chain
from nuanxin.union import secrets
from nuanxin.union.models import Org

pytestmark = pytest.mark.django_db
JOBS = [["2022-07-06", "夜市招聘", "黄河灌区机电", "配送员", 191], ["2022-07-07", "社区招聘", "蓝骑手", "电工", 59]]


def total(model, field):
    return counting(model).aggregate(total=Sum(field))["total"] or 0


def test_the_example_books_become_records(take, examples):
    taken = take(*(examples / f"{name}.xlsx" for name in ("招聘岗位", "慰问支出", "金秋助学", "医疗互助")))
    assert [one.book for one in taken] == ["jobs", "consolation", "grants", "mutual_aid"]
    assert not any(one.same or one.why for one in taken)
    assert (total(JobOffer, "places"), total(Consolation, "people")) == (3584, 11026)
    assert total(Consolation, "amount") + total(StudentGrant, "amount") == Decimal("935000")
    assert (counting(StudentGrant).count(), counting(MutualAid).count()) == (95, 276)
    assert total(MutualAid, "amount") == Decimal("718000")


def test_a_row_becomes_a_record_with_its_place(take, sheet):
    (one,) = take(sheet("招聘岗位.xlsx", "jobs", JOBS))
    first = JobOffer.objects.order_by("row").first()
    assert (first.on, first.event, first.employer, first.post, first.places, first.row) == (
        date(2022, 7, 6), "夜市招聘", "黄河灌区机电", "配送员", 191, 2,
    )  # fmt: skip
    assert (one.record.accepted, one.record.refused, one.record.by) == (2, 0, "he")
    assert one.record.attachment.path.read_bytes()[:2] == b"PK"
    assert days_of(one.record) == [date(2022, 7, 6), date(2022, 7, 7)]


def test_id_numbers_are_sealed_hashed_and_masked(take, sheet):
    take(sheet("互助.xlsx", "mutual_aid", [["2022-07-01", "雷敏丽", "640381196912233933", "市医院", 27, 2178.59]]))
    row = MutualAid.objects.get()
    assert row.id_hash == secrets.find_key("640381196912233933")
    assert secrets.unseal(row.id_cipher) == "640381196912233933"
    assert (row.id_mask, row.amount, row.days) == ("6403**********3933", Decimal("2178.59"), 27)


def test_refused_rows_stay_on_the_import_and_balance(take, sheet):
    rows = [
        ["2022-07-01", "雷敏丽", "640381196912233933", "市医院", 27, 2178.59],
        ["2022-07-04", "孔燕玉", 640381199508023532, "市医院", 12, 3243.96],
        ["2022-07-04", "韩敏丽", "640381197809183450", "市医院", 15, "约四千"],
    ]
    (one,) = take(sheet("互助.xlsx", "mutual_aid", rows))
    assert (one.record.accepted, one.record.refused, MutualAid.objects.count()) == (1, 2, 1)
    assert [refusal["row"] for refusal in one.record.refusals] == [3, 4]
    assert all(refusal["why"]["zh"] and refusal["why"]["en"] and refusal["column"] for refusal in one.record.refusals)
    balance = Job.objects.get(step="books").balance
    assert balance == {"in": [["mutual_aid rows", 3]], "out": [["accepted", 1], ["refused", 2]]}


def test_the_same_file_again_changes_nothing(take, sheet, tmp_path):
    path = sheet("招聘岗位.xlsx", "jobs", JOBS)
    take(path)
    copy = shutil.copy(path, tmp_path / "另一个名字.xlsx")
    before = (JobOffer.objects.count(), Event.objects.count(), Job.objects.count())
    again, renamed = take(path, tmp_path / copy)
    assert (again.same, renamed.same, again.record) == (True, True, renamed.record)
    assert (JobOffer.objects.count(), Event.objects.count(), Job.objects.count()) == before


def test_a_corrected_file_replaces_and_the_old_rows_stay(take, sheet):
    old = sheet("招聘岗位.xlsx", "jobs", JOBS)
    new = sheet("招聘岗位（更正）.xlsx", "jobs", [[*JOBS[0][:4], 200]])
    take(old)
    take(new)
    assert (total(JobOffer, "places"), JobOffer.objects.count()) == (200, 3)
    assert BookImport.objects.get(file_name="招聘岗位.xlsx").replaced_by.file_name == "招聘岗位（更正）.xlsx"
    again = take(new, old)
    assert all(one.same for one in again)
    assert total(JobOffer, "places") == 200
    assert Event.objects.filter(verb="book.import").count() == 2
    verify_chain("QTX")


def test_in_one_call_the_correction_comes_after_what_it_corrects(take, sheet, tmp_path):
    sheet("a/招聘岗位（更正）.xlsx", "jobs", [[*JOBS[0][:4], 200]])
    sheet("a/招聘岗位.xlsx", "jobs", JOBS)
    taken = take(tmp_path / "a")
    assert [one.file for one in taken] == ["招聘岗位.xlsx", "招聘岗位（更正）.xlsx"]
    assert total(JobOffer, "places") == 200


def test_an_original_that_comes_late_is_kept_but_does_not_count(take, sheet):
    take(sheet("招聘岗位（更正）.xlsx", "jobs", [[*JOBS[0][:4], 200]]))
    (late,) = take(sheet("招聘岗位.xlsx", "jobs", JOBS))
    assert late.record.replaced_by.file_name == "招聘岗位（更正）.xlsx"
    assert total(JobOffer, "places") == 200


def test_the_same_name_with_other_content_replaces_within_its_quarters(take, sheet):
    take(sheet("招聘岗位.xlsx", "jobs", JOBS))
    take(sheet("招聘岗位.xlsx", "jobs", [*JOBS, ["2022-09-01", "夜市", "红柳", "保洁", 1]]))
    assert total(JobOffer, "places") == 251
    take(sheet("招聘岗位.xlsx", "jobs", [["2022-10-01", "夜市", "红柳", "保洁", 1000]]))
    assert total(JobOffer, "places") == 1251  # the next quarter's sheet of the same name is another sheet


def test_a_correction_under_another_name_takes_the_one_it_meets(take, sheet):
    take(sheet("七月招聘.xlsx", "jobs", JOBS))
    take(sheet("十月招聘.xlsx", "jobs", [["2022-10-01", "夜市", "红柳", "保洁", 1000]]))
    take(sheet("岗位更正.xlsx", "jobs", [[*JOBS[0][:4], 200]]))
    assert total(JobOffer, "places") == 1200


def test_a_correction_of_nobody_knows_which_is_refused_whole(take, sheet):
    take(sheet("七月招聘.xlsx", "jobs", JOBS))
    take(sheet("八月招聘.xlsx", "jobs", [["2022-08-01", "夜市", "红柳", "保洁", 1000]]))
    (one,) = take(sheet("岗位更正.xlsx", "jobs", [["2022-08-01", "夜市", "红柳", "保洁", 1]]))
    assert one.record is None
    assert "七月招聘.xlsx" in one.why["zh"]
    assert total(JobOffer, "places") == 1250


def test_a_workbook_of_two_books_makes_two_imports(take, sheet):
    grants = [["2022-08-01", "徐春平", "徐飞梅", "专科", 3000]]
    path = sheet("台账.xlsx", "jobs", JOBS, "grants", grants)
    assert [(one.book, one.record.accepted) for one in take(path)] == [("jobs", 2), ("grants", 1)]
    assert [one.same for one in take(path)] == [True, True]


def test_a_file_that_is_none_is_refused_whole_and_the_others_go_on(take, sheet, tmp_path):
    bad = tmp_path / "坏.xlsx"
    bad.write_bytes(b"PK\x03\x04 not a workbook")
    taken = take(bad, sheet("招聘岗位.xlsx", "jobs", JOBS))
    assert [(one.record is None, bool(one.why)) for one in taken] == [(True, True), (False, False)]
    assert total(JobOffer, "places") == 250


def test_one_book_alone_may_be_asked_for(take, sheet):
    (one,) = take(sheet("招聘岗位.xlsx", "jobs", JOBS), book="grants")
    assert one.record is None
    assert BookImport.objects.count() == 0


def test_a_day_in_the_future_is_taken_with_its_date(take, sheet):
    take(sheet("招聘岗位.xlsx", "jobs", [["2023-01-03", "夜市", "红柳", "保洁", 5]]))
    assert counting(JobOffer).get().on == date(2023, 1, 3)


def test_a_sheet_without_rows_is_an_import_of_nothing(take, sheet):
    (one,) = take(sheet("招聘岗位.xlsx", "jobs", []))
    assert (one.record.accepted, one.record.refused) == (0, 0)
    assert take(sheet("招聘岗位.xlsx", "jobs", JOBS))[0].record.replaces.get() == one.record


def test_only_the_city_imports(take, sheet, city):
    path = sheet("招聘岗位.xlsx", "jobs", JOBS)
    for by in ("bai", "ma", "wu"):
        with pytest.raises(Refused):
            take(path, by=by)
    assert take(path, by="wu", org=Org.objects.get(code="WZ"))[0].record.org.code == "WZ"
    assert [record.file_name for record in imports_of([city])] == []


def test_folders_give_their_spreadsheets_alone(tmp_path):
    for name in ("a.xlsx", "b.csv", "c.md", "~$a.xlsx", ".d.xlsx"):
        (tmp_path / name).touch()
    (tmp_path / "sub.xlsx").mkdir()
    assert [path.name for path in services.files_in([tmp_path])] == ["a.xlsx", "b.csv"]
