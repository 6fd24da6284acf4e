"""The form that opens a quarter: its defaults, its checks, and what it will touch."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nuanxin.care.models import Round
from nuanxin.care.rules import default_dates
from nuanxin.care.services import decide
from nuanxin.desk import words
from nuanxin.records.services import Refused
from nuanxin.rulebook.queries import books
from nuanxin.ui.forms import Form
from nuanxin.ui.pages import in_language
from nuanxin.ui.templatetags.nuanxin_ui import quarter_name
from nuanxin.ui.viewer import Viewer
from nuanxin.union.models import Org
from nuanxin.union.queries import city_of
from nuanxin.union.rules import next_quarter, quarter_of, quarter_span

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def opens_at(seen: Viewer) -> Org | None:
    """The city union whose rounds the viewer opens. Only a city has rounds: none for a post held below it, and none of a province's own."""
    if not seen.may("round.open"):
        return None
    org = city_of(seen.org_for("round.open"))
    return org if org.level == Org.CITY and seen.may_at("round.open", org) else None


class OpenRound(Form):
    """Its cleaned values are those of ``rounds.open_round``."""

    quarter = forms.ChoiceField(label=gettext_lazy("季度"))
    policy = forms.ChoiceField(label=gettext_lazy("政策"), help_text=gettext_lazy("本季度的家庭都按它认定"))
    area = forms.ChoiceField(
        label=gettext_lazy("按哪里的标准"), required=False, help_text=gettext_lazy("不选：按本市，政策只有一个地区的按它"),
    )  # fmt: skip
    returns_due_on = forms.DateField(label=gettext_lazy("上报截止"), widget=_DAY)
    visits_due_on = forms.DateField(label=gettext_lazy("走访截止"), widget=_DAY)

    def __init__(self, *args: Any, org: Org, today: date, **more: Any) -> None:
        self.org, self.today = org, today
        self.last = Round.objects.filter(org=org).order_by("-quarter").first()
        coming = max(next_quarter(self.last.quarter), quarter_of(today)) if self.last else quarter_of(today)
        quarters = [coming, next_quarter(coming)]
        due, visits = default_dates(*quarter_span(coming))
        policies = books(org)
        standing = self.last.policy if self.last and self.last.policy in policies else next(iter(policies))
        more["initial"] = {
            "quarter": coming, "policy": standing, "area": self.last.area if self.last else "",
            "returns_due_on": max(due, today), "visits_due_on": max(visits, today),
        }  # fmt: skip
        super().__init__(*args, **more)
        self.fields["quarter"].choices = [(quarter, quarter_name(quarter)) for quarter in quarters]  # type: ignore[attr-defined]
        self.fields["policy"].choices = [(name, found[0].policy.model.document) for name, found in policies.items()]  # type: ignore[attr-defined]
        areas = sorted({s.area for found in policies.values() for s in found[0].policy.model.standards} - {""})
        self.fields["area"].choices = [("", _("自动")), *((area, area) for area in areas)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        due, visits = said.get("returns_due_on"), said.get("visits_due_on")
        if due and due < self.today:
            self.add_error("returns_due_on", _("上报截止早于今天，请改成今天或以后的日期"))
        if due and visits and visits < due:
            self.add_error("visits_due_on", _("走访截止早于上报截止，请改晚一些"))
        if said.get("policy"):
            try:
                said["area"] = said.get("area") or decide.area_for(said["policy"], self.org)
            except Refused as refused:
                self.add_error("area", in_language(str(refused)))
        return said

    def touches(self) -> list[str]:
        """What opening the quarter will do, in words."""
        owing = self.org.descendants(include_self=True).filter(level__in=Org.OWING).count()
        lines = [_("%(n)d 家工会应报摸排表，没有困难家庭的也要零报告") % {"n": owing}]
        if self.last:
            left = self.last.leads.filter(state__in=["due", "away"]).count()
            if left:
                lines.append(_("上季度没走访到的 %(n)d 户转到本季度，重新安排走访") % {"n": left})
            if self.last.state != "closed":
                lines.append(
                    _("%(quarter)s还没办结，可以先开展新的季度") % {"quarter": quarter_name(self.last.quarter)}
                )
        return lines


def opened_told(made: Round, new: bool) -> str:
    """What came of opening a quarter."""
    if not new:
        return _("%(quarter)s早已开展，未作更改。") % {"quarter": quarter_name(made.quarter)}
    said = {"quarter": quarter_name(made.quarter), "n": made.owed.count(), "day": words.day(made.returns_due_on)}
    return _("%(quarter)s已开展：%(n)d 家工会应于%(day)s前上报。") % said
