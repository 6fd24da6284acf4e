"""Forms of both faces: what a browser needs to know of a field, and errors that say how to mend them."""

from collections.abc import Mapping

from django import forms
from django.core import validators
from django.utils.translation import gettext_lazy as _

# What a phone's keyboard and a browser's memory need to know of a field, by what is asked: forms.TextInput(attrs=ASKED["phone"]).
ASKED: Mapping[str, Mapping[str, str]] = {
    "name": {"autocomplete": "name"},
    "phone": {"autocomplete": "tel", "inputmode": "numeric", "maxlength": "11"},
    "code": {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "6"},
    "id_number": {"autocomplete": "off", "spellcheck": "false", "maxlength": "18"},
    "card": {"autocomplete": "off", "inputmode": "numeric", "maxlength": "19"},
    "money": {"autocomplete": "off", "inputmode": "decimal"},
    "number": {"autocomplete": "off", "inputmode": "numeric"},
    "address": {"autocomplete": "street-address"},
    "username": {"autocomplete": "username", "spellcheck": "false"},
    "password": {"autocomplete": "current-password"},
    "new_password": {"autocomplete": "new-password"},
    "paper": {"accept": "image/jpeg,image/png,application/pdf"},
}
PAPER_HELP = _("JPG、PNG 或 PDF，不超过 10 MB；照片里的拍摄地点会去掉")

# Django's own sentences, 这个字段是必填项 and 确保该值大于或等于1, say neither what to do nor in our words.
_CHOOSE, _TICK, _FILL, _ADD = _("请选择一项"), _("请勾选后再提交"), _("请填写"), _("请添加文件")
_EMPTY = (
    (forms.BooleanField, _TICK), (forms.ChoiceField, _CHOOSE), (forms.MultipleChoiceField, _CHOOSE), (forms.ModelChoiceField, _CHOOSE),
    (forms.FileField, _ADD), (forms.Field, _FILL),
)  # fmt: skip
_LIMITS = (
    (validators.MinValueValidator, _("不能小于 %(limit_value)s")), (validators.MaxValueValidator, _("不能大于 %(limit_value)s")),
    (validators.MaxLengthValidator, _("太长了：最多 %(limit_value)s 个字，现在 %(show_value)s 个")),
)  # fmt: skip


class Form(forms.Form):
    """A form whose fields say in our words what is missing or beyond a limit; draw its fields with the tags ``field`` or ``worker_field``.

    A field that may stay empty says 可不填, unless the form's ``says_optional`` leaves it out: where all may, the page says it once.
    """

    def says_optional(self, name: str) -> bool:
        """Whether the field of that name, when it may stay empty, says so."""
        return True

    def full_clean(self) -> None:
        # Not when the form is made: a subclass adds fields after that.
        for field in self.fields.values():
            if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = next(words for kind, words in _EMPTY if isinstance(field, kind))
            for check in field.validators:
                for kind, words in _LIMITS:
                    if type(check) is kind and check.message is kind.message:
                        check.message = words
        super().full_clean()


class ManyFiles(forms.ClearableFileInput):
    """A file field that takes several."""

    allow_multiple_selected = True
