"""Calibrating banks: parameters from the answers there are, kept by calibration, and taken over by
the items only where that is safe.

An attempt pins its parameters when it starts (`placement.pin_placement`), so a calibration counts
for attempts that start after it and for no other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import Conflict
from assessments.gathering import Gathered, answers_of, gather
from assessments.measurement.calibration import (
    LEAST_COMMON,
    Calibrated,
    Scale,
    anchor,
    calibrate,
    drifting,
)
from assessments.models import Calibration, Item, ItemBank, ItemParameters
from assessments.models.bank import ItemStatus

log = structlog.get_logger(__name__)

#: People a bank needs before anything is estimated, and answers before an item takes it over.
LEAST_PEOPLE = 50
LEAST_ANSWERS = 100
#: An item takes over new parameters when they are better known by this much. Replaced each night by
#: nearly the same, they would creep, and no night would show it.
SHARPER = 0.9
#: Standard error of parameters that came without one.
UNKNOWN_SE = 0.3
#: A bank is calibrated when in each of its competencies this share of the active items is.
CALIBRATED_SHARE = 0.8
#: A bank is calibrated again when its answers have grown by this share.
GROWTH = 0.1
#: Between any two competencies of a bank, as the placement assumes it.
RHO = 0.7

LEASE = timedelta(minutes=30)


@dataclass(frozen=True)
class Estimate:
    """What the answers of a bank say, on the bank's scale; nothing of it is kept yet."""

    gathered: Gathered
    found: Calibrated
    scale: Scale
    a: np.ndarray
    b: np.ndarray
    se_a: np.ndarray
    se_b: np.ndarray
    drifting: np.ndarray
    taken: np.ndarray

    @property
    def people(self) -> int:
        return len(self.gathered.score)


class TooFewAnswers(Conflict):
    """There is nothing to estimate from yet."""


def estimate(bank: ItemBank) -> Estimate:
    """Estimate every item with answers, link to the scale in force, and say what moved.

    Raises `TooFewAnswers` with fewer than LEAST_PEOPLE people.
    """
    gathered = gather(bank)
    if len(gathered.score) < LEAST_PEOPLE:
        raise TooFewAnswers(
            _("A calibration needs the answers of %(least)d people; there are %(people)d.")
            % {"least": LEAST_PEOPLE, "people": len(gathered.score)}
        )
    items = gathered.items
    old_a = np.array([item.discrimination for item in items])
    old_b = np.array([item.difficulty for item in items])
    c = np.array([item.guessing for item in items])
    found = calibrate(
        gathered.score,
        c,
        prior_b=[item.author_difficulty for item in items],
        area=gathered.area,
        rho=RHO,
        start=(old_a, old_b),
    )
    common = np.array([item.calibrated_at is not None for item in items]) & (found.answers > 0)
    old_se_a = np.array([item.discrimination_se or UNKNOWN_SE for item in items])
    old_se_b = np.array([item.difficulty_se or UNKNOWN_SE for item in items])
    scale = anchor(
        *(column[common] for column in (old_a, old_b, old_se_b, found.a, found.b, found.se_b, c))
    )
    a, b = scale.of(found.a, found.b)
    se_a, se_b = found.se_a / scale.slope, found.se_b * scale.slope
    moved = np.zeros(len(items), dtype=bool)
    moved[common] = scale.drifting
    if common.sum() >= LEAST_COMMON:
        error = np.sqrt(np.maximum((old_se_a / old_a) ** 2 - (se_a / a) ** 2, (se_a / a) ** 2 / 4))
        moved[common] |= drifting(np.log(a / old_a)[common], error[common])
    enough = found.answers >= LEAST_ANSWERS
    moved &= enough
    sharper = ~common | (se_b <= SHARPER * old_se_b)
    return Estimate(gathered, found, scale, a, b, se_a, se_b, moved, enough & sharper & ~moved)


# --- What is owed ---------------------------------------------------------------------------------


def is_due(bank: ItemBank) -> bool:
    """Whether there are enough new answers since the last calibration to look again. Two queries."""
    last = bank.calibrations.filter(state=Calibration.State.DONE).first()
    answers = answers_of(bank)
    if last is None:
        measured = answers.filter(
            item_version__item__status__in=[ItemStatus.ACTIVE, ItemStatus.PILOT]
        )
        return measured.values("learner_id").distinct().count() >= LEAST_PEOPLE
    new = answers.filter(attempt__submitted_at__gt=last.asked_at).count()
    return new >= max(LEAST_PEOPLE, GROWTH * last.responses)


@transaction.atomic
def ask_calibration(bank: ItemBank, *, at: datetime | None = None) -> Calibration:
    """The calibration of a bank that is waiting or running, or a new one that waits."""
    ItemBank.objects.select_for_update().get(pk=bank.pk)
    open_states = [Calibration.State.PENDING, Calibration.State.RUNNING]
    waiting = bank.calibrations.filter(state__in=open_states).first()
    if waiting is not None:
        return waiting
    last = bank.calibrations.aggregate(last=Max("number"))["last"] or 0
    return Calibration.objects.create(bank=bank, number=last + 1, asked_at=at or now())


def owed_calibrations(*, at: datetime | None = None) -> list[int]:
    """Calibrations that wait, or whose worker died."""
    at = at or now()
    owed = Calibration.objects.filter(
        Q(state=Calibration.State.PENDING) | Q(state=Calibration.State.RUNNING, leased_until__lt=at)
    )
    return list(owed.order_by("asked_at").values_list("pk", flat=True))


# --- One calibration ------------------------------------------------------------------------------


def _claim(pk: int, at: datetime) -> Calibration | None:
    """Compare-and-set: of two workers one wins; the work of one that died is taken up again."""
    won = (
        Calibration.objects.filter(pk=pk)
        .filter(
            Q(state=Calibration.State.PENDING)
            | Q(state=Calibration.State.RUNNING, leased_until__lt=at)
        )
        .update(state=Calibration.State.RUNNING, leased_until=at + LEASE)
    )
    return Calibration.objects.select_related("bank").get(pk=pk) if won else None


def run_calibration(pk: int, *, at: datetime | None = None) -> Calibration | None:
    """Estimate, keep, and take over. Returns the calibration, or None when another has it.

    Nothing is kept before everything is: a worker that dies leaves only its lease.
    """
    at = at or now()
    calibration = _claim(pk, at)
    if calibration is None:
        return None
    try:
        _keep(calibration, estimate(calibration.bank), at)
    except TooFewAnswers as problem:
        _fail(calibration, str(problem.message), at)
    except Exception:
        log.exception("calibration_failed", bank=calibration.bank.code, number=calibration.number)
        _fail(calibration, "see the worker's log", at)
    calibration.refresh_from_db()
    return calibration


def _mine(calibration: Calibration):
    """The row while the lease is still this worker's."""
    return Calibration.objects.filter(
        pk=calibration.pk,
        state=Calibration.State.RUNNING,
        leased_until=calibration.leased_until,
    )


def _fail(calibration: Calibration, problem: str, at: datetime) -> None:
    _mine(calibration).update(state=Calibration.State.FAILED, problem=problem, done_at=at)


@transaction.atomic
def _keep(calibration: Calibration, made: Estimate, at: datetime) -> None:
    won = _mine(calibration).update(
        state=Calibration.State.DONE,
        done_at=at,
        leased_until=None,
        people=made.people,
        responses=made.gathered.responses,
        slope=made.scale.slope,
        intercept=made.scale.intercept,
        figures={
            "iterations": made.found.iterations,
            "converged": made.found.converged,
            "author_shift": made.found.author_shift,
            "author_sd": made.found.author_sd,
            "mean_log_a": made.found.mean_log_a,
            "sd_log_a": made.found.sd_log_a,
            "taken": int(made.taken.sum()),
            "drifting": int(made.drifting.sum()),
        },
    )
    if not won:
        return
    rows, taken, flagged, calmed = [], [], [], []
    for i, item in enumerate(made.gathered.items):
        if not made.found.answers[i]:
            continue
        rows.append(
            ItemParameters(
                calibration=calibration,
                item=item,
                discrimination=made.a[i],
                difficulty=made.b[i],
                guessing=item.guessing,
                discrimination_se=made.se_a[i],
                difficulty_se=made.se_b[i],
                responses=int(made.found.answers[i]),
                fit=float(made.found.fit[i]),
                is_drifting=bool(made.drifting[i]),
            )
        )
        if made.drifting[i]:
            flagged.append(item.pk)
        elif item.is_drifting:
            calmed.append(item.pk)
        if made.taken[i]:
            taken.append(_take(item, rows[-1], at))
    ItemParameters.objects.bulk_create(rows, batch_size=500)
    Item.objects.bulk_update(taken, _TAKEN, batch_size=200)
    Item.objects.filter(pk__in=flagged).update(is_drifting=True)
    Item.objects.filter(pk__in=calmed).update(is_drifting=False)
    _tell_whether_calibrated(calibration.bank)


_TAKEN = [
    "discrimination",
    "difficulty",
    "discrimination_se",
    "difficulty_se",
    "calibrated_at",
]


def _take(item: Item, parameters: ItemParameters, at: datetime) -> Item:
    item.discrimination = parameters.discrimination
    item.difficulty = parameters.difficulty
    item.discrimination_se = parameters.discrimination_se
    item.difficulty_se = parameters.difficulty_se
    item.calibrated_at = at
    return item


def _tell_whether_calibrated(bank: ItemBank) -> None:
    """Calibrated: of the active items of each of its competencies, CALIBRATED_SHARE have measured
    parameters. Taken back when too many new questions are added, until they are measured too."""
    active = bank.items.filter(status=ItemStatus.ACTIVE, current_version__isnull=False)
    counts: dict[int, list[int]] = {}
    for competency, calibrated_at in active.values_list("competency_id", "calibrated_at"):
        count = counts.setdefault(competency, [0, 0])
        count[0] += 1
        count[1] += calibrated_at is not None
    is_calibrated = bool(counts) and all(
        measured >= CALIBRATED_SHARE * items for items, measured in counts.values()
    )
    ItemBank.objects.filter(pk=bank.pk).update(is_calibrated=is_calibrated)


@transaction.atomic
def accept_parameters(item: Item, *, at: datetime | None = None) -> Item:
    """Somebody has looked at a drifting item and finds it right: it takes what was measured last."""
    item = Item.objects.select_for_update().get(pk=item.pk)
    measured = (
        item.parameters.filter(calibration__state=Calibration.State.DONE)
        .order_by("-calibration__number")
        .first()
    )
    if not item.is_drifting or measured is None:
        raise Conflict(_("This question does not drift: there is nothing to take over."))
    _take(item, measured, at or now())
    item.is_drifting = False
    item.save(update_fields=[*_TAKEN, "is_drifting"])
    return item
