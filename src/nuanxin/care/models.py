"""The main job's rows: rounds, returns, leads, visits, findings, notices, household files, aid, offers."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from nuanxin.care import flows
from nuanxin.matters.models import Matter
from nuanxin.records.models import Attachment
from nuanxin.union.models import Household, Kinship, Org, Person


def _states(flow) -> list[tuple[str, str]]:
    return [(state, state) for state in flow.states]


def _money(**options):
    """Yuan with fen."""
    return models.DecimalField(max_digits=14, decimal_places=2, **options)


class Round(models.Model):
    """One quarter's certification (季度认证) of one city union: its dates, its policy, the area whose standard counts."""

    code = models.CharField(max_length=60, unique=True)
    org = models.ForeignKey(Org, models.PROTECT, related_name="rounds")
    quarter = models.CharField(max_length=6)
    opened_on = models.DateField()
    returns_due_on = models.DateField()
    visits_due_on = models.DateField()
    policy = models.CharField(max_length=60)
    area = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=_states(flows.ROUND), default="open")
    decided_on = models.DateField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "quarter"], name="round_once_a_quarter"),
            models.CheckConstraint(condition=Q(returns_due_on__gte=F("opened_on")), name="round_due_after_opening"),
            models.CheckConstraint(
                condition=Q(state="open") | Q(decided_on__isnull=False), name="round_decided_has_date"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Owed(models.Model):
    """A union that owes a return in a round (应报单位), fixed when the round opens: the tree may change later. ``reminders`` says how often
    it was reminded, ``reminded_on`` on which day last."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="owed")
    org = models.ForeignKey(Org, models.PROTECT)
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "org"], name="owed_once"),
            models.CheckConstraint(
                condition=Q(reminders=0, reminded_on__isnull=True) | Q(reminders__gt=0, reminded_on__isnull=False),
                name="owed_reminded_has_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.org.code}"


class Return(models.Model):
    """One file that a union sent for a round (摸排上报), taken or refused whole; a corrected file replaces the earlier.

    ``companion_of``: the second file of a CSV return counts with its first. Rows are member rows.
    """

    TAKEN, REFUSED, REPLACED = "taken", "refused", "replaced"

    code = models.CharField(max_length=80, unique=True)
    round = models.ForeignKey(Round, models.PROTECT, related_name="returns")
    org = models.ForeignKey(Org, models.PROTECT, null=True, related_name="returns")
    file_name = models.CharField(max_length=255)
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="returns")
    received_on = models.DateField()
    late = models.BooleanField()
    by = models.CharField(max_length=150)
    correction = models.BooleanField(default=False)
    # A family in urgent need, sent between rounds: it neither is the union's return nor replaces it.
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=[(TAKEN, "已收"), (REFUSED, "退回"), (REPLACED, "已更正")])
    nil = models.BooleanField(default=False)
    rows = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    wishes = models.PositiveIntegerField(default=0)
    problems = models.PositiveIntegerField(default=0)
    cells = models.JSONField(default=dict)
    # The sentence of a whole refusal: {"code": …, "args": {…}, "zh": …, "en": …}.
    refused_whole = models.JSONField(null=True)
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaces")
    companion_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="companions")

    class Meta:
        # Asked once for every union that owes one: without it the round's returns are walked for each.
        indexes = [models.Index(fields=["round", "org", "state"], name="return_round_org")]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "attachment", "file_name"],
                condition=Q(state="taken"),
                name="return_file_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | Q(refused_whole__isnull=False), name="refused_return_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state="replaced") | Q(replaced_by__isnull=False), name="replaced_return_names_its_heir"
            ),
            models.CheckConstraint(condition=~Q(state="taken") | Q(org__isnull=False), name="taken_return_has_a_union"),
            models.CheckConstraint(condition=Q(rows=F("accepted") + F("refused")), name="return_rows_balance"),
        ]

    def __str__(self) -> str:
        return self.code


class Refusal(models.Model):
    """A row of a return that was refused (退回行), or a warning: where, what was found, why, how to mend it."""

    source = models.ForeignKey(Return, models.CASCADE, related_name="refusals")
    warning = models.BooleanField(default=False)
    sheet = models.CharField(max_length=80)
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=80)
    found = models.CharField(max_length=200)
    code = models.CharField(max_length=40)
    why_zh = models.CharField(max_length=500)
    why_en = models.CharField(max_length=500)
    mend_zh = models.CharField(max_length=500)
    mend_en = models.CharField(max_length=500)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.sheet} {self.row} {self.column}"


class Lead(models.Model):
    """A family to look at (线索): reported in a return, applied for on a phone, urgent between rounds, or due again from the round
    before.

    The figures are those reported, in yuan; what the visit found stands in Visit and overrides them in the decision.
    ``clock_on`` is the latest date for the visit.
    """

    REPORTED, URGENT, AGAIN, REVIEW, APPLIED = "reported", "urgent", "again", "review", "applied"

    code = models.CharField(max_length=80, unique=True)
    round = models.ForeignKey(
        Round, models.PROTECT, related_name="leads", db_index=False
    )  # lead_round_standing begins with it
    source = models.CharField(
        max_length=10,
        choices=[
            (REPORTED, "摸排上报"),
            (URGENT, "急难"),
            (AGAIN, "上季度未访"),
            (REVIEW, "复核"),
            (APPLIED, "手机申报"),
        ],
    )
    from_return = models.ForeignKey(Return, models.PROTECT, null=True, related_name="leads")
    family = models.PositiveIntegerField(null=True)
    again_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="again")
    org = models.ForeignKey(Org, models.PROTECT, related_name="leads")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="leads")
    worker_name = models.CharField(max_length=60)
    opened_on = models.DateField()
    clock_on = models.DateField()
    state = models.CharField(max_length=10, choices=_states(flows.LEAD))
    held_code = models.CharField(max_length=40, blank=True)
    new = models.BooleanField(default=True)

    members = models.PositiveSmallIntegerField(default=0)
    income = _money(null=True)
    medical = _money(null=True)
    schooling = _money(null=True)
    loss = _money(null=True)
    homes = models.PositiveSmallIntegerField(null=True)
    cars = models.PositiveSmallIntegerField(null=True)
    runs_business = models.BooleanField(null=True)
    costly_school = models.BooleanField(null=True)
    children_compulsory = models.PositiveSmallIntegerField(default=0)
    children_upper = models.PositiveSmallIntegerField(default=0)
    cause = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=300, blank=True)
    # Household-level answers of the file that decide nothing here (bank, home type …), as reported.
    more = models.JSONField(default=dict)

    # How the family was matched to the register.
    grade = models.CharField(
        max_length=10, blank=True,
        choices=[("exact", "一致"), ("probable", "很可能"), ("doubtful", "存疑"), ("new", "新")],
    )  # fmt: skip
    score = models.FloatField(null=True)
    reasons = models.JSONField(default=list)
    candidate = models.ForeignKey(Household, models.PROTECT, null=True, related_name="candidates")

    excused_on = models.DateField(null=True)
    excuse = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            # Where a round's families stand is counted on every board: with the union and the source that a count asks for, from the index alone.
            models.Index(fields=["round", "state", "org", "source"], name="lead_round_standing"),
            models.Index(fields=["round", "clock_on"], name="lead_round_clock"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(state="held") | ~Q(held_code=""), name="held_lead_says_why"),
            models.CheckConstraint(
                condition=~Q(state="doubtful") | Q(candidate__isnull=False), name="doubtful_lead_has_a_candidate"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["due", "away", "visited", "decided", "known"]) | Q(household__isnull=False),
                name="lead_at_work_has_a_household",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["visited", "decided"]) | Q(members__gt=0), name="visited_lead_has_members"
            ),
            models.CheckConstraint(
                condition=Q(excused_on__isnull=True, excuse="") | Q(excused_on__isnull=False) & ~Q(excuse=""),
                name="excuse_has_day_and_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class HardshipApplication(models.Model):
    """A worker's own application (困难申报), from the draft on a phone to the lead that it becomes.

    ``sealed`` holds what was filled in while there is no lead yet (JSON under the key of numbers at rest): it is emptied when the
    lead takes it over, and when it is withdrawn. An application sent while no round is open waits for the next one.
    """

    DRAFT, SENT, WITHDRAWN = "draft", "sent", "withdrawn"

    code = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="applications")
    org = models.ForeignKey(Org, models.PROTECT, related_name="applications")
    state = models.CharField(
        max_length=10, choices=[(DRAFT, "草稿"), (SENT, "已提交"), (WITHDRAWN, "已撤回")], default=DRAFT
    )
    sealed = models.BinaryField(null=True)
    started_on = models.DateField()
    sent_on = models.DateField(null=True)
    lead = models.OneToOneField(Lead, models.PROTECT, null=True, related_name="application")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(state="draft"), name="application_one_draft"),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_on__isnull=False), name="application_sent_on_a_day"
            ),
            models.CheckConstraint(
                condition=Q(lead__isnull=True) | Q(sealed__isnull=True), name="application_kept_once"
            ),
            models.CheckConstraint(condition=~Q(state="draft") | Q(lead__isnull=True), name="draft_has_no_lead"),
        ]

    def __str__(self) -> str:
        return self.code


class Paper(models.Model):
    """A photo or a PDF of a paper that proves what a family reported (佐证材料).

    It goes with a worker's application, with the lead of a family's round, or with both: an application's papers are its lead's as
    soon as there is one.
    """

    application = models.ForeignKey(HardshipApplication, models.CASCADE, null=True, related_name="papers")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="papers")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="papers")
    kind = models.CharField(
        max_length=10,
        choices=[("identity", "身份证、户口簿"), ("income", "收入证明"), ("medical", "看病票据"), ("school", "上学证明"), ("loss", "受灾或事故证明"), ("other", "其他材料")],
    )  # fmt: skip
    added_on = models.DateField()
    added_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "attachment"], name="paper_once"),
            models.UniqueConstraint(fields=["lead", "attachment"], name="paper_once_in_a_round"),
            models.CheckConstraint(
                condition=Q(application__isnull=False) | Q(lead__isnull=False), name="paper_goes_with_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application or self.lead} {self.kind}"

    @property
    def is_pdf(self) -> bool:
        """Whether it is a PDF, which no page draws."""
        return self.attachment.name.lower().endswith(".pdf")


class ReportedMember(models.Model):
    """A member row of a return as reported (摸排成员), accepted or refused. Numbers are sealed; a refused ID is not kept."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="reported")
    row = models.PositiveIntegerField()
    accepted = models.BooleanField()
    name = models.CharField(max_length=60)
    relation = models.CharField(max_length=12, choices=Kinship.RELATIONS)
    id_hash = models.CharField(max_length=64, null=True)
    id_cipher = models.BinaryField(null=True)
    id_mask = models.CharField(max_length=18, blank=True)
    born_on = models.DateField(null=True)
    phone_hash = models.CharField(max_length=64, blank=True)
    phone_cipher = models.BinaryField(null=True)
    phone_mask = models.CharField(max_length=20, blank=True)
    work_state = models.CharField(max_length=40, blank=True)
    study_stage = models.CharField(max_length=20, blank=True)
    # Member-level answers of the household file (health, disability, insurance, school …), as reported.
    more = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.lead.code} {self.row}"


class Consent(models.Model):
    """A signed consent to checks (授权核查): without one nobody is visited and nothing is compared."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="consents")
    signed_on = models.DateField()
    how = models.CharField(
        max_length=10,
        choices=[("form", "申报表签字"), ("door", "入户当面签字"), ("paper", "另纸签字"), ("phone", "手机签字")],
    )
    recorded_by = models.CharField(max_length=150)
    withdrawn_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household"], condition=Q(withdrawn_on__isnull=True), name="consent_one_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"{self.household.code} {self.signed_on}"


class RegisterCheck(models.Model):
    """What civil affairs' register says of a person (民政比对), as imported."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="checks")
    person = models.ForeignKey(Person, models.PROTECT)
    result = models.CharField(max_length=40)
    checked_on = models.DateField()
    document = models.CharField(max_length=120, blank=True)
    attachment = models.ForeignKey(Attachment, models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["household", "person", "checked_on", "result"], name="check_once")
        ]

    def __str__(self) -> str:
        return f"{self.household.code} {self.result}"


class Visit(models.Model):
    """A visit to a family (走访), planned, then recorded by two visitors; an empty figure means "as reported"."""

    lead = models.ForeignKey(
        Lead, models.CASCADE, related_name="visits", db_index=False
    )  # visit_of_lead begins with it
    consent = models.ForeignKey(Consent, models.PROTECT, null=True)
    planned_on = models.DateField(null=True)
    place_in_day = models.PositiveSmallIntegerField(null=True)
    # When on that day: the hour, or the half of the day, or neither.
    planned_at = models.TimeField(null=True)
    planned_half = models.CharField(
        max_length=2, blank=True, default="", db_default="", choices=[("am", "上午"), ("pm", "下午")]
    )
    visitor_one = models.CharField(max_length=60)
    visitor_two = models.CharField(max_length=60)
    # The visitors' accounts, where the plan knows them: a visitor sees the visits planned for the own account. A sheet brings names alone.
    account_one = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="visits_as_one")
    account_two = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="visits_as_two")
    visited_on = models.DateField(null=True)
    conclusion = models.CharField(
        max_length=12, blank=True,
        choices=[("as_reported", "属实"), ("differs", "与申报不符，以核实为准"), ("nobody_home", "家中无人")],
    )  # fmt: skip
    members = models.PositiveSmallIntegerField(null=True)
    income = _money(null=True)
    medical = _money(null=True)
    schooling = _money(null=True)
    loss = _money(null=True)
    homes = models.PositiveSmallIntegerField(null=True)
    runs_business = models.BooleanField(null=True)
    costly_school = models.BooleanField(null=True)
    note = models.CharField(max_length=300, blank=True)
    attachment = models.ForeignKey(Attachment, models.PROTECT, null=True)
    row = models.PositiveIntegerField(null=True)
    # Made by the visitor's phone, so that the same form sent twice over a bad line is one visit.
    submission = models.CharField(max_length=36, null=True, unique=True)
    # On which evening the family was told once more that it is tomorrow.
    reminded_on = models.DateField(null=True)

    class Meta:
        ordering = ["visited_on", "pk"]
        indexes = [
            # Asked for every few seconds of an evening.
            models.Index(fields=["planned_on"], condition=Q(visited_on=None), name="visit_to_come"),
            # Days, teams and sums of a round's visits are read for every family: from the index alone.
            models.Index(
                fields=["lead", "visited_on", "planned_on", "visitor_one", "visitor_two"], name="visit_of_lead"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(visited_on__isnull=True, conclusion="") | Q(visited_on__isnull=False) & ~Q(conclusion=""),
                name="visit_held_has_a_conclusion",
            ),
            models.CheckConstraint(
                condition=Q(visited_on__isnull=True) | Q(consent__isnull=False) | Q(conclusion="nobody_home"),
                name="visit_with_consent",
            ),
            models.CheckConstraint(
                condition=Q(planned_half="") | Q(planned_half__in=["am", "pm"], planned_at__isnull=True),
                name="visit_hour_or_half_day",
            ),
            models.CheckConstraint(
                condition=Q(planned_on__isnull=False) | Q(planned_at__isnull=True, planned_half=""),
                name="visit_hour_of_a_day",
            ),
            models.CheckConstraint(condition=~Q(visitor_one=F("visitor_two")), name="visit_by_two"),
            models.CheckConstraint(condition=~Q(account_one=F("account_two")), name="visit_by_two_accounts"),
            models.UniqueConstraint(
                fields=["lead", "visited_on"], condition=Q(visited_on__isnull=False), name="visit_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead.code} {self.visited_on or self.planned_on}"

    @property
    def when(self) -> str:
        """The hour (9:00) or the half of the day (am, pm) that it is planned for; empty for neither."""
        return f"{self.planned_at.hour}:{self.planned_at:%M}" if self.planned_at else self.planned_half


class VisitPaper(models.Model):
    """What was brought back from a visit (走访材料): a photo, or a signature written on the glass or, without it, typed and confirmed."""

    PHOTO, FAMILY, VISITORS = "photo", "family", "visitors"

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=10, choices=[(PHOTO, "照片"), (FAMILY, "家庭签字"), (VISITORS, "走访人签字")])
    attachment = models.ForeignKey(Attachment, models.PROTECT, null=True)
    typed = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(attachment__isnull=False) | ~Q(typed=""), name="visit_paper_is_something"
            ),
            models.CheckConstraint(
                condition=~Q(kind="photo") | Q(attachment__isnull=False), name="visit_photo_is_a_file"
            ),
            models.UniqueConstraint(
                fields=["visit", "kind"], condition=~Q(kind="photo"), name="visit_signed_once_by_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit} {self.kind}"


class Finding(models.Model):
    """What the policy says of a family (认定意见), with the rule, the version and every figure used.

    Proposed by one officer, certified by another. ``figures`` holds each input and derived figure as text; the columns hold
    those that lists show, in yuan. Aid is of a year; "0" for tier none.
    """

    DEEP, RELATIVE, ACCIDENT, NONE = "deep", "relative", "accident", "none"
    TIERS = [(DEEP, "深度困难"), (RELATIVE, "相对困难"), (ACCIDENT, "意外致困"), (NONE, "不符合")]

    code = models.CharField(max_length=80, unique=True)
    # Two indexes below begin with them; SQLite would take the shorter one.
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="findings", db_index=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="findings", db_index=False)
    household = models.ForeignKey(Household, models.PROTECT, related_name="findings")
    policy = models.CharField(max_length=60)
    policy_version = models.CharField(max_length=40)
    policy_digest = models.CharField(max_length=64)
    as_of = models.DateField()
    # Null with a problem: the policy could not decide, and says why.
    tier = models.CharField(max_length=10, choices=TIERS, null=True)
    rule = models.CharField(max_length=60, blank=True)
    problem = models.TextField(blank=True)
    figures = models.JSONField()
    income = _money(null=True)
    deductions = _money(null=True)
    net = _money(null=True)
    members = models.PositiveSmallIntegerField(null=True)
    standard = _money(null=True)
    living = _money(null=True)
    medical = _money(null=True)
    schooling = _money(null=True)
    accident = _money(null=True)
    total = _money(null=True)
    new = models.BooleanField()
    state = models.CharField(max_length=12, choices=_states(flows.FINDING), default="proposed")
    proposed_by = models.CharField(max_length=150)
    proposed_on = models.DateField()
    certified_by = models.CharField(max_length=150, blank=True)
    certified_on = models.DateField(null=True)
    return_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["round", "state", "certified_on"], name="finding_round_standing"),
            # A lead's live finding is looked up for each family of a round: from the index alone.
            models.Index(fields=["lead", "state", "tier", "proposed_by"], name="finding_of_lead"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "household"], condition=~Q(state="superseded"), name="finding_one_a_round"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["certified", "refused", "closed"])
                | Q(certified_on__isnull=False) & ~Q(certified_by="") & ~Q(certified_by=F("proposed_by")),
                name="finding_certified_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(tier="none") | ~Q(state__in=["certified", "published"]), name="none_is_refused"
            ),
            models.CheckConstraint(
                condition=Q(tier__isnull=True) | Q(problem="") & ~Q(rule=""), name="tier_has_its_rule"
            ),
            models.CheckConstraint(
                condition=Q(tier__isnull=False) | Q(state__in=["proposed", "returned", "superseded"]),
                name="undecided_goes_nowhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.tier or self.problem}"


class Posting(models.Model):
    """A publication (公示) of findings with masked names, and its working-day clock.

    ``until_on`` is the last day; ``days`` working days after ``from_on``. (Named Posting here: 公示 of a round; Notice in the
    register is for people.)
    """

    code = models.CharField(max_length=80, unique=True)
    round = models.ForeignKey(Round, models.PROTECT, related_name="postings")
    from_on = models.DateField()
    days = models.PositiveSmallIntegerField()
    until_on = models.DateField()
    by = models.CharField(max_length=150)
    findings = models.ManyToManyField(Finding, through="Posted", related_name="postings")

    def __str__(self) -> str:
        return self.code


class Posted(models.Model):
    """One finding on a posting: its own clock, since an objection stops it for this family alone."""

    posting = models.ForeignKey(Posting, models.CASCADE, related_name="posted")
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="posted")
    until_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["posting", "finding"], name="posted_once")]

    def __str__(self) -> str:
        return f"{self.posting.code} {self.finding.code}"


class Objection(models.Model):
    """An objection to a published finding (异议): it stops the clock until a person has answered it."""

    posted = models.ForeignKey(Posted, models.PROTECT, related_name="objections")
    received_on = models.DateField()
    text = models.CharField(max_length=500)
    by = models.CharField(max_length=150)
    answered_on = models.DateField(null=True)
    answered_by = models.CharField(max_length=150, blank=True)
    upheld = models.BooleanField(null=True)
    outcome = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["answered_on"], name="objection_answered")]
        constraints = [
            models.UniqueConstraint(
                fields=["posted"], condition=Q(answered_on__isnull=True), name="objection_one_open"
            ),
            models.CheckConstraint(
                condition=Q(answered_on__isnull=True, upheld__isnull=True, outcome="")
                | Q(answered_on__isnull=False, upheld__isnull=False) & ~Q(outcome=""),
                name="objection_answer_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.posted} {self.received_on}"


class HouseholdFile(models.Model):
    """The file of a household taken on file (困难档案, 一户一档). It closes with a reason (脱困 …); a family that comes back
    opens a new one."""

    code = models.CharField(max_length=40, unique=True)
    household = models.ForeignKey(Household, models.PROTECT, related_name="files")
    tier = models.CharField(max_length=10, choices=Finding.TIERS[:3])
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="+")
    opened_on = models.DateField()
    opened_in = models.CharField(max_length=6)
    closed_on = models.DateField(null=True)
    closed_in = models.CharField(max_length=6, blank=True)
    close_reason = models.CharField(max_length=200, blank=True)
    closing_finding = models.ForeignKey(Finding, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household"], condition=Q(closed_on__isnull=True), name="file_one_open_a_household"
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True, close_reason="", closed_in="")
                | Q(closed_on__isnull=False) & ~Q(close_reason="") & ~Q(closed_in=""),
                name="closed_file_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class AidPlan(models.Model):
    """Aid planned for a household, one item of one year (帮扶计划), under the policy's ceilings. A later finding of the same
    year replaces it; ``cut`` is what a ceiling took off, with the clause."""

    ITEMS = [("living", "生活"), ("medical", "医疗"), ("schooling", "助学"), ("accident", "意外")]

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="plans")
    household = models.ForeignKey(Household, models.PROTECT, related_name="plans")
    year = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=10, choices=ITEMS)
    amount = _money()
    cut = _money(default=0)
    cut_clause = models.CharField(max_length=120, blank=True)
    superseded = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household", "year", "item"], condition=Q(superseded=False), name="plan_once_a_year"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0, cut__gte=0), name="plan_not_negative"),
            models.CheckConstraint(condition=Q(cut=0) | ~Q(cut_clause=""), name="plan_cut_names_its_clause"),
        ]

    def __str__(self) -> str:
        return f"{self.household.code} {self.year} {self.item} {self.amount}"


class Offer(models.Model):
    """Other help offered to a family that does not meet the standard (帮扶转介), or its recorded "declined"."""

    KINDS = [
        ("legal_aid", "法律援助"), ("education", "子女教育"), ("health_check", "健康体检"), ("housing", "住房改善"),
        ("training", "就业培训"),
    ]  # fmt: skip

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="offers")
    kind = models.CharField(max_length=12, choices=KINDS, blank=True)
    declined = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    offered_on = models.DateField()
    by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(declined=True) | ~Q(kind=""), name="offer_is_of_a_kind"),
            models.UniqueConstraint(fields=["finding", "kind", "declined"], name="offer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.finding.code} {self.kind or 'declined'}"


class Review(models.Model):
    """A family's request to have a refusal looked at by another person (复议)."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="reviews")
    asked_on = models.DateField()
    text = models.CharField(max_length=500)
    reviewer = models.CharField(max_length=150, blank=True)
    ended_on = models.DateField(null=True)
    upheld = models.BooleanField(null=True)
    outcome = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["ended_on"], name="review_ended")]
        constraints = [
            models.UniqueConstraint(fields=["finding"], condition=Q(ended_on__isnull=True), name="review_one_open"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(upheld__isnull=False) & ~Q(outcome="") & ~Q(reviewer=""),
                name="review_ends_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding.code} {self.asked_on}"


class Raised(models.Model):
    """A matter that came in by a return (the sheet 难题和微心愿)."""

    source = models.ForeignKey(Return, models.PROTECT, related_name="raised")
    matter = models.OneToOneField(Matter, models.PROTECT, related_name="raised")

    def __str__(self) -> str:
        return f"{self.source.code} {self.matter.code}"
