"""A line manager's page: what the team has to do and by when.

Managers see status and due dates only. A module the person may skip counts as open like any other,
because the offer would tell what a placement showed; titles of courses and levels are not shown.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from academy.core.clock import today
from academy.core.errors import NotAllowed
from academy.people.models import Membership, User
from academy.people.visibility import team_of
from courses.models import Enrollment, LearningPlan, PlanItem

#: A module due within so many days is due soon.
SOON = timedelta(days=30)
OPEN = [PlanItem.State.TO_DO, PlanItem.State.SKIP_OFFERED]


@dataclass(frozen=True)
class Member:
    """Where one person of the team stands. `due_on` is the earliest day an open module is due."""

    name: str
    position: str
    has_plan: bool
    to_do: int
    overdue: int
    due_on: date | None
    in_progress: int
    last_seen: date | None
    on: date

    @property
    def status(self) -> str:
        if not self.has_plan:
            return "none"
        if self.overdue:
            return "overdue"
        if self.due_on is not None and self.due_on <= self.on + SOON:
            return "soon"
        return "open" if self.to_do else "done"

    @property
    def status_label(self) -> str:
        return STATUS[self.status][0]

    @property
    def status_kind(self) -> str:
        return STATUS[self.status][1]


#: By status: its words, and the kind of tag that shows it.
STATUS = {
    "overdue": (gettext_lazy("overdue"), "error"),
    "soon": (gettext_lazy("due soon"), "warning"),
    "open": (gettext_lazy("on course"), "primary"),
    "done": (gettext_lazy("nothing to do"), "success"),
    "none": (gettext_lazy("no plan yet"), "neutral"),
}


def members_of(manager: User, on: date) -> list[Member]:
    """The team, who is overdue first, then by the first due day. Five queries, whatever the size."""
    people = {person.pk: person for person in team_of(manager)}
    positions = {
        membership.person_id: membership.position
        for membership in Membership.objects.on(on)
        .primary()
        .filter(person__in=people)
        .select_related("position")
    }
    planners = set(
        LearningPlan.objects.filter(learner__in=people).values_list("learner_id", flat=True)
    )
    open_items: dict[int, list[date | None]] = defaultdict(list)
    for learner, due_on in PlanItem.objects.filter(learner__in=people, state__in=OPEN).values_list(
        "learner_id", "due_on"
    ):
        open_items[learner].append(due_on)
    activity = {
        row["learner_id"]: row
        for row in Enrollment.objects.filter(learner__in=people)
        .order_by()
        .values("learner_id")
        .annotate(
            in_progress=Count("pk", filter=Q(status=Enrollment.Status.ACTIVE)),
            seen=Max("last_seen_at"),
            begun=Max("enrolled_at"),
            completed=Max("completed_at"),
        )
    }
    members = []
    for pk, person in people.items():
        days = [day for day in open_items[pk] if day is not None]
        row = activity.get(pk, {})
        moments = [row[key] for key in ("seen", "begun", "completed") if row.get(key)]
        members.append(
            Member(
                name=str(person),
                position=str(positions[pk].title) if pk in positions else "",
                has_plan=pk in planners,
                to_do=len(open_items[pk]),
                overdue=sum(day < on for day in days),
                due_on=min(days, default=None),
                in_progress=row.get("in_progress", 0),
                last_seen=timezone.localdate(max(moments)) if moments else None,
                on=on,
            )
        )
    return sorted(
        members, key=lambda one: (-one.overdue, one.due_on or date.max, one.name.casefold())
    )


@login_required
@require_safe
@never_cache
def team(request: HttpRequest) -> HttpResponse:
    """My team. Open to whoever manages at least one active member today."""
    on = today()
    members = members_of(request.user, on)
    if not members:
        raise NotAllowed(
            _("This page is for line managers. Nobody has you as their line manager today.")
        )
    return render(
        request,
        "portal/team.html",
        {
            "members": members,
            "on": on,
            "overdue": sum(bool(one.overdue) for one in members),
            "soon": sum(one.status == "soon" for one in members),
        },
    )
