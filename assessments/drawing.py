"""What a final assessment asks: drawn when it starts, pinned whole, and reproduced from what is pinned.

A section is asked as its rule says: its fixed questions in their order; so many drawn at random; or
one by one, as the engine chooses. No question comes twice in an attempt. Adaptive sections come last,
so that the numbers of the others never move.

`pin_final` reads the bank once; `draw` and `adaptive_run` are pure functions of what it pinned and of
the seed. Whatever happens to the bank or the assessment later, `replay_attempt` shows again what was
asked and in which order the options stood.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db.models import Max, QuerySet
from django.utils import formats
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from academy.core.errors import AcademyError
from academy.people.models import User
from assessments.item_types import item_type_for
from assessments.measurement.adaptive import ENGINE_VERSION, Bank, Placement, Rules
from assessments.measurement.domain import ability_at
from assessments.models import Assessment, Attempt, Item, ItemVersion, Response, Section
from assessments.models.bank import ItemStatus
from assessments.placement import counts_as_right, rebuild_run

#: Pinned with an attempt: a change that draws otherwise must raise it.
DRAWING_VERSION = 1

#: How long an adaptive section goes on within its number of items: until the standard error is this
#: small or, where it has a cut, until it is this sure on which side of it the person is.
SE_STOP, CERTAINTY_STOP, FEWEST_ADAPTIVE = 0.35, 0.9, 5


# --- What there is to draw from -------------------------------------------------------------------


def pool_of(section: Section, status: str = ItemStatus.ACTIVE) -> QuerySet[Item]:
    """The items a section may draw: of its bank, competency and level. What a person has to mark
    cannot steer an engine, and is no trial that costs nothing."""
    items = Item.objects.filter(
        bank=section.bank_id, status=status, current_version__isnull=False
    ).order_by("pk")
    if section.competency_id:
        items = items.filter(competency=section.competency_id)
    if section.level:
        items = items.filter(level=section.level)
    return items


@dataclass(frozen=True)
class Candidate:
    """An item that may be drawn, as it is now."""

    item: int
    version: int
    a: float
    b: float
    c: float
    item_type: str
    has_barrier: bool

    @classmethod
    def among(cls, items: QuerySet[Item]) -> list["Candidate"]:
        fields = (
            "pk",
            "current_version_id",
            "discrimination",
            "difficulty",
            "guessing",
            "item_type",
            "barriers",
        )
        return [cls(*row[:-1], bool(row[-1])) for row in items.values_list(*fields)]

    @property
    def is_marked(self) -> bool:
        return item_type_for(self.item_type).is_marked


@dataclass
class Plan:
    """One section with what it may draw. `missing`: fixed items that cannot be asked now."""

    section: Section
    items: list[Candidate]
    pilots: list[Candidate] = field(default_factory=list)
    missing: int = 0

    @property
    def is_fixed(self) -> bool:
        return self.section.rule == Section.Rule.FIXED

    @property
    def is_adaptive(self) -> bool:
        return self.section.rule == Section.Rule.ADAPTIVE

    @property
    def wanted(self) -> int:
        """How many it needs; a section of all there are needs one at least."""
        return len(self.items) if self.is_fixed else self.section.count or 1


def plans_of(sections: Iterable[tuple[Section, Sequence[int]]]) -> list[Plan]:
    """The sections, each with the ids of its fixed items, in the order in which they are asked."""
    plans: list[Plan] = []
    fixed: set[int] = set()
    for section, chosen in sections:
        if section.rule != Section.Rule.FIXED:
            items = Candidate.among(pool_of(section))
            if section.rule == Section.Rule.ADAPTIVE:
                items = [one for one in items if not one.is_marked]
            plan = Plan(section, items)
        else:
            active = Item.objects.filter(
                pk__in=chosen, status=ItemStatus.ACTIVE, current_version__isnull=False
            )
            found = {one.item: one for one in Candidate.among(active)}
            items = [found[pk] for pk in chosen if pk in found and pk not in fixed]
            fixed |= {one.item for one in items}
            plan = Plan(section, items, missing=len(chosen) - len(items))
        if section.pilot_count and not plan.is_adaptive:
            pilots = Candidate.among(pool_of(section, ItemStatus.PILOT))
            plan.pilots = [one for one in pilots if not one.is_marked]
        plans.append(plan)
    for plan in plans:
        if not plan.is_fixed:
            plan.items = [one for one in plan.items if one.item not in fixed]
    return sorted(plans, key=lambda plan: plan.is_adaptive)


def saved_plans(assessment: Assessment) -> list[Plan]:
    sections = assessment.sections.select_related("bank").prefetch_related("items")
    return plans_of(
        (section, [one.item_id for one in section.items.all()]) for section in sections.all()
    )


def assign(wanted: Sequence[int], preferences: Sequence[Sequence[int]]) -> list[list[int]]:
    """So many items for each section, none twice, each taking the first of its preferences.

    Where what one section took leaves another short, it takes its next ones instead (augmenting
    paths: Kuhn 1955, *Naval Research Logistics* 2, 83-97), so that a draw that can be filled is.
    """
    holder: dict[int, int] = {}

    def take(section: int, asked: set[int]) -> bool:
        asked.add(section)
        for item in preferences[section]:
            if item not in holder:
                holder[item] = section
                return True
        for item in preferences[section]:
            if holder[item] not in asked and take(holder[item], asked):
                holder[item] = section
                return True
        return False

    for section, count in enumerate(wanted):
        for _slot in range(count):
            if not take(section, set()):
                break
    return [
        [item for item in preference if holder.get(item) == section]
        for section, preference in enumerate(preferences)
    ]


@dataclass(frozen=True)
class Supply:
    """Whether a section can be filled: so many are needed, and it gets so many."""

    plan: Plan
    found: int

    @property
    def is_short(self) -> bool:
        return self.found < max(1, self.plan.wanted)

    @property
    def asked(self) -> int:
        """How many questions it asks at most, those on trial among them."""
        everything = not self.plan.section.count and not self.plan.is_fixed
        count = len(self.plan.items) if everything else self.found
        return count + min(self.plan.section.pilot_count, len(self.plan.pilots))


def supply(plans: Sequence[Plan]) -> list[Supply]:
    """What each section gets when all of them draw at once."""
    shares = assign(
        [plan.wanted for plan in plans], [[one.item for one in plan.items] for plan in plans]
    )
    return [Supply(plan, len(share)) for plan, share in zip(plans, shares, strict=True)]


def question_count(assessment: Assessment) -> int:
    """How many questions a final assessment asks; at most, where it adapts."""
    return sum(one.asked for one in supply(saved_plans(assessment)))


# --- Pinning --------------------------------------------------------------------------------------


def pin_final(assessment: Assessment, learner: User, *, seed: int) -> dict:
    """Everything an attempt depends on, as it is now. Raises `AcademyError` where the bank cannot
    fill the draw.

    Those whose settings ask for an alternative version are spared items with barriers, as far as
    there are others.
    """
    plans = saved_plans(assessment)
    if not plans:
        raise AcademyError(_("This assessment has no questions yet. Tell your trainer."))
    for one in supply(plans):
        if one.is_short:
            raise AcademyError(
                _("The bank “%(bank)s” has too few active questions. Tell your trainer.")
                % {"bank": one.plan.section.bank}
            )
    avoids = learner.alternative_version
    pinned = {
        "engine": ENGINE_VERSION,
        "drawing": DRAWING_VERSION,
        "rules": {
            "cut_score": str(assessment.cut_score),
            "navigation": assessment.navigation,
            "feedback": assessment.feedback,
            "shuffles_items": assessment.shuffles_items,
            "time_limit_minutes": assessment.time_limit_minutes,
        },
        "sections": [_pin_section(plan, avoids) for plan in plans],
    }
    drawn = draw(pinned, seed)
    for index, (pinned_section, plan) in enumerate(zip(pinned["sections"], plans, strict=True)):
        mine = [one for one in drawn if one.section == index]
        pinned_section["versions"] = [one.version for one in mine]
        pinned_section["pilots"] = [one.version for one in mine if one.is_pilot]
        if plan.is_adaptive:
            _pin_engine(pinned_section, index, pinned, seed, float(assessment.cut_score))
    return pinned


def _pin_section(plan: Plan, avoids: bool) -> dict:
    section = plan.section
    return {
        "title": dict(section.title or {}),
        "rule": section.rule,
        "bank": section.bank_id,
        "competency": section.competency_id,
        "level": section.level,
        "count": section.count,
        "cut": float(section.cut_score) if section.cut_score is not None else None,
        "items": [one.item for one in plan.items],
        "pool": [one.version for one in plan.items],
        "a": [one.a for one in plan.items],
        "b": [one.b for one in plan.items],
        "c": [one.c for one in plan.items],
        "avoided": [one.item for one in plan.items if avoids and one.has_barrier],
        "pilot_count": section.pilot_count if plan.pilots else 0,
        "pilot_pool": [one.version for one in plan.pilots],
        "pilot_items": [one.item for one in plan.pilots],
    }


def _pin_engine(section: dict, index: int, pinned: dict, seed: int, whole_cut: float) -> None:
    """The bank, cut and rules of an adaptive section. Its cut lies at the ability from which the
    share of points expected over its pool reaches the section's cut score."""
    chosen = _adaptive_pools(pinned, seed)[index]
    rows = [section["items"].index(item) for item in chosen]
    a, b, c = ([section[name][row] for row in rows] for name in "abc")
    cut = ability_at(section["cut"], a, b, c) if section["cut"] else None
    most = min(section["count"] or len(rows), len(rows))
    rules = Rules(
        min_items=min(FEWEST_ADAPTIVE, most),
        max_items=most,
        min_per_area=min(FEWEST_ADAPTIVE, most),
        se_stop=SE_STOP,
        certainty_stop=None if cut is None else CERTAINTY_STOP,
        top_k=3,
    )
    section["engine"] = {
        "versions": [section["pool"][row] for row in rows],
        "a": a,
        "b": b,
        "c": c,
        "cuts": [] if cut is None else [cut],
        # Every field, defaults too: a default that changes must not change an attempt under way.
        "rules": asdict(rules),
        "points": most,
    }


# --- Drawing --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """A question drawn: its version, the place of its section, and whether it is on trial."""

    version: int
    section: int
    is_pilot: bool = False


def _shuffled(values: Iterable[int], dice: random.Random) -> list[int]:
    """In an order of chance. Python promises the stream of `random()` across versions, and of nothing
    else; an attempt may be replayed years later."""
    keyed = [(dice.random(), place, value) for place, value in enumerate(values)]
    return [value for _key, _place, value in sorted(keyed)]


def _dice(seed: int, *what) -> random.Random:
    return random.Random(":".join(map(str, (seed, *what))))  # noqa: S311 - to be replayed


def _assigned(pinned: dict, seed: int) -> list[list[int]]:
    """The items of each section, in the order of its preferences."""
    preferences = []
    for index, section in enumerate(pinned["sections"]):
        items = section["items"]
        if section["rule"] != Section.Rule.FIXED:
            avoided = set(section["avoided"])
            items = sorted(_shuffled(items, _dice(seed, "draw", index)), key=avoided.__contains__)
        preferences.append(items)
    wanted = [
        len(section["items"]) if section["rule"] == Section.Rule.FIXED else section["count"] or 1
        for section in pinned["sections"]
    ]
    shares = assign(wanted, preferences)
    taken = {item for share in shares for item in share}
    for index, section in enumerate(pinned["sections"]):
        if section["rule"] == Section.Rule.RANDOM and not section["count"]:  # all that is left
            more = [item for item in preferences[index] if item not in taken]
            shares[index] += more
            taken |= set(more)
    return shares


def _adaptive_pools(pinned: dict, seed: int) -> dict[int, list[int]]:
    """The items each adaptive section chooses from: what no other section has. Without those to be
    spared, if enough are left."""
    shares = _assigned(pinned, seed)
    taken: set[int] = set()
    pools = {}
    for index, section in enumerate(pinned["sections"]):
        if section["rule"] != Section.Rule.ADAPTIVE:
            continue
        others = {item for other, share in enumerate(shares) if other != index for item in share}
        pool = [item for item in section["items"] if item not in others | taken]
        spared = [item for item in pool if item not in set(section["avoided"])]
        pools[index] = spared if len(spared) >= max(1, section["count"]) else pool
        taken |= set(pools[index])
    return pools


def draw(pinned: dict, seed: int) -> list[Drawn]:
    """The questions known at the start, in the order they are asked: a pure function."""
    drawn = []
    on_trial: set[int] = set()
    for index, (section, share) in enumerate(
        zip(pinned["sections"], _assigned(pinned, seed), strict=True)
    ):
        if section["rule"] == Section.Rule.ADAPTIVE:
            continue
        version_of = dict(zip(section["items"], section["pool"], strict=True))
        if section["rule"] == Section.Rule.RANDOM:
            if pinned["rules"]["shuffles_items"]:
                share = _shuffled(share, _dice(seed, "order", index))
            else:
                share = sorted(share, key=section["items"].index)
        asked = [Drawn(version_of[item], index) for item in share]
        free = [item for item in section["pilot_items"] if item not in on_trial]
        dice = _dice(seed, "trial", index)
        pilot_version = dict(zip(section["pilot_items"], section["pilot_pool"], strict=True))
        for item in _shuffled(free, dice)[: section["pilot_count"]]:
            on_trial.add(item)
            asked.insert(
                int(dice.random() * (len(asked) + 1)), Drawn(pilot_version[item], index, True)
            )
        drawn += asked
    return drawn


def option_order(version: ItemVersion, *, seed: int, position: int) -> list[str]:
    """The order in which the options of the question at this place stand."""
    dice = random.Random(f"{seed}:{position}")  # noqa: S311 - to be replayed
    words = next(iter(version.content["languages"].values()))
    return item_type_for(version.content["type"]).order(words, dice)


# --- Adaptive sections ----------------------------------------------------------------------------


def adaptive_run(attempt: Attempt, index: int, answered: Iterable[tuple[int, float]]) -> Placement:
    """The engine of a section after these answers, (version, score) in the order asked."""
    if attempt.pinned["engine"] != ENGINE_VERSION:
        raise AcademyError(_("The assessment was renewed while you took it. Submit what you have."))
    engine = attempt.pinned["sections"][index]["engine"]
    place = {version: row for row, version in enumerate(engine["versions"])}
    history = [(place[version], counts_as_right(score)) for version, score in answered]
    return Placement.replay(
        adaptive_bank(engine), Rules(**engine["rules"]), attempt.seed + index, history
    )


def adaptive_bank(engine: dict) -> Bank:
    count = len(engine["versions"])
    return Bank(
        a=engine["a"], b=engine["b"], c=engine["c"], area=[0] * count, cuts=[engine["cuts"]]
    )


def adaptive_sections(attempt: Attempt) -> list[int]:
    """The places of the sections that are asked one by one."""
    return [
        index
        for index, section in enumerate(attempt.pinned.get("sections", ()))
        if section["rule"] == Section.Rule.ADAPTIVE
    ]


def next_adaptive(attempt: Attempt, responses: Sequence[Response]) -> Drawn | None:
    """What an attempt asks next beyond what was drawn at its start; None when that is all."""
    for index in adaptive_sections(attempt):
        mine = [one for one in responses if one.section == index and one.score is not None]
        run = adaptive_run(attempt, index, [(one.item_version_id, one.score) for one in mine])
        row = run.next_item()
        if row is not None:
            return Drawn(attempt.pinned["sections"][index]["engine"]["versions"][row], index)
    return None


def most_questions(attempt: Attempt) -> int:
    """How many questions an attempt may ask."""
    sections = attempt.pinned.get("sections")
    if not sections:
        return attempt.responses.count()
    return sum(
        one["engine"]["points"] if "engine" in one else len(one["versions"]) for one in sections
    )


def pilot_versions(attempt: Attempt) -> set[int]:
    """The versions that were asked on trial, and count nothing."""
    return {
        version for one in attempt.pinned.get("sections", ()) for version in one.get("pilots", ())
    }


# --- Replay ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Selection:
    """One question of an attempt, as it must have been selected."""

    position: int
    section: int
    version: int
    option_order: list[str]
    is_pilot: bool = False


def first_scores(attempt: Attempt) -> dict[int, float]:
    """By position, the score each answer had when it steered what was asked: before any regrade."""
    scores = dict(attempt.responses.values_list("position", "score"))
    changes = attempt.score_changes.order_by("-id").values_list("response__position", "before")
    for position, before in changes:  # the earliest comes last
        scores[position] = before["score"]
    return scores


def replay_attempt(attempt: Attempt) -> list[Selection]:
    """Every selection and every order of options, worked out again from what was pinned: neither the
    bank, its parameters, the assessment nor the versions kept with the responses are asked.

    Raises `AcademyError` for a final that began before its sections were pinned.
    """
    scores = first_scores(attempt)
    if attempt.is_placement:
        selected = _replay_placement(attempt, scores)
    elif "sections" in attempt.pinned:
        selected = _replay_final(attempt, scores)
    else:
        raise AcademyError(_("This attempt began before its sections were kept with it."))
    versions = ItemVersion.objects.in_bulk({one.version for one in selected})
    return [
        Selection(
            position=position,
            section=one.section,
            version=one.version,
            option_order=option_order(versions[one.version], seed=attempt.seed, position=position),
            is_pilot=one.is_pilot,
        )
        for position, one in enumerate(selected)
    ]


def _replay_placement(attempt: Attempt, scores: dict[int, float]) -> list[Drawn]:
    run, versions = rebuild_run(attempt, []), attempt.pinned["versions"]
    selected = []
    for position in sorted(scores):
        row = run.next_item()
        if row is None:
            break
        selected.append(Drawn(versions[row], 0))
        if scores[position] is not None:
            run.record(row, counts_as_right(scores[position]))
    return selected


def _replay_final(attempt: Attempt, scores: dict[int, float]) -> list[Drawn]:
    selected = draw(attempt.pinned, attempt.seed)
    for index in adaptive_sections(attempt):
        run = adaptive_run(attempt, index, [])
        versions = attempt.pinned["sections"][index]["engine"]["versions"]
        while len(selected) in scores and (row := run.next_item()) is not None:
            score = scores[len(selected)]
            selected.append(Drawn(versions[row], index))
            if score is None:
                break
            run.record(row, counts_as_right(score))
    return selected


# --- When it may be taken -------------------------------------------------------------------------


def version_for(assessment: Assessment, learner: User) -> Assessment:
    """The assessment, or its alternative version for those whose settings ask for one."""
    if learner.alternative_version and assessment.alternative_id:
        return assessment.alternative
    return assessment


def forms_of(assessment: Assessment) -> list[int]:
    """The assessment and its alternative version: attempts at either count together."""
    originals = Assessment.objects.filter(alternative=assessment).values_list("pk", flat=True)
    return [assessment.pk, *filter(None, [assessment.alternative_id]), *originals]


def _day(at: datetime) -> str:
    return formats.date_format(localtime(at), "DATETIME_FORMAT")


def window_refusal(
    assessment: Assessment, *, at: datetime, closes_at: datetime | None = None
) -> str | None:
    """Why the assessment cannot be started at the instant, with the date; None within its dates.
    `closes_at` stands in for its own close where another was arranged."""
    if assessment.opens_at and at < assessment.opens_at:
        return _("This assessment opens on %(day)s.") % {"day": _day(assessment.opens_at)}
    closes_at = closes_at or assessment.closes_at
    if closes_at and at >= closes_at:
        return _("This assessment closed on %(day)s.") % {"day": _day(closes_at)}
    return None


def has_closed(assessment: Assessment, *, at: datetime) -> bool:
    """Whether nobody can be taking it any more, those with a later close of their own included."""
    if not assessment.is_open:
        return True
    if assessment.closes_at is None:
        return False
    later = assessment.allowances.aggregate(last=Max("closes_at"))["last"]
    return at >= max(filter(None, [assessment.closes_at, later]))
