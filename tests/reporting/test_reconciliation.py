"""Every figure reconciles with the list behind it, and both with the raw rows."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from academy.competencies.models import CompetencyRecord, ProfileEntry
from academy.people.models import Membership, OrgUnit, User
from academy.reporting.completions import all_completions, completions
from academy.reporting.coverage import EVERYTHING, coverage, people_behind
from courses.models import Enrollment
from tests.factories.competencies import (
    CompetencyFactory,
    CompetencyRecordFactory,
    ProfileFactory,
)
from tests.factories.courses import CourseFactory, EnrollmentFactory
from tests.factories.people import (
    MembershipFactory,
    OrgUnitFactory,
    PositionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
START = date(2024, 1, 1)
SEEDS = range(12)


def some_day(chance: random.Random) -> date:
    return START + timedelta(days=chance.randrange(500))


def some_moment(chance: random.Random) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(500 * 24 * 60))


@pytest.fixture(params=SEEDS)
def chance(request) -> random.Random:
    return random.Random(request.param)


def grow_tree(chance: random.Random) -> list[OrgUnit]:
    units: list[OrgUnit] = []
    for _number in range(chance.randint(1, 8)):
        parent = chance.choice([*units, None]) if units else None
        units.append(OrgUnitFactory(parent=parent))
    return units


def grow_people(chance: random.Random, units, positions, competencies) -> None:
    """People with up to two primary memberships one after the other, and records of every kind."""
    for _number in range(chance.randint(1, 12)):
        person = UserFactory(is_active=chance.random() > 0.15)
        joined = some_day(chance)
        moved = joined + timedelta(days=chance.randint(1, 200))
        moves = chance.random() < 0.5
        MembershipFactory(
            person=person,
            unit=chance.choice(units),
            position=chance.choice(positions),
            valid_from=joined,
            valid_to=moved if moves else chance.choice([None, moved]),
        )
        if moves:
            MembershipFactory(
                person=person,
                unit=chance.choice(units),
                position=chance.choice(positions),
                valid_from=moved,
            )
        if chance.random() < 0.4:
            MembershipFactory(
                person=person,
                unit=chance.choice(units),
                position=chance.choice(positions),
                valid_from=joined,
                is_primary=False,
            )
        for _record in range(chance.randint(0, 5)):
            begins = some_moment(chance)
            ends = begins + timedelta(days=chance.randint(1, 200))
            CompetencyRecordFactory(
                learner=person,
                competency=chance.choice(competencies),
                level=chance.randint(1, 4),
                basis=chance.choice(CompetencyRecord.Basis.values),
                valid_from=begins,
                valid_to=chance.choice([None, ends]),
            )


def recount(unit: OrgUnit, competency, day: date) -> tuple[int, int, int]:
    """Required, holding and placed only, row by row in the plainest way there is."""
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    required = holding = placed_only = 0
    for person in User.objects.filter(is_active=True):
        mine = [
            row
            for row in Membership.objects.filter(person=person, is_primary=True)
            if row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
        ]
        assert len(mine) <= 1
        if not mine or not mine[0].unit.path.startswith(unit.path):
            continue
        levels = [
            entry.level
            for entry in ProfileEntry.objects.filter(competency=competency)
            if entry.profile.position_id in (None, mine[0].position_id)
        ]
        if not levels:
            continue
        required += 1
        valid = [
            row
            for row in CompetencyRecord.objects.filter(learner=person, competency=competency)
            if row.valid_from < end and (row.valid_to is None or row.valid_to >= end)
        ]
        placements = sorted(
            (row for row in valid if row.basis == "placed"), key=lambda row: row.valid_from
        )
        if any(row.basis != "placed" and row.level >= max(levels) for row in valid):
            holding += 1
        elif placements and placements[-1].level >= max(levels):
            placed_only += 1
    return required, holding, placed_only


def test_coverage_reconciles_with_rows_and_lists(chance):
    units = grow_tree(chance)
    positions = [PositionFactory() for _ in range(3)]
    first = CompetencyFactory()
    competencies = [first, *(CompetencyFactory(framework=first.framework) for _ in range(2))]
    ProfileFactory(position=None, asks={first: chance.randint(1, 3)})
    for position in positions[:2]:
        asked = chance.sample(competencies, chance.randint(1, 3))
        ProfileFactory(position=position, asks={one: chance.randint(1, 4) for one in asked})
    grow_people(chance, units, positions, competencies)
    viewer = UserFactory(is_superuser=True)

    day = some_day(chance)
    for unit in units:
        figures = coverage(unit, day)
        everyone = people_behind(unit, EVERYTHING, day, viewer=viewer)
        overall = figures.total.cells[EVERYTHING]
        assert len({one.person for one in everyone}) == len(everyone) == overall.required
        assert sum(one.state == "held" for one in everyone) == overall.holding
        assert sum(one.state == "placed" for one in everyone) == overall.placed
        assert sum(row.people for row in figures.rows) == figures.total.people
        for competency in competencies:
            total = figures.total.cells[competency.pk]
            counted = (total.required, total.holding, total.placed)
            assert counted == recount(unit, competency, day)

            for row in [*figures.rows, figures.total]:
                tally = row.cells[competency.pk]
                listed = people_behind(
                    row.unit, competency, day, viewer=viewer, only_direct=row.is_direct
                )
                states = Counter(one.state for one in listed)
                assert len({one.person for one in listed}) == len(listed) == tally.required
                assert (states["held"], states["placed"]) == (tally.holding, tally.placed)
            for name in ("required", "holding", "placed"):
                parts = sum(getattr(row.cells[competency.pk], name) for row in figures.rows)
                assert parts == getattr(total, name)


def test_completions_reconcile_with_rows_and_lists(chance):
    units = grow_tree(chance)
    courses = [CourseFactory() for _ in range(3)]
    people = [UserFactory() for _ in range(4)]
    for _number in range(chance.randint(0, 25)):
        moment = some_moment(chance)
        EnrollmentFactory(
            learner=chance.choice(people),
            course=chance.choice(courses),
            unit=chance.choice([*units, None]),
            enrolled_at=moment - timedelta(days=3),
            completed_at=moment,
        )
    viewer = UserFactory(is_superuser=True)
    since = some_day(chance)
    until = since + timedelta(days=chance.randint(0, 300))

    for unit in [*units, None]:
        figures = completions(unit, None, since, until)
        assert sum(row.count for row in figures.rows) == figures.total.count
        for course in courses:
            raw = [
                row
                for row in Enrollment.objects.filter(course=course, status="completed")
                if since <= row.completed_at.date() <= until
                and (unit is None or (row.unit and row.unit.path.startswith(unit.path)))
            ]
            assert figures.total.cells.get(course.pk, 0) == len(raw)
            for row in [*figures.rows, figures.total]:
                listed = all_completions(
                    row.unit,
                    course,
                    since,
                    until,
                    viewer=viewer,
                    only_direct=row.is_direct,
                    size=3,
                )
                found = [one.enrollment for one in listed]
                assert len(set(found)) == len(found) == row.cells.get(course.pk, 0)
