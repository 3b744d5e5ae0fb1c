"""Which items misbehave: the figures of a bank or an assessment, worked out and kept with their date.

What adaptive runs asked is no sample of anything: facility, discrimination and reliability come
from the other attempts alone; fit, DIF, choices by third and observed curves, which are given
ability, from all of them. Groups of fewer than LEAST_GROUP people have no figures.
"""

from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta

import numpy as np
import structlog
from django.db import transaction
from django.db.models import Max, Q, Sum
from django.utils.translation import gettext_lazy as _

from academy.core.clock import now
from assessments.gathering import Gathered, answers_of, gather
from assessments.measurement.calibration import standing
from assessments.measurement.statistics import (
    ItemFigures,
    MantelHaenszel,
    analyse,
    chosen_by_third,
    fit,
    mantel_haenszel,
    observed_curve,
    quartiles,
    strata,
    thirds,
)
from assessments.models import Assessment, Item, ItemBank, ItemStatistics
from assessments.signals import channels_asked

log = structlog.get_logger(__name__)

#: People a group needs before a figure about it is shown.
LEAST_GROUP = 10
#: Answers before something is called unused or misfitting.
LEAST_TO_JUDGE = 30
LEAST_TO_FIT = 100
#: Infit from which answers are said not to follow the model; chance alone reaches 1.1 at 100 answers.
MISFIT = 1.2

#: Correlation of any two competencies, as placements assume it.
RHO = 0.7
LEASE = timedelta(minutes=30)
#: Figures younger than this are not worked out again on request.
FRESH = timedelta(minutes=10)
#: As many answers as a request may wait for; more are left to a worker.
SMALL = 5000

FLAGS = {
    "too_easy": _("too easy"),
    "too_hard": _("too hard"),
    "negative": _("negative discrimination: those who know less do better"),
    "weak": _("hardly tells people apart"),
    "key": _("key suspect: the best choose a wrong option"),
    "unused": _("nobody chose an option"),
    "misfit": _("answers do not follow the model"),
    "drifting": _("its difficulty moves"),
    "dif": _("unequal for groups who know equally much"),
}


# --- Working it out -------------------------------------------------------------------------------


def work_out(scope: ItemBank | Assessment) -> dict:
    """The figures, as JSON."""
    gathered = gather(scope, details=True)
    people = len(gathered.score)
    figures: dict = {"people": people if people >= LEAST_GROUP else None, "items": []}
    classical = analyse(gathered.score[~gathered.is_adaptive])
    test = asdict(classical.test)
    is_small = classical.test.people < LEAST_GROUP
    figures["test"] = None if is_small else test
    figures["adaptive"] = int(gathered.is_adaptive.sum()) >= LEAST_GROUP
    if not gathered.items:
        return figures
    parameters = _parameters(gathered.items)
    known = standing(np.clip(gathered.score, 0, 1), *parameters, area=gathered.area, rho=RHO)
    groups = {"language": gathered.language, "channel": _channels(gathered)}
    fits = fit(known, *parameters)
    for at, item in enumerate(gathered.items):
        row: dict = {"item": item.pk, "code": item.code}
        asked = np.flatnonzero(~np.isnan(gathered.score[:, at]))
        row["answers"] = len(asked) if len(asked) >= LEAST_GROUP else None
        if row["answers"]:
            theta = known.theta[:, gathered.area[at]]
            row |= _classical(classical.items[at])
            row["infit"], row["outfit"] = fits[at].infit, fits[at].outfit
            row["time"] = _time(gathered, at)
            row["options"] = _options(gathered, at, theta)
            row["curve"] = observed_curve(known, at, least=LEAST_GROUP)
            row["dif"] = []
            stratum = _strata(gathered, asked, theta)
            for kind, of_each in groups.items():
                own = of_each[asked, at] if of_each.ndim == 2 else of_each[asked]
                row["dif"] += _dif(gathered.score[asked, at], stratum, kind, own)
        row["flags"] = _flags(item, row)
        figures["items"].append(row)
    return figures


def _parameters(items: list[Item]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return (
        np.array([item.discrimination for item in items]),
        np.array([item.difficulty for item in items]),
        np.array([item.guessing for item in items]),
    )


def _total(gathered: Gathered, without: int | None = None) -> np.ndarray:
    """Each person's share of the points they could have, of the other items where one is named."""
    score = gathered.score if without is None else np.delete(gathered.score, without, axis=1)
    asked = (~np.isnan(score)).sum(axis=1)
    return np.nansum(score, axis=1) / np.maximum(asked, 1)


def _thirds(gathered: Gathered, at: int, theta: np.ndarray) -> np.ndarray:
    """Who stands where: by the other items, for an item that misleads must not rank people; those
    who were asked adaptively by their ability, for they all get about as many right."""
    found = np.zeros(len(theta), dtype=int)
    others, asked = _total(gathered, at), ~np.isnan(gathered.score[:, at])
    for some, by in ((~gathered.is_adaptive, others), (gathered.is_adaptive, theta)):
        found[some & asked] = thirds(by[some & asked])
    return found


def _strata(gathered: Gathered, asked: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Who knows equally much: by the total, this item included (Holland & Thayer 1988); those who
    were asked adaptively by their ability, apart and in few groups."""
    found = np.zeros(len(asked), dtype=np.int64)
    adaptive = gathered.is_adaptive[asked]
    found[~adaptive] = strata(np.round(_total(gathered)[asked][~adaptive], 6))
    found[adaptive] = 10 + strata(theta[asked][adaptive], 5)
    return found


def _channels(gathered: Gathered) -> np.ndarray:
    known: dict = {}
    registrations = set(gathered.registrations)
    for _receiver, answer in channels_asked.send(sender=Item, registrations=registrations):
        known |= answer
    return np.array([known.get(one, "") for one in gathered.registrations], dtype="U12")


def _classical(figures: ItemFigures) -> dict:
    names = [name for name in ItemFigures.__slots__ if name != "answers"]
    is_small = figures.answers < LEAST_GROUP
    return {name: None if is_small else getattr(figures, name) for name in names}


def _time(gathered: Gathered, at: int) -> tuple[float, float, float] | None:
    seconds = gathered.seconds[:, at]
    seconds = seconds[~np.isnan(seconds)]
    return quartiles(seconds) if len(seconds) >= LEAST_GROUP else None


def _options(gathered: Gathered, at: int, theta: np.ndarray) -> list[dict] | None:
    """For questions to choose from: who of each third chose which option. The words are looked up
    when they are shown."""
    content = gathered.items[at].current_version.content
    words = next(iter(content["languages"].values()))
    ids = [option["id"] for option in words.get("options", [])]
    if not ids or content["type"] not in ("single", "multiple"):
        return None
    rows = [row for row, _answer in gathered.chosen.get(at, [])]
    choices = [
        answer if isinstance(answer, list) else [answer] if answer else []
        for _row, answer in gathered.chosen.get(at, [])
    ]
    right = content["key"] if isinstance(content["key"], list) else [content["key"]]
    third = _thirds(gathered, at, theta)[rows]
    of_third = [int((third == group).sum()) for group in range(3)]
    counts = chosen_by_third(choices, third.tolist(), ids)
    return [
        {"id": one, "right": one in right, "thirds": counts[one], "of": of_third} for one in ids
    ]


def _dif(score: np.ndarray, stratum: np.ndarray, kind: str, groups: np.ndarray) -> list[dict]:
    """Each group against the largest; those under LEAST_GROUP are left out."""
    sizes = Counter(group for group in groups.tolist() if group)
    large = sorted((g for g, n in sizes.items() if n >= LEAST_GROUP), key=lambda g: (-sizes[g], g))
    found = []
    for group in large[1:]:
        both = np.isin(groups, [large[0], group])
        result = mantel_haenszel(score[both], groups[both] == group, stratum[both])
        if result is not None:
            found.append({"kind": kind, "group": group, "against": large[0], **_rounded(result)})
    return found


def _rounded(result: MantelHaenszel) -> dict:
    return {
        "delta": result.delta,
        "interval": result.interval,
        "p": result.p,
        "class": result.ets_class,
        "reference": result.reference,
        "focal": result.focal,
    }


def _flags(item: Item, row: dict) -> list[str]:
    """What is wrong with an item, by name (`FLAGS`); thresholds as Moodle's documentation gives them
    where it does (facility 5 to 95 %, discrimination under 20 % weak)."""
    flags = []
    facility, index = row.get("facility"), row.get("discrimination_index")
    if facility is not None and facility > 95:
        flags.append("too_easy")
    if facility is not None and facility < max(5, 100 * item.guessing):
        flags.append("too_hard")
    if index is not None and index < 0:
        flags.append("negative")
    elif index is not None and index < 10:
        flags.append("weak")
    options = row.get("options") or []
    if any(_draws_the_best(option, options) for option in options):
        flags.append("key")
    enough = (row["answers"] or 0) >= LEAST_TO_JUDGE
    if enough and any(not sum(option["thirds"]) for option in options):
        flags.append("unused")
    is_measured = item.calibrated_at is not None and (row["answers"] or 0) >= LEAST_TO_FIT
    if is_measured and row["infit"] > MISFIT:
        flags.append("misfit")
    if item.is_drifting:
        flags.append("drifting")
    if any(one["class"] == "C" for one in row.get("dif", [])):
        flags.append("dif")
    return flags


def _draws_the_best(option: dict, options: list[dict]) -> bool:
    """A wrong option that the upper third chooses more than the lower, by more than chance (two
    standard deviations of the difference), or more than any right one."""
    if option["right"]:
        return False
    low, _middle, top = option["thirds"]
    best = max((one["thirds"][2] for one in options if one["right"]), default=0)
    return top > low + 2 * np.sqrt(top + low) or (top > best and top >= LEAST_GROUP / 2)


# --- Kept figures ---------------------------------------------------------------------------------


def _field(scope: ItemBank | Assessment) -> dict:
    return {"bank": scope} if isinstance(scope, ItemBank) else {"assessment": scope}


def ask_statistics(scope: ItemBank | Assessment, *, at: datetime | None = None) -> ItemStatistics:
    """The row of a bank or assessment, waiting for its figures unless somebody is at them."""
    at = at or now()
    row, created = ItemStatistics.objects.get_or_create(**_field(scope), defaults={"asked_at": at})
    if not created:
        ItemStatistics.objects.filter(pk=row.pk).exclude(
            state__in=[ItemStatistics.State.PENDING, ItemStatistics.State.RUNNING]
        ).update(state=ItemStatistics.State.PENDING, asked_at=at)
        row.refresh_from_db()
    return row


def run_statistics(pk: int, *, at: datetime | None = None) -> ItemStatistics | None:
    """Work out and keep the figures of one row; None when another worker has it."""
    at = at or now()
    states = ItemStatistics.State
    until = at + LEASE
    won = (
        ItemStatistics.objects.filter(pk=pk)
        .filter(Q(state=states.PENDING) | Q(state=states.RUNNING, leased_until__lt=at))
        .update(state=states.RUNNING, leased_until=until)
    )
    if not won:
        return None
    row = ItemStatistics.objects.select_related("bank", "assessment").get(pk=pk)
    mine = ItemStatistics.objects.filter(pk=pk, state=states.RUNNING, leased_until=until)
    try:
        figures = work_out(row.scope)
    except Exception:
        log.exception("item_statistics_failed", of=row.scope.code)
        mine.update(state=states.FAILED, leased_until=None)
    else:
        mine.update(
            state=states.DONE,
            leased_until=None,
            as_of=at,
            figures=figures,
            flagged=sum(bool(item["flags"]) for item in figures["items"]),
        )
    row.refresh_from_db()
    return row


def is_behind(row: ItemStatistics | None, scope: ItemBank | Assessment) -> bool:
    """Whether there are answers since the figures were worked out."""
    if row is None or row.as_of is None:
        return True
    last = answers_of(scope).aggregate(last=Max("attempt__submitted_at"))["last"]
    return last is not None and last > row.as_of


def statistics_for(
    scope: ItemBank | Assessment, *, at: datetime | None = None
) -> tuple[ItemStatistics, bool]:
    """The figures to show now, and whether newer ones have to be left to a worker.

    Few answers are worked out at once, unless that was done a moment ago.
    """
    at = at or now()
    row = ItemStatistics.objects.filter(**_field(scope)).first()
    if row is not None and row.as_of and row.as_of > at - FRESH:
        return row, False
    if not is_behind(row, scope):
        return row, False
    row = ask_statistics(scope, at=at)
    if answers_of(scope)[: SMALL + 1].count() > SMALL:
        return row, True
    return run_statistics(row.pk, at=at) or row, False


def owed_statistics(*, at: datetime | None = None) -> list[int]:
    """Rows that wait, or whose worker died."""
    at = at or now()
    states = ItemStatistics.State
    owed = ItemStatistics.objects.filter(
        Q(state=states.PENDING) | Q(state=states.RUNNING, leased_until__lt=at)
    )
    return list(owed.order_by("asked_at").values_list("pk", flat=True))


@transaction.atomic
def ask_what_is_behind(*, at: datetime | None = None) -> int:
    """Ask for the figures of every bank and assessment with answers since they were worked out."""
    rows = {
        (row.bank_id, row.assessment_id): row for row in ItemStatistics.objects.defer("figures")
    }
    asked = 0
    for scope in [*ItemBank.objects.order_by("pk"), *Assessment.objects.order_by("pk")]:
        is_bank = isinstance(scope, ItemBank)
        row = rows.get((scope.pk, None) if is_bank else (None, scope.pk))
        if is_behind(row, scope) and answers_of(scope).exists():
            ask_statistics(scope, at=at)
            asked += 1
    return asked


def misbehaving() -> int:
    """How many questions of all banks misbehave, as of the latest figures. One query."""
    banks = ItemStatistics.objects.filter(bank__isnull=False)
    return banks.aggregate(flagged=Sum("flagged"))["flagged"] or 0
