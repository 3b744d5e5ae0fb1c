"""Writing learning plans: the services of `planning`'s rules."""

from datetime import date, datetime

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from academy.competencies.models import CompetencyRecord
from academy.competencies.services import Asked, asked_of, known_levels, record_competency
from academy.core.clock import now, today
from academy.core.errors import AcademyError, Conflict
from academy.people.models import Membership, User
from academy.people.services import lock_person
from assessments.models import Attempt
from assessments.placement import PlacedCompetency, latest_placement, placed_competencies
from courses import statements
from courses.models import LearningPlan, Module, ModuleCompletion, PlanItem
from courses.planning import Need, Teaching, may_offer_skip, plan_modules
from courses.services import primary_position

log = structlog.get_logger(__name__)


def needs_of(asked: list[Asked], held: dict[int, int]) -> list[Need]:
    return [
        Need(one.competency.pk, one.level, held.get(one.competency.pk, 0), one.due_on)
        for one in asked
    ]


def probabilities_at_least(placed: list[PlacedCompetency]) -> dict[tuple[int, int], float]:
    """By (competency, level number): the probability of being in that level's band or above.

    Levels of the lowest band are left out: everybody is in it or above, so a placement says nothing
    about them.
    """
    probabilities = {}
    for one in placed:
        for level in one.competency.framework.levels.filter(band__gt=0):
            probabilities[one.competency.pk, level.number] = one.at_least[level.band]
    return probabilities


@transaction.atomic
def renew_plan(learner: User, *, at: datetime | None = None) -> LearningPlan:
    """Make the plan from what is asked, held and placed now, keeping what the person decided.

    A skip that was accepted stays; a module that was proven meanwhile is marked so; modules that
    are no longer asked for leave, unless the person added them. A plan that is new, or that differs
    from before, is told to the learning record.
    """
    at = at or now()
    lock_person(learner)
    plan, created = LearningPlan.objects.get_or_create(learner=learner, defaults={"renewed_at": at})
    old = _contents(plan)
    plan.position = primary_position(learner, on=localdate(at))
    plan.renewed_at = at
    plan.renew_on = _next_change(learner, after=localdate(at))
    plan.save()  # before the profiles are read: whoever changes one meanwhile owes the plan again

    asked = asked_of(learner, on=localdate(at))
    held = {key: known.held for key, known in known_levels(learner, at=at).items()}
    modules = {
        module.pk: module
        for module in Module.objects.filter(is_live=True, courses__is_live=True)
        .distinct()
        .prefetch_related("teaches")
    }
    teaches = {
        pk: {one.competency_id: one.level for one in module.teaches.all()}
        for pk, module in modules.items()
    }
    catalogue = [Teaching(pk, teaches[pk], module.minutes) for pk, module in modules.items()]
    planned = {one.module: one for one in plan_modules(needs_of(asked, held), catalogue)}
    proven = set(
        ModuleCompletion.objects.filter(learner=learner)
        .valid(at)
        .values_list("module_id", flat=True)
    )
    placement = latest_placement(learner)
    probabilities = probabilities_at_least(placed_competencies(placement)) if placement else {}

    before = {item.module_id: item for item in plan.items.all()}
    for order, (module_id, one) in enumerate(planned.items()):
        item = before.pop(module_id, None) or PlanItem(
            plan=plan, learner=learner, module=modules[module_id]
        )
        item.order, item.due_on, item.reasons = order, one.due_on, list(one.competencies)
        if item.state != PlanItem.State.SKIPPED:
            _offer(item, placement, may_offer_skip(teaches[module_id], probabilities))
        item.save()
    for module_id, item in before.items():  # what the gap does not ask for (any more)
        if module_id in proven:
            item.state = PlanItem.State.PROVEN
            item.save(update_fields=["state"])
        elif item.origin == PlanItem.Origin.GAP and item.state != PlanItem.State.SKIPPED:
            item.delete()
        else:
            item.due_on, item.reasons = None, []
            item.save(update_fields=["due_on", "reasons"])
    if created or _contents(plan) != old:
        items = plan.items.select_related("module")
        statements.plan_renewed(learner, plan, [item.module for item in items], at=at)
    return plan


def _contents(plan: LearningPlan) -> list[tuple]:
    """What the plan says, to tell whether a renewal changed it."""
    fields = ("module", "state", "order", "due_on", "reasons", "skip_attempt")
    return list(plan.items.order_by("module").values_list(*fields))


def _next_change(learner: User, *, after: date) -> date | None:
    """The first day after, known by now, on which the person's position changes."""
    mine = Membership.objects.primary().filter(person=learner)
    days = [day for row in mine.values_list("valid_from", "valid_to") for day in row]
    return min((day for day in days if day and day > after), default=None)


def owe_plans(**of) -> None:
    """The plans of these people no longer say what is asked of them; the sweep makes them anew."""
    plans = LearningPlan.objects.filter(**of)
    plans.filter(Q(renew_on__isnull=True) | Q(renew_on__gt=today())).update(renew_on=today())


def owe_plans_of(position: int | None) -> None:
    """A profile changed: of those in the position, or, for the baseline, of everyone."""
    if position is None:
        owe_plans()
    else:
        held = Membership.objects.on(today()).primary().filter(position=position)
        owe_plans(learner__in=held.values("person"))


def renew_owed(*, after: int = 0, limit: int = 100) -> int | None:
    """Renew a page of the plans that are owed, each in a transaction of its own; returns where the
    next page begins. One that fails is logged, owed still, and holds no other up."""
    owed = LearningPlan.objects.owed(today()).filter(pk__gt=after).select_related("learner")
    page = list(owed.order_by("pk")[:limit])
    for plan in page:
        try:
            renew_plan(plan.learner)
        except Exception:
            log.exception("plan_not_renewed", plan=str(plan.uuid))
    return page[-1].pk if len(page) == limit else None


def _offer(item: PlanItem, placement: Attempt | None, offered: bool) -> None:
    """Offer to skip a module, or not: an offer that was there before may be gone."""
    item.state = PlanItem.State.SKIP_OFFERED if offered else PlanItem.State.TO_DO
    item.skip_attempt = placement.uuid if placement and offered else None


@transaction.atomic
def record_placement(attempt: Attempt, *, at: datetime | None = None) -> LearningPlan:
    """A placement was finished, or graded again `at` a later time: what it shows is *placed*,
    provisionally and from when it was taken, and the plan is renewed."""
    for one in placed_competencies(attempt):
        record_competency(
            learner=attempt.learner,
            competency=one.competency,
            level=one.level,
            basis=CompetencyRecord.Basis.PLACED,
            statements=[attempt.statement_id],
            attempt=attempt.uuid,
            at=attempt.submitted_at,
        )
    return renew_plan(attempt.learner, at=at or attempt.submitted_at)


@transaction.atomic
def accept_skip(*, item: PlanItem, at: datetime | None = None) -> None:
    """Accept the offer to skip a module. Accepting twice is accepting once."""
    at = at or now()
    won = PlanItem.objects.filter(pk=item.pk, state=PlanItem.State.SKIP_OFFERED).update(
        state=PlanItem.State.SKIPPED
    )
    if won:
        item.refresh_from_db()
        attempt = Attempt.objects.get(uuid=item.skip_attempt)
        statements.module_skipped(item.learner, item.module, attempt.registration, at=at)
    elif not PlanItem.objects.filter(pk=item.pk, state=PlanItem.State.SKIPPED).exists():
        raise Conflict(_("This module can no longer be skipped. Look at your plan again."))


@transaction.atomic
def undo_skip(*, item: PlanItem, at: datetime | None = None) -> None:
    """Take a skipped module back into the plan."""
    taken_back = PlanItem.objects.filter(pk=item.pk, state=PlanItem.State.SKIPPED).update(
        state=PlanItem.State.SKIP_OFFERED
    )
    if taken_back:
        statements.module_planned(item.learner, item.module, at=at or now())


@transaction.atomic
def add_to_plan(*, learner: User, module: Module, at: datetime | None = None) -> PlanItem:
    """Put a module on the plan that nobody asked for. Adding it again changes nothing."""
    at = at or now()
    lock_person(learner)
    plan = LearningPlan.objects.filter(learner=learner).first() or renew_plan(learner, at=at)
    proven = ModuleCompletion.objects.filter(learner=learner, module=module).valid(at).exists()
    item, created = PlanItem.objects.get_or_create(
        plan=plan,
        module=module,
        defaults={
            "learner": learner,
            "origin": PlanItem.Origin.ADDED,
            "state": PlanItem.State.PROVEN if proven else PlanItem.State.TO_DO,
            "order": 1000 + plan.items.count(),
        },
    )
    if created:
        statements.module_planned(learner, module, at=at)
    return item


@transaction.atomic
def remove_from_plan(*, item: PlanItem, at: datetime | None = None) -> None:
    """Take off a module the person added; what is asked of them stays. Twice is once."""
    if item.origin != PlanItem.Origin.ADDED or item.reasons:
        raise AcademyError(_("This module is asked of you. You can defer it, not remove it."))
    removed, _rows = PlanItem.objects.filter(pk=item.pk).delete()
    if removed:
        statements.module_removed(item.learner, item.module, at=at or now())


@transaction.atomic
def defer(*, item: PlanItem, until: date, at: datetime | None = None) -> None:
    """Plan a module for later. The due day stays what it was, and is shown beside it."""
    at = at or now()
    if until <= localdate(at):
        raise AcademyError(_("Choose a day after today."))
    moved = PlanItem.objects.filter(pk=item.pk).exclude(deferred_to=until)
    if moved.update(deferred_to=until):
        statements.module_planned(item.learner, item.module, at=at)
