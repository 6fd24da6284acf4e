"""One value that somebody types into a field: read by the same rules, and refused in the same sentences, as a cell of a sheet."""

import datetime as dt
from typing import Any

from nuanxin.sheets.columns import REFUSED, type_column
from nuanxin.sheets.form import forms
from nuanxin.sheets.messages import Refusal


def read_typed(form: str, field: str, value: str, *, today: dt.date) -> tuple[Any, Refusal | None]:
    """The typed value of one field of a form (amounts in fen), or None with why it was refused and how to mend it.

    An empty value is None without a refusal; what is only a warning in a sheet (a phone that cannot be read) is a refusal here, since
    the person is still at the field.
    """
    one = forms()[form].fields[field]
    text = value.strip()
    if not text:
        return None, None
    typed = type_column(one, [text], 1, today)
    for problem in typed.problems:
        if problem.refused or typed.values[0] is None:
            return None, Refusal("", "", 0, one.title, one.field, problem.found, problem.code, problem.args)
    if typed.state[0] == REFUSED:
        return None, Refusal("", "", 0, one.title, one.field, text, "missing_value")
    return typed.values[0], None
