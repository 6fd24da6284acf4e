"""Publications for everybody, without a login: who is posted now, masked, and how to object."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from nuanxin.care.models import Posting
from nuanxin.records import clock
from nuanxin.reports import prints
from nuanxin.reports.notice import HOTLINE, notice_values, standing
from nuanxin.ui.pages import choice, paged, sent_file
from nuanxin.ui.parts import Filter
from nuanxin.union.models import Org
from nuanxin.union.rules import mask_name

SHOWN = 20
STATES = {"running": gettext_lazy("公示中"), "ended": gettext_lazy("已结束")}


@login_not_required
@require_safe
def notices(request: HttpRequest) -> HttpResponseBase:
    """One city union's publications. Where several share an installation each has its own list; the first page names them alone."""
    today = clock.today()
    unions = list(Org.objects.filter(rounds__postings__from_on__lte=today).distinct().order_by("code"))
    asked = request.GET.get("union", "")
    union = next((one for one in unions if one.code == asked), None)
    if asked and union is None:
        raise Http404
    if union is None and len(unions) == 1:
        union = unions[0]
    postings = Posting.objects.filter(round__org=union, from_on__lte=today) if union else Posting.objects.none()
    years = [str(year.year) for year in postings.dates("from_on", "year", order="DESC")]
    state, year = choice(request.GET, "state", STATES), choice(request.GET, "year", years)
    found = postings.filter(from_on__year=year) if year else postings
    if state:
        found = found.filter(until_on__gte=today) if state == "running" else found.filter(until_on__lt=today)
    fields = [
        Filter("union", "", asked),
        Filter("state", _("全部状态"), state, [(key, str(label)) for key, label in STATES.items()]),
        Filter("year", _("全部年份"), year, [(one, one) for one in years]),
    ]
    return render(
        request, "desk/public_notices.html",
        {"union": union, "unions": unions, "page": paged(request, found.select_related("round").order_by("-from_on", "-pk"), SHOWN),
            "fields": fields if postings else [], "today": today, "hotline": HOTLINE},
    )  # fmt: skip


def _posting(code: str) -> Posting:
    return get_object_or_404(Posting.objects.select_related("round__org"), code=code, from_on__lte=clock.today())


@login_not_required
@require_safe
def notice(request: HttpRequest, code: str) -> HttpResponseBase:
    """One publication. After the clock has run out the names are gone and the fact remains."""
    posting = _posting(code)
    families = [
        (
            mask_name(posted.finding.household.worker_name),
            posted.finding.lead.org.name,
            posted.finding.tier,
            posted.until_on,
        )
        for posted in standing(posting, clock.today())
    ]
    return render(request, "desk/public_notice.html", {"posting": posting, "families": families, "hotline": HOTLINE})


@login_not_required
@require_safe
def notice_pdf(request: HttpRequest, code: str) -> HttpResponseBase:
    """The notice to print and put up, while it runs."""
    posting = _posting(code)
    posted = list(standing(posting, clock.today()))
    if not posted:
        raise Http404
    return sent_file(prints.render("notice", notice_values(posting, posted)), posting.code, "pdf")
