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
from assessments.models import Attempt, PlacementReview
from assessments.placement import PlacedCompetency, latest_placement, placed_competencies
from assessments.spot_checks import cancel_spot_checks, plan_spot_checks
from courses import statements
from courses.models import LearningPlan, Module, ModuleCompletion, PlanItem
from courses.planning import Need, Skip, Teaching, plan_modules, skip_of
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

    A skip that the person decided stays, one that the placement decided follows the placement; a
    module that was proven meanwhile is marked so; modules that are no longer asked for leave, unless
    the person added them. A plan that is new, or that differs from before, is told to the learning
    record.
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
    known = placed_competencies(placement) if placement else []
    probabilities = probabilities_at_least(known)
    calibrated = {one.competency.pk for one in known if one.calibrated}

    before = {item.module_id: item for item in plan.items.select_related("module", "learner")}
    for order, (module_id, one) in enumerate(planned.items()):
        item = before.pop(module_id, None) or PlanItem(
            plan=plan, learner=learner, module=modules[module_id]
        )
        item.order, item.due_on, item.reasons = order, one.due_on, list(one.competencies)
        was_skipped = item.state == PlanItem.State.SKIPPED
        _apply(item, placement, teaches[module_id], probabilities, calibrated)
        item.save()
        if (item.state == PlanItem.State.SKIPPED) != was_skipped:
            _tell_of_skip(item, placement, at=at)
    for module_id, item in before.items():  # what the gap does not ask for (any more)
        if module_id in proven:
            item.state = PlanItem.State.PROVEN
            item.save(update_fields=["state"])
            cancel_spot_checks(learner=learner, skipped=item.module.uuid)
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
    fields = ("module", "state", "order", "due_on", "reasons", "skip_attempt", "skipped_by")
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


def _apply(
    item: PlanItem,
    placement: Attempt | None,
    teaches: dict[int, int],
    probabilities: dict[tuple[int, int], float],
    calibrated: set[int],
) -> None:
    """Offer, make or take back the skip of a module, as the placement allows. What the person
    decided stays, whichever way."""
    if item.state == PlanItem.State.SKIPPED and item.skipped_by != PlanItem.SkippedBy.PLACEMENT:
        return
    allowed = skip_of(teaches, probabilities, calibrated) if placement else Skip.NO
    if allowed == Skip.DECIDED and item.is_wanted:
        allowed = Skip.OFFERED
    item.state = {
        Skip.NO: PlanItem.State.TO_DO,
        Skip.OFFERED: PlanItem.State.SKIP_OFFERED,
        Skip.DECIDED: PlanItem.State.SKIPPED,
    }[allowed]
    item.skipped_by = PlanItem.SkippedBy.PLACEMENT if allowed == Skip.DECIDED else ""
    item.skip_attempt = placement.uuid if placement and allowed != Skip.NO else None
    item.skip_grounds = [
        {
            "competency": competency,
            "level": level,
            "probability": round(probabilities[competency, level], 4),
        }
        for competency, level in teaches.items()
        if allowed != Skip.NO
    ]


def _tell_of_skip(item: PlanItem, placement: Attempt | None, *, at: datetime) -> None:
    """A placement skipped a module, or does so no more."""
    if item.state == PlanItem.State.SKIPPED:
        statements.module_excused(item, placement.registration, at=at)
        _check_later(item, placement, at=at)
    else:
        statements.module_planned(item.learner, item.module, at=at)
        cancel_spot_checks(learner=item.learner, skipped=item.module.uuid)


def _check_later(item: PlanItem, attempt: Attempt, *, at: datetime) -> None:
    """Plan questions about what was skipped, for a share of skips."""
    bands = {
        (one.competency_id, level.number): level.band
        for one in item.module.teaches.select_related("competency__framework")
        for level in one.competency.framework.levels.all()
    }
    plan_spot_checks(
        attempt=attempt,
        skipped=item.module.uuid,
        bands={
            one.competency_id: bands[one.competency_id, one.level]
            for one in item.module.teaches.all()
        },
        at=at,
    )


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
def record_review(review: PlacementReview) -> LearningPlan | None:
    """A placement was contested and the level changed: that is *placed* from now on, on the grounds
    of the placement and of the review. Either way the plan follows."""
    attempt = review.attempt
    if attempt != latest_placement(attempt.learner):
        return None
    placed = {one.competency.pk: one for one in placed_competencies(attempt)}
    one = placed[review.competency_id]
    if review.decision == PlacementReview.Decision.CHANGED:
        form = review.second_form
        record_competency(
            learner=attempt.learner,
            competency=one.competency,
            level=one.level,
            basis=CompetencyRecord.Basis.PLACED,
            statements=[
                said
                for said in (attempt.statement_id, form and form.statement_id, review.statement_id)
                if said
            ],
            attempt=(form or attempt).uuid,
            at=review.decided_at,
        )
    return renew_plan(attempt.learner, at=review.decided_at)


@transaction.atomic
def accept_skip(*, item: PlanItem, at: datetime | None = None) -> None:
    """Accept the offer to skip a module. Accepting twice is accepting once."""
    at = at or now()
    won = PlanItem.objects.filter(pk=item.pk, state=PlanItem.State.SKIP_OFFERED).update(
        state=PlanItem.State.SKIPPED, skipped_by=PlanItem.SkippedBy.PERSON, is_wanted=False
    )
    if won:
        item.refresh_from_db()
        attempt = Attempt.objects.get(uuid=item.skip_attempt)
        statements.module_skipped(item.learner, item.module, attempt.registration, at=at)
        _check_later(item, attempt, at=at)
    elif not PlanItem.objects.filter(pk=item.pk, state=PlanItem.State.SKIPPED).exists():
        raise Conflict(_("This module can no longer be skipped. Look at your plan again."))


@transaction.atomic
def undo_skip(*, item: PlanItem, at: datetime | None = None) -> None:
    """Take a skipped module back into the plan, whoever skipped it: from then on it is skipped only
    when the person says so."""
    taken_back = PlanItem.objects.filter(pk=item.pk, state=PlanItem.State.SKIPPED).update(
        state=PlanItem.State.SKIP_OFFERED, skipped_by="", is_wanted=True
    )
    if taken_back:
        statements.module_planned(item.learner, item.module, at=at or now())
        cancel_spot_checks(learner=item.learner, skipped=item.module.uuid)


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
