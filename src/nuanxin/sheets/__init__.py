"""Spreadsheets ⇄ typed rows. A library without Django: files of any spreadsheet format in, tables and refusals out.

``read_file`` and ``read_files`` read; ``write_template``, ``mark_up``, ``check_lines`` and ``write_table`` write. The one table
type is ``pyarrow.Table``. docs/sheets.md says how files are read and how to add a form.
"""

from pyarrow import Table as Table_

from nuanxin.sheets.form import Field, Form, forms
from nuanxin.sheets.messages import Message, Refusal
from nuanxin.sheets.reading import Reading, forms_in, read_file, read_files
from nuanxin.sheets.typed import read_typed
from nuanxin.sheets.writing import check_lines, inert, mark_up, write_table, write_template

__all__ = [
    "Field",
    "Form",
    "Message",
    "Reading",
    "Refusal",
    "Table_",
    "check_lines",
    "forms",
    "forms_in",
    "inert",
    "mark_up",
    "read_file",
    "read_files",
    "read_typed",
    "write_table",
    "write_template",
]
