"""The sentences of the library, in Chinese and English: by code, with the values as arguments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from typing import Literal

Lang = Literal["zh", "en"]

NOTHING: Mapping[str, object] = {}
"""No arguments; shared, never written to (and, unlike a read-only view, it can go between processes)."""

# A whole file. One sentence each: what is wrong and what to do.
WHOLE: dict[str, dict[str, str]] = {
    "empty_file": {
        "zh": "文件是空的，没有任何内容。请重新保存后再报。",
        "en": "The file is empty. Save it again and resend.",
    },
    "unreadable": {"zh": "文件打不开：{reason}。", "en": "The file cannot be opened: {reason}."},
    "too_big": {
        "zh": "文件有 {size}，超过 {limit}，不予读取。请只保留要报的工作表。",
        "en": "The file has {size}, more than the {limit} that are read. Keep only the sheets to be reported.",
    },
    "not_spreadsheet": {
        "zh": "文件内容不是电子表格（看起来是{kind}）。请报 xlsx、xls、ods 或 csv。",
        "en": "The content is not a spreadsheet (it looks like {kind}). Send xlsx, xls, ods or csv.",
    },
    "not_what_it_says": {
        "zh": "文件名以 {suffix} 结尾，内容却不是这种文件（看起来是{kind}）。请用表格软件重新另存为 xlsx 再报。",
        "en": "The name ends in {suffix} but the content is something else (it looks like {kind}). Save it as xlsx and resend.",
    },
    "unsupported": {
        "zh": "这种格式（{kind}）不能读取。请另存为 xlsx 再报。",
        "en": "This format ({kind}) is not read. Save it as xlsx and resend.",
    },
    "encrypted": {
        "zh": "文件设了密码，无法读取。请去掉密码后再报。",
        "en": "The file is protected by a password. Remove the password and resend.",
    },
    "corrupt": {
        "zh": "文件已损坏，读不出来。请重新打开、另存为 xlsx 再报。",
        "en": "The file is damaged and cannot be read. Open it, save it as xlsx and resend.",
    },
    "zip_bomb": {
        "zh": "文件解压后过大（超过 {limit}），不予读取。请只复制有内容的行到新表再报。",
        "en": "The file unpacks to more than {limit} and is not read. Copy only the filled rows to a new sheet and resend.",
    },
    "too_many_cells": {
        "zh": "工作表“{sheet}”的范围过大（超过 {limit} 个单元格），不予读取。请把有内容的行复制到新表再报。",
        "en": "Sheet “{sheet}” spans more than {limit} cells and is not read. Copy only the filled rows to a new sheet and resend.",
    },
    "doubled_member": {
        "zh": "文件内部有重名或隐藏的部分（{member}），不同的软件会读出不同的内容，不予读取。请重新另存为 xlsx 再报。",
        "en": "Inside the file a part is doubled or hidden ({member}), so that two programs would read it differently; it is not read. Save it as xlsx again and resend.",
    },
    "xml_entity": {
        "zh": "文件内部含有不允许的定义（{member}），不予读取。请重新另存为 xlsx 再报。",
        "en": "Inside the file is a definition that is not allowed ({member}); it is not read. Save it as xlsx again and resend.",
    },
    "encoding": {
        "zh": "文本文件的编码既不是 UTF-8 也不是 GB18030，读不出来。请另存为 xlsx 再报。",
        "en": "The text is neither UTF-8 nor GB18030 and cannot be read. Save it as xlsx and resend.",
    },
    "open_quote": {
        "zh": "第 {row} 条记录的引号没有成对，其后的内容无法分行。请另存为 xlsx 再报。",
        "en": "A quotation mark opened in record {row} is never closed, so the rest cannot be split into rows. Save it as xlsx and resend.",
    },
    "no_sheet": {"zh": "文件里没有可见的、有内容的工作表。", "en": "The file has no visible sheet with content."},
    "no_form": {
        "zh": "没有找到要报的表：各工作表（{sheets}）的表头都认不出。请使用规定的表样：{expected}。",
        "en": "The form was not found: no header was recognised in the sheets ({sheets}). Use the form asked for: {expected}.",
    },
    "wrong_form": {
        "zh": "这是“{found}”，这里要的是“{expected}”。",
        "en": "This is the form “{found}”; here “{expected}” is asked for.",
    },
    "missing_column": {
        "zh": "工作表“{sheet}”缺少必需的列：{columns}。请用规定的表样补上该列。",
        "en": "Sheet “{sheet}” lacks the required column: {columns}. Add it as in the form.",
    },
    "doubled_column": {
        "zh": "工作表“{sheet}”里“{column}”出现了不止一列（{titles}），不知以哪列为准。请只留一列。",
        "en": "In sheet “{sheet}” more than one column is “{column}” ({titles}); which one counts is unknown. Keep one.",
    },
}

# A cell, a row or a family: why it was refused, or what was noticed, and how to mend it.
CELL: dict[str, dict[str, tuple[str, str]]] = {
    "missing_value": {
        "zh": ("“{column}”是空的，应当填写", "请补填{column}"),
        "en": ("“{column}” is empty but is needed", "fill in {column}"),
    },
    "id_as_number": {
        "zh": (
            "号码以数字保存（{found}），超过 15 位的部分已经丢失；应为 18 位文本",
            "请把该列设为文本格式，对照证件重新录入号码",
        ),
        "en": (
            "the number is stored as a figure ({found}), so its digits past the 15th are lost; 18 characters of text were expected",
            "set the column to text and enter the number again from the card",
        ),
    },
    "id_old": {
        "zh": ("是 15 位的旧号码（{found}）；应为 18 位", "请按现用身份证填写 18 位号码"),
        "en": (
            "this is an old number of 15 digits ({found}); 18 were expected",
            "enter the 18 characters of the present card",
        ),
    },
    "id_length": {
        "zh": ("号码有 {length} 位（{found}）；应为 18 位", "请对照证件核对号码"),
        "en": ("the number has {length} characters ({found}); 18 were expected", "check the number against the card"),
    },
    "id_characters": {
        "zh": ("号码里有不该有的字符（{found}）；应为 17 位数字加一位数字或 X", "请对照证件核对号码"),
        "en": (
            "the number has characters that do not belong ({found}); 17 digits and a digit or X were expected",
            "check the number against the card",
        ),
    },
    "id_check": {
        "zh": ("号码的校验位不对（{found}），至少有一位写错", "请对照证件核对号码"),
        "en": (
            "the check digit does not fit ({found}): at least one digit is wrong",
            "check the number against the card",
        ),
    },
    "id_date": {
        "zh": ("号码里的出生日期 {date} 不存在（{found}）", "请对照证件核对号码的第 7 至 14 位"),
        "en": (
            "the date of birth {date} in the number does not exist ({found})",
            "check characters 7 to 14 against the card",
        ),
    },
    "id_future": {
        "zh": (
            "号码里的出生日期 {date} 不可能（{found}）；应在 1900 年以后、今天以前",
            "请对照证件核对号码的第 7 至 14 位",
        ),
        "en": (
            "the date of birth {date} in the number cannot be ({found}); it must be after 1900 and before today",
            "check characters 7 to 14 against the card",
        ),
    },
    "id_twice": {
        "zh": ("号码（{found}）与第 {other} 行重复；每人只应有一行", "请核对两行，改正号码或删去重复的一行"),
        "en": (
            "the number ({found}) stands in row {other} already; a person has one row",
            "check both rows, mend the number or delete one row",
        ),
    },
    "id_area": {
        "zh": (
            "有 {count} 个号码的地区码 {area} 不在行政区划代码表中，或晚于持证人出生才启用；已照收",
            "请留意核对，不必改表",
        ),
        "en": (
            "{count} numbers have the area code {area}, which is unknown or younger than its holder; they were accepted",
            "check them when convenient; nothing has to be changed",
        ),
    },
    "card_as_number": {
        "zh": (
            "卡号以数字保存（{found}），超过 15 位的部分已经丢失；应为文本",
            "请把该列设为文本格式，对照卡片重新录入",
        ),
        "en": (
            "the card number is stored as a figure ({found}), so its digits past the 15th are lost; text was expected",
            "set the column to text and enter the number again from the card",
        ),
    },
    "card_digits": {
        "zh": ("卡号（{found}）应为 12 至 19 位数字", "请对照卡片核对卡号"),
        "en": ("the card number ({found}) must have 12 to 19 digits", "check the number against the card"),
    },
    "card_luhn": {
        "zh": ("卡号（{found}）的校验位不合常规，可能写错；已照收", "请对照卡片核对卡号"),
        "en": (
            "the check digit of the card number ({found}) does not fit; it was accepted",
            "check the number against the card",
        ),
    },
    "phone_unreadable": {
        "zh": ("“{found}”不像电话号码；应为 11 位手机号或带区号的座机号，本格按空处理", "请补报电话"),
        "en": (
            "“{found}” does not look like a phone number (11 digits, or a land line with its area code); taken as empty",
            "send the phone number",
        ),
    },
    "phone_second": {
        "zh": ("填了不止一个电话（{found}），只取第一个", "不必改表"),
        "en": ("more than one phone number is given ({found}); the first is taken", "nothing has to be changed"),
    },
    "amount_unclear": {
        "zh": (
            "“{found}”不是一个确定的数；“{column}”应填全年的一个数，如 36000 或 3.6万元",
            "请核实后填一个全年的数，不写“约”“每月”或范围",
        ),
        "en": (
            "“{found}” is not one definite figure; “{column}” takes one figure for the year such as 36000 or 3.6万元",
            "find the figure for the year and enter it without “about”, “per month” or a range",
        ),
    },
    "amount_negative": {
        "zh": ("“{found}”是负数；“{column}”不能小于 0", "请填 0 或实际的数"),
        "en": ("“{found}” is negative; “{column}” cannot be below 0", "enter 0 or the real figure"),
    },
    "amount_too_large": {
        "zh": ("“{found}”过大；“{column}”的单位可能写错", "请核对数目和单位（元、万元）"),
        "en": ("“{found}” is too large; the unit of “{column}” may be wrong", "check the figure and its unit"),
    },
    "amount_rounded": {
        "zh": ("“{found}”细于一分，四舍五入到 {rounded} 元", "不必改表"),
        "en": ("“{found}” is finer than a fen and was rounded half up to {rounded} yuan", "nothing has to be changed"),
    },
    "blank_as_zero": {
        "zh": ("“{column}”是空的，按 0 处理", "如不是 0，请补报"),
        "en": ("“{column}” is empty and was read as 0", "if it is not 0, send the figure"),
    },
    "integer_unclear": {
        "zh": ("“{found}”不是整数；“{column}”应填如 0、1、2", "请填一个整数"),
        "en": ("“{found}” is not a whole number; “{column}” takes 0, 1, 2 …", "enter a whole number"),
    },
    "number_unclear": {
        "zh": ("“{found}”不是数；“{column}”应填一个数", "请填一个数"),
        "en": ("“{found}” is not a number; “{column}” takes a number", "enter a number"),
    },
    "integer_negative": {
        "zh": ("“{found}”是负数；“{column}”不能小于 0", "请填 0 或实际的数"),
        "en": ("“{found}” is negative; “{column}” cannot be below 0", "enter 0 or the real number"),
    },
    "flag_unclear": {
        "zh": ("“{found}”看不出是“是”还是“否”", "请填“是”或“否”"),
        "en": ("“{found}” is neither yes nor no", "enter 是 or 否"),
    },
    "choice_unknown": {
        "zh": ("“{found}”不在“{column}”可填的词中；应为：{choices}", "请改填其中一个"),
        "en": ("“{found}” is none of the words for “{column}”: {choices}", "enter one of them"),
    },
    "date_unclear": {
        "zh": ("“{found}”不是日期；应如 2022-09-16", "请填年月日"),
        "en": ("“{found}” is not a date; one such as 2022-09-16 was expected", "enter year, month and day"),
    },
    "household_differs": {
        "zh": ("同一户的“{column}”前后不一：前面是“{first}”，这里是“{found}”", "请核实，只留一个"),
        "en": (
            "“{column}” of the same family differs: “{first}” above, “{found}” here",
            "find out which is right and keep one",
        ),
    },
    "worker_differs": {
        "zh": ("“{column}”写的是{found}，本人一行的姓名却是{first}", "请核对这一户的职工姓名与本人一行"),
        "en": (
            "“{column}” says {found} but the worker's own row says {first}",
            "check the worker's name against the row 本人",
        ),
    },
    "no_head": {
        "zh": ("这一户没有“本人”一行；职工本人也应占一行", "请补上职工本人一行"),
        "en": ("this family has no row for the worker (本人)", "add the worker's own row"),
    },
    "two_heads": {
        "zh": ("这一户有不止一个“本人”，第 {other} 行已有；一户只能有一名职工本人", "请分成两户，或改正与职工关系"),
        "en": (
            "this family has more than one worker (本人), the first in row {other}",
            "split it into two families or mend the relation",
        ),
    },
    "child_older": {
        "zh": ("关系是子女，出生日期 {born} 却不晚于职工本人的 {head}", "请核对关系和身份证号"),
        "en": ("a child born on {born}, not after the worker born on {head}", "check the relation and the ID number"),
    },
    "parent_younger": {
        "zh": ("关系是长辈，出生日期 {born} 却不早于职工本人的 {head}", "请核对关系和身份证号"),
        "en": ("an elder born on {born}, not before the worker born on {head}", "check the relation and the ID number"),
    },
    "unknown_column": {
        "zh": ("列“{column}”不在表样中，没有读取", "如是规定的列，请改用表样中的列名"),
        "en": (
            "column “{column}” is not of the form and was not read",
            "if it belongs to the form, use the form's title",
        ),
    },
    "unknown_sheet": {
        "zh": ("工作表“{sheet}”的表头认不出，没有读取", "如要上报，请使用规定的表样"),
        "en": (
            "the header of sheet “{sheet}” was not recognised; it was not read",
            "if it is to be reported, use the form",
        ),
    },
    "other_form": {
        "zh": ("工作表“{sheet}”是“{form}”，这里不收，没有读取", "请另报"),
        "en": ("sheet “{sheet}” is the form “{form}”, which is not taken here; it was not read", "send it separately"),
    },
    "remark_row": {
        "zh": ("“{found}”看作说明文字，没有当作数据", "如是数据，请填全这一行"),
        "en": ("“{found}” was taken for a remark, not for a row", "if it is a row, fill it in completely"),
    },
    "suffix_differs": {
        "zh": ("文件名以 {suffix} 结尾，内容其实是{kind}；已按内容读取", "不必改表"),
        "en": (
            "the name ends in {suffix} but the content is {kind}; it was read by its content",
            "nothing has to be changed",
        ),
    },
}

_PLACE = {
    "zh": {"sheet": "工作表“{sheet}”", "row": "第 {row} 行", "column": "“{column}”列"},
    "en": {"sheet": "sheet “{sheet}”", "row": "row {row}", "column": "column “{column}”"},
}

_WORDS_EN = {
    "文本": "text",
    "网页": "a web page",
    "图片": "a picture",
    "压缩包": "an archive",
    "文字文档": "a text document",
    "演示文稿": "a presentation",
    "二进制文件": "a binary file",
    "旧版办公文档": "an old office document",
    "XML 表格": "an XML spreadsheet",
}

_ARGUMENT = re.compile(r"\{(\w+)\}")


def _fill(template: str, args: Mapping[str, object], lang: Lang) -> str:
    def value(match: re.Match[str]) -> str:
        text = str(args.get(match[1], ""))
        return _WORDS_EN.get(text, text) if lang == "en" else text

    return _ARGUMENT.sub(value, template)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence about a whole file: code and arguments; the words are made when somebody reads it."""

    code: str
    args: Mapping[str, object] = with_default(default_factory=dict)

    def text(self, lang: Lang = "zh") -> str:
        return _fill(WHOLE[self.code][lang], self.args, lang)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing refused, or (among the warnings) noticed: where it stands, what was found, and by its code why.

    ``row`` as the spreadsheet numbers it (for CSV the record), 0 when it concerns the sheet. ``column`` is the title as it
    stands in the sheet. ``found`` is masked where it is personal.
    """

    file: str
    sheet: str
    row: int
    column: str
    field: str
    found: str
    code: str
    args: Mapping[str, object] = with_default(default_factory=dict)

    def _part(self, index: int, lang: Lang) -> str:
        args = {"sheet": self.sheet, "row": self.row, "column": self.column, "found": self.found, **self.args}
        return _fill(CELL[self.code][lang][index], args, lang)

    def why(self, lang: Lang = "zh") -> str:
        """What was found and what was expected."""
        return self._part(0, lang)

    def mend(self, lang: Lang = "zh") -> str:
        """How the sender can mend it."""
        return self._part(1, lang)

    def sentence(self, lang: Lang = "zh") -> str:
        """File, sheet, row and column, why, and how to mend it."""
        place = _PLACE[lang]
        where = [self.file]
        if self.sheet:
            where.append(place["sheet"].format(sheet=self.sheet))
        if self.row:
            where.append(place["row"].format(row=self.row))
        if self.column:
            where.append(place["column"].format(column=self.column))
        if lang == "zh":
            return f"{' '.join(where)}：{self.why(lang)}。{self.mend(lang)}。"
        return f"{', '.join(where)}: {self.why(lang)}. Mend: {self.mend(lang)}."
