"""What the worker is asked. The services read the values; these forms know the question, the keyboard and the memory of each field."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from nuanxin.care.services.apply import FLAGS
from nuanxin.care.services.decide import INPUTS
from nuanxin.phone import words
from nuanxin.policy import Policy
from nuanxin.policy.model import Input
from nuanxin.ui.forms import ASKED, PAPER_HELP, Form
from nuanxin.ui.words import PROOF

# Fields that no browser keeps: draft.js leaves them out.
PRIVATE = {"data-private": ""}


def asked(policy: Policy) -> list[Input]:
    """The inputs that a policy asks of a family; the area is the city's own."""
    return [one for one in policy.model.inputs if one.name != policy.model.area_input]


def _question(one: Input) -> tuple[str, str]:
    lang = "zh" if (get_language() or "zh").startswith("zh") else "en"
    question, hint = words.QUESTION.get(one.name, (one.label.text(lang), ""))
    return str(question), str(hint)


class Private(forms.TextInput):
    """A field whose value is never written into a page, not even back to who typed it: it is typed again."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class Money(forms.DecimalField):
    """An amount of yuan as people write it: 36000, 36,000, 3.6 万 is not guessed."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace(",", "").replace("，", "").removesuffix(words.YUAN).strip()
        return super().to_python(value)


_NUMBER = gettext_lazy("请只写数字，如 36000")
_YES_NO = [("yes", gettext_lazy("是")), ("no", gettext_lazy("否"))]


class SelfTest(Form):
    """The policy's questions; every answer may be left out, and the result then says what follows on each side."""

    def says_optional(self, name: str) -> bool:
        return False

    def __init__(self, policy: Policy, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        wrong = {"invalid": _NUMBER, "min_value": gettext_lazy("不能是负数")}
        for one in asked(policy):
            question, hint = _question(one)
            if one.type == "boolean":
                field: forms.Field = forms.ChoiceField(
                    choices=[*_YES_NO, ("", gettext_lazy("不清楚"))], widget=forms.RadioSelect, required=False
                )
            elif one.type == "money":
                widget = forms.TextInput(attrs=dict(ASKED["money"]))
                field = Money(
                    widget=widget, required=False, min_value=0, max_digits=12, decimal_places=2, error_messages=wrong
                )
            else:
                widget = forms.TextInput(attrs=dict(ASKED["number"]))
                field = forms.IntegerField(
                    widget=widget, required=False, min_value=0, max_value=99, error_messages=wrong
                )
            field.label, field.help_text = question, hint
            self.fields[one.name] = field

    def row(self, area: str, area_input: str) -> dict[str, Any]:
        """The answers as the policy takes them; None where there is none."""
        said = {"yes": True, "no": False, "": None}
        row = {
            name: said.get(value, value) if isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
        }
        return row | ({area_input: area} if area_input else {})


class Member(Form):
    """One member of the family. A standing number is not shown again: an empty field keeps it."""

    name = forms.CharField(
        label=gettext_lazy("姓名"), max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    relation = forms.ChoiceField(label=gettext_lazy("与您的关系"), widget=forms.Select)
    resident_id = forms.CharField(
        label=gettext_lazy("身份证号"), max_length=24, widget=Private(attrs=dict(ASKED["id_number"]) | PRIVATE)
    )
    phone = forms.CharField(
        label=gettext_lazy("手机号"), required=False, max_length=20,
        widget=Private(attrs=dict(ASKED["phone"]) | PRIVATE | {"autocomplete": "off"}),
    )  # fmt: skip
    study_stage = forms.ChoiceField(label=gettext_lazy("在哪儿上学"), required=False)

    def __init__(self, *args: Any, relations: list[str], id_mask: str = "", phone_mask: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["relation"].choices = [(key, words.RELATION[key]) for key in relations]  # type: ignore[attr-defined]
        self.fields["study_stage"].choices = list(words.STUDY.items())  # type: ignore[attr-defined]
        self.fields["resident_id"].help_text = _("18 位，只用来核实身份，填完就打码")
        self.kept = {name for name, mask in (("resident_id", id_mask), ("phone", phone_mask)) if mask}
        for name, mask in (("resident_id", id_mask), ("phone", phone_mask)):
            if mask:
                self.fields[name].required = False
                self.fields[name].help_text = _("已填 %(mask)s；不改就空着") % {"mask": mask}

    def says_optional(self, name: str) -> bool:
        return name not in self.kept  # that one says: 不改就空着

    def told(self) -> dict[str, str]:
        said = dict(self.cleaned_data)
        return said | {
            "relation": words.RELATION_READ[said["relation"]], "study_stage": words.STAGE_READ[said["study_stage"]],
        }  # fmt: skip


class Figures(Form):
    """The family's figures that the policy asks, the main cause, and words. ``short``: their names where they are shown again."""

    def __init__(self, policy: Policy, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.short: dict[str, str] = {}
        for one in asked(policy):
            name = INPUTS.get(one.name, "")
            if not name or name in ("members", "children_compulsory", "children_upper"):
                continue  # counted from the members
            question, hint = _question(one)
            field: forms.Field
            if name in FLAGS:
                field = forms.ChoiceField(choices=_YES_NO, widget=forms.RadioSelect)
            else:
                kind = "money" if one.type == "money" else "number"
                field = forms.CharField(max_length=20, widget=forms.TextInput(attrs=dict(ASKED[kind])))
            field.label, field.help_text = question, hint
            self.fields[name] = field
            self.short[name] = one.label.text("zh" if (get_language() or "zh").startswith("zh") else "en")
        self.fields["cause"] = forms.ChoiceField(
            label=_("最主要的困难"), choices=[("", _("请选择")), *words.CAUSE.items()], widget=forms.Select
        )
        self.fields["note"] = forms.CharField(
            label=_("想说的话"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("家里怎么了、现在最难的是什么"),
        )  # fmt: skip
        self.fields["address"] = forms.CharField(
            label=_("家住哪里"), required=False, max_length=100, help_text=_("走访时上门用"),
            widget=forms.TextInput(attrs=dict(ASKED["address"])),
        )  # fmt: skip

    def told(self) -> dict[str, str]:
        said = self.cleaned_data
        return {name: words.FLAG_READ.get(value, value) if name in FLAGS else value for name, value in said.items()}

    @staticmethod
    def initial_of(said: Mapping[str, Any]) -> dict[str, Any]:
        figures = {
            name: ("yes" if value else "no") if isinstance(value, bool) else str(value).removesuffix(".00")
            for name, value in said["figures"].items()
            if value is not None
        }
        return figures | {name: said[name] for name in ("cause", "note", "address")}


def figures_asked(policy: Policy) -> tuple[str, ...]:
    """The lead's figures that the policy asks and the worker fills in."""
    return tuple(name for name in Figures(policy).fields if name in INPUTS.values())


class Paper(Form):
    kind = forms.ChoiceField(label=gettext_lazy("是什么材料"), choices=list(PROOF.items()))
    photo = forms.FileField(
        label=gettext_lazy("拍照或选文件"), help_text=PAPER_HELP, widget=forms.FileInput(attrs=dict(ASKED["paper"]))
    )  # fmt: skip


class MorePapers(Paper):
    """What a family adds to what it sent: a paper, words, or both."""

    text = forms.CharField(
        label=gettext_lazy("还有什么要说的？"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("家里有了什么变化；不要写身份证号"),
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["photo"].required = False

    def clean(self) -> dict[str, Any]:
        return _says_something(self)


class More(Form):
    """What a worker adds to a matter: words, a photo, or both."""

    text = forms.CharField(
        label=gettext_lazy("有什么要补充的？"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("有了什么变化、漏了什么；不要写身份证号和银行卡号"),
    )  # fmt: skip
    photo = forms.FileField(
        label=gettext_lazy("照片"), required=False, help_text=gettext_lazy("JPG 或 PNG，不超过 10 MB；照片里的拍摄地点会去掉"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        return _says_something(self)


def _says_something(form: forms.Form) -> dict[str, Any]:
    said = form.cleaned_data
    if not form.errors and not said["text"] and not said["photo"]:
        form.add_error("text", _("写两句，或添一张照片"))
    return said


class Sign(Form):
    agreed = forms.BooleanField(label=gettext_lazy("我同意工会核查家里的收入、房产、车辆等情况，并同意上门走访"))
    truthful = forms.BooleanField(label=gettext_lazy("以上都是实情；如有不实，我愿意退回帮扶"))
    signed = forms.CharField(
        label=gettext_lazy("签名"), max_length=30, help_text=gettext_lazy("写上您本人的姓名，和纸上签字一样算数"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class Matter(Form):
    content = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 4}))


class Unsolved(Form):
    what = forms.ChoiceField(
        label=gettext_lazy("哪里还没解决？"), widget=forms.RadioSelect, choices=list(words.UNSOLVED.items())
    )
    more = forms.CharField(
        label=gettext_lazy("再说两句"), required=False, max_length=150, widget=forms.Textarea(attrs={"rows": 2})
    )


class Review(Form):
    text = forms.CharField(
        label=gettext_lazy("您觉得哪里不对？"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("比如哪个数不对、漏了什么情况"),
    )  # fmt: skip
