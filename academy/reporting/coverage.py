"""Who holds what is asked of them: the figures, and the list behind each of them.

*Coverage* is people holding ÷ people required. Required of a person is what the baseline and the
profile of their position ask for, the higher level where both do. Counted are active members on the
stated day: the account is active and a primary membership is in force that day. Everyone has one
primary membership, so everyone counts once in any total, in the unit they are in that day.

*Holding* is a record that is held, recognised or waived, at the level asked or above, valid at the
end of the day. *Placed* is provisional: a person who is only placed at the level is counted apart
and never as holding.

A past day is answered from the dates of memberships and records; whether an account is active, what
profiles ask and how the tree stands are as they are now.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.competencies.models import (
    Competency,
    CompetencyRecord,
    Framework,
    ProficiencyLevel,
    ProfileEntry,
)
from academy.core.clock import now, today
from academy.core.fields import Localized
from academy.people.models import Membership, OrgUnit, User
from academy.people.visibility import Data, visible_people
from academy.reporting.organisation import Branches

PLACED = CompetencyRecord.Basis.PLACED


def instant_of(day: date) -> datetime:
    """The moment a day's figures are taken: its end, or now while the day lasts."""
    if day >= today():
        return now()
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) - timedelta(
        microseconds=1
    )


def active_memberships(on: date, unit: OrgUnit | None = None):
    """One row for every active member of the unit and what is below it on the day."""
    memberships = Membership.objects.on(on).primary().filter(person__is_active=True)
    return memberships if unit is None else memberships.below(unit)


# --- What is asked --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Demand:
    """A competency asked for at a level, within so many days of joining."""

    level: int
    due_days: int


class Demands:
    """What each position asks for, with the baseline. One query."""

    def __init__(self, framework: Framework | None = None) -> None:
        entries = ProfileEntry.objects.order_by("profile_id", "id")
        if framework is not None:
            entries = entries.filter(competency__framework=framework)
        asked: dict[int | None, dict[int, Demand]] = defaultdict(dict)
        for position, competency, level, days in entries.values_list(
            "profile__position_id", "competency_id", "level", "profile__due_days"
        ):
            asked[position][competency] = Demand(level, days)
        self._baseline = asked.pop(None, {})
        self._positions = {key: self._with_baseline(own) for key, own in asked.items()}

    def _with_baseline(self, own: Mapping[int, Demand]) -> dict[int, Demand]:
        together = dict(self._baseline)
        for competency, demand in own.items():
            before = together.get(competency, demand)
            together[competency] = Demand(
                max(before.level, demand.level), min(before.due_days, demand.due_days)
            )
        return together

    def of(self, position_id: int) -> Mapping[int, Demand]:
        """By competency id: the higher level, by the earlier day."""
        return self._positions.get(position_id, self._baseline)

    @cached_property
    def competency_ids(self) -> set[int]:
        return set(self._baseline).union(*self._positions.values())


# --- What is known --------------------------------------------------------------------------------


@dataclass(slots=True)
class Known:
    """Of one person and one competency: the highest level held and the latest placement."""

    held: int = 0
    since: datetime | None = None
    placed: int = 0
    placed_at: datetime | None = None

    def add(self, basis: str, level: int, valid_from: datetime) -> None:
        """Take in a record; they come in the order of `valid_from`."""
        if basis == PLACED:
            self.placed, self.placed_at = level, valid_from
        elif level > self.held:
            self.held, self.since = level, valid_from


NOTHING = Known()


def known_of(people, competencies: Iterable[int], at: datetime) -> dict[tuple[int, int], Known]:
    """By (person, competency): what is in force at the instant. One query.

    people: a query for the ids of persons, never a list of them.
    """
    known: dict[tuple[int, int], Known] = defaultdict(Known)
    records = (
        CompetencyRecord.objects.valid(at)
        .filter(learner__in=people, competency__in=competencies)
        .order_by("valid_from", "id")
        .values_list("learner_id", "competency_id", "basis", "level", "valid_from")
    )
    for person, competency, basis, level, valid_from in records.iterator(chunk_size=5000):
        known[person, competency].add(basis, level, valid_from)
    return known


class State(StrEnum):
    """Where a person stands with what is asked; exactly one of them."""

    HELD = "held"
    PLACED = "placed"
    OPEN = "open"

    @property
    def label(self) -> str:
        return {
            State.HELD: _("held"),
            State.PLACED: _("placed only"),
            State.OPEN: _("not shown yet"),
        }[self]


def state_of(known: Known, level: int) -> State:
    if known.held >= level:
        return State.HELD
    return State.PLACED if known.placed >= level else State.OPEN


# --- The figures ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """People required, holding, and only placed. `placed` is no part of `holding`."""

    required: int = 0
    holding: int = 0
    placed: int = 0

    def count(self, state: State) -> None:
        self.required += 1
        self.holding += state == State.HELD
        self.placed += state == State.PLACED

    @property
    def share(self) -> float | None:
        """Coverage from 0 to 1; None where it is required of nobody."""
        return self.holding / self.required if self.required else None


#: The column for everything asked: people who hold all of it ÷ people of whom anything is asked.
EVERYTHING = None


@dataclass
class CoverageRow:
    """A unit with everything below it, the people of the chosen unit itself, or the total."""

    unit: OrgUnit | None
    is_direct: bool = False
    is_total: bool = False
    people: int = 0
    cells: dict[int | None, Tally] = field(default_factory=lambda: defaultdict(Tally))

    def count(self, states: Mapping[int, State]) -> None:
        """Take in one person. Only placed in part of what they do not hold is not placed in all."""
        self.people += 1
        if not states:
            return
        for competency, state in states.items():
            self.cells[competency].count(state)
        self.cells[EVERYTHING].count(overall(states.values()))


def overall(states: Iterable[State]) -> State:
    """Where a person stands with everything asked of them together."""
    found = set(states)
    if found == {State.HELD}:
        return State.HELD
    return State.OPEN if State.OPEN in found else State.PLACED


@dataclass(frozen=True)
class Coverage:
    """Rows add up to `total`: nobody is in two of them."""

    on: date
    at: datetime
    unit: OrgUnit | None
    framework: Framework | None
    competencies: list[Competency]
    rows: list[CoverageRow]
    total: CoverageRow


def coverage(
    unit: OrgUnit | None = None, on: date | None = None, framework: Framework | None = None
) -> Coverage:
    """Coverage of a unit by its children and by competency. Five queries, whatever the size.

    Listed are the competencies asked of somebody counted, in the order of their frameworks.
    """
    on = on or today()
    at = instant_of(on)
    branches, demands = Branches.of(unit), Demands(framework)
    members = active_memberships(on, unit)
    known = known_of(members.values("person"), demands.competency_ids, at)

    total = CoverageRow(unit, is_total=True)
    direct = CoverageRow(unit, is_direct=True)
    rows = {child.code: CoverageRow(child) for child in branches.children}
    people = members.values_list("person_id", "position_id", "unit__path")
    for person, position, path in people.iterator(chunk_size=5000):
        states = {
            competency: state_of(known.get((person, competency), NOTHING), demand.level)
            for competency, demand in demands.of(position).items()
        }
        rows.get(branches.code_for(path), direct).count(states)
        total.count(states)

    asked = [competency for competency in total.cells if competency is not EVERYTHING]
    competencies = (
        Competency.objects.filter(pk__in=asked)
        .select_related("framework")
        .order_by("framework__code", "order")
    )
    listed = [*([direct] if direct.people else []), *rows.values()]
    return Coverage(on, at, unit, framework, list(competencies), listed, total)


# --- The list behind a figure ---------------------------------------------------------------------


@dataclass(frozen=True)
class PersonStanding:
    """One person behind a figure.

    Of one competency, `required`, `held` and `placed` are level numbers, 0 for none, and `since` is
    the day the level was first held. Of everything asked, they count competencies.
    """

    person: int
    uuid: UUID
    name: str
    position: Localized
    unit: Localized
    unit_code: str
    required: int
    held: int
    placed: int
    since: date | None
    due_on: date | None
    state: State
    on: date

    @property
    def gap(self) -> int:
        """Levels, or competencies, still to be held."""
        return max(self.required - self.held, 0)

    @property
    def is_overdue(self) -> bool:
        return self.gap > 0 and self.due_on is not None and self.due_on < self.on


def _of_one(demand: Demand, known: Known) -> dict:
    return {
        "required": demand.level,
        "held": known.held,
        "placed": known.placed,
        "since": timezone.localdate(known.since) if known.since else None,
        "due_days": demand.due_days,
        "state": state_of(known, demand.level),
    }


def _of_everything(asked: Mapping[int, Demand], states: Mapping[int, State]) -> dict:
    found = list(states.values())
    unmet = [asked[one].due_days for one, state in states.items() if state != State.HELD]
    return {
        "required": len(found),
        "held": found.count(State.HELD),
        "placed": found.count(State.PLACED),
        "since": None,
        "due_days": min(unmet, default=None),
        "state": overall(found),
    }


def people_behind(
    unit: OrgUnit | None,
    competency: Competency | None,
    on: date | None = None,
    *,
    viewer: User,
    framework: Framework | None = None,
    only_direct: bool = False,
    state: State | None = None,
) -> list[PersonStanding]:
    """The people that a cell of `coverage` counts, by name. Three queries, whatever the size.

    competency: None for everything asked (of the framework, where one is given).
    only_direct: those of the unit itself, not of the units below.
    state: only those who stand so.
    """
    on = on or today()
    demands = Demands(competency.framework if competency else framework)
    members = active_memberships(on, unit).filter(
        person__in=visible_people(viewer, Data.LEVELS).values("pk")
    )
    if only_direct:
        members = members.filter(unit=unit)
    wanted = [competency.pk] if competency else demands.competency_ids
    known = known_of(members.values("person"), wanted, instant_of(on))
    standings = []
    for membership in members.order_by(
        "person__last_name", "person__first_name", "person_id"
    ).select_related("person", "position", "unit"):
        asked = {
            one: demand
            for one, demand in demands.of(membership.position_id).items()
            if competency is None or one == competency.pk
        }
        if not asked:
            continue
        mine = {one: known.get((membership.person_id, one), NOTHING) for one in asked}
        if competency is not None:
            facts = _of_one(asked[competency.pk], mine[competency.pk])
        else:
            states = {one: state_of(mine[one], demand.level) for one, demand in asked.items()}
            facts = _of_everything(asked, states)
        due_days = facts.pop("due_days")
        if state is not None and facts["state"] != state:
            continue
        standings.append(
            PersonStanding(
                person=membership.person_id,
                uuid=membership.person.uuid,
                name=str(membership.person),
                position=membership.position.title,
                unit=membership.unit.name,
                unit_code=membership.unit.code,
                due_on=None
                if due_days is None
                else membership.valid_from + timedelta(days=due_days),
                on=on,
                **facts,
            )
        )
    return standings


# --- Words for levels -----------------------------------------------------------------------------


class LevelNames:
    """Levels in words: "4 · Intermediate". One query."""

    def __init__(self) -> None:
        self._levels = {
            (level.framework_id, level.number): level for level in ProficiencyLevel.objects.all()
        }

    def of(self, framework_id: int, number: int) -> str:
        """The level as people read it; "–" for none."""
        if not number:
            return "–"
        level = self._levels.get((framework_id, number))
        return str(level) if level else str(number)

    def band(self, framework_id: int, number: int) -> str:
        """The band a placement showed: bands are as fine as a placement can see."""
        if not number:
            return "–"
        level = self._levels.get((framework_id, number))
        return str(level.band_title) if level else str(number)
