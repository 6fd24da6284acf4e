from datetime import date

import openpyxl
import pytest

from nuanxin.books import services

HEADS = {
    "jobs": ["日期", "活动", "用工单位", "岗位", "岗位数"],
    "consolation": ["日期", "项目", "慰问对象", "人数", "金额（元）"],
    "grants": ["日期", "学生姓名", "家长（职工）姓名", "学段", "金额（元）"],
    "mutual_aid": ["报销日期", "职工姓名", "身份证号", "医院", "住院天数", "报销金额（元）"],
}


@pytest.fixture
def sheet(tmp_path):
    """Writes a workbook: ``sheet(name, book, rows, …more (book, rows))``."""

    def write(name, *books):
        file = openpyxl.Workbook()
        file.remove(file.active)
        for book, rows in zip(books[::2], books[1::2], strict=True):
            page = file.create_sheet(book)
            for row in (HEADS[book], *rows):
                page.append(row)
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        file.save(path)
        return path

    return write


@pytest.fixture
def take(cast, city):
    """Imports as he does on a day."""

    def do(*paths, by="he", on=date(2022, 9, 30), org=None, book=None):
        return services.import_books(paths, by=cast[by], on=on, org=org or city, book=book)

    return do
