"""Coverage on a small organisation one can count by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from academy.competencies.services import asked_of, known_levels
from academy.people.services import assign_membership, place_org_unit
from academy.reporting.coverage import (
    EVERYTHING,
    State,
    active_memberships,
    coverage,
    instant_of,
    people_behind,
)
from tests.factories.competencies import (
    CompetencyFactory,
    CompetencyRecordFactory,
    FrameworkFactory,
    ProfileFactory,
)
from tests.factories.people import (
    MembershipFactory,
    OrgUnitFactory,
    PositionFactory,
    UserFactory,
)

DAY = date(2025, 3, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(datetime(2025, 6, 1, 12, tzinfo=UTC), tick=False):
        yield date(2025, 6, 1)


@pytest.fixture
def ministry():
    """MIN › (NORTH, SOUTH › DOCKS). Everyone is asked for `data` at 2; analysts at 4."""

    class World:
        root = OrgUnitFactory(code="MIN")
        north = OrgUnitFactory(code="NORTH", parent=root)
        south = OrgUnitFactory(code="SOUTH", parent=root)
        docks = OrgUnitFactory(code="DOCKS", parent=south)
        data = CompetencyFactory(code="1.1")
        ethics = CompetencyFactory(framework=data.framework, area=data.area, code="1.2")
        clerk = PositionFactory(code="clerk")
        analyst = PositionFactory(code="analyst")

    ProfileFactory(position=None, asks={World.data: 2}, due_days=100)
    ProfileFactory(position=World.analyst, asks={World.data: 4, World.ethics: 3}, due_days=200)
    return World


def member(unit, position, **kwargs):
    return MembershipFactory(unit=unit, position=position, **kwargs).person


def cell(figures, unit, competency):
    [row] = [row for row in figures.rows if row.unit == unit]
    tally = row.cells[competency.pk if competency else EVERYTHING]
    return tally.required, tally.holding, tally.placed


def totals(figures, competency):
    tally = figures.total.cells[competency.pk if competency else EVERYTHING]
    return tally.required, tally.holding, tally.placed


def test_holding_counts_at_the_level_asked_and_placed_never_does(ministry):
    holds, below, placed = (member(ministry.north, ministry.clerk) for _ in range(3))
    member(ministry.docks, ministry.clerk)
    CompetencyRecordFactory(learner=holds, competency=ministry.data, level=2)
    CompetencyRecordFactory(learner=below, competency=ministry.data, level=1)
    CompetencyRecordFactory(learner=placed, competency=ministry.data, level=8, basis="placed")

    figures = coverage(ministry.root, DAY)

    assert cell(figures, ministry.north, ministry.data) == (3, 1, 1)
    assert cell(figures, ministry.south, ministry.data) == (1, 0, 0)
    assert totals(figures, ministry.data) == (4, 1, 1)
    assert figures.total.cells[ministry.data.pk].share == 0.25


def test_position_and_baseline_together_ask_for_the_higher_level(ministry):
    analyst = member(ministry.north, ministry.analyst)
    CompetencyRecordFactory(learner=analyst, competency=ministry.data, level=3)

    figures = coverage(ministry.root, DAY)

    assert totals(figures, ministry.data) == (1, 0, 0)
    assert totals(figures, ministry.ethics) == (1, 0, 0)
    assert figures.competencies == [ministry.data, ministry.ethics]


def test_what_the_plan_asks_is_what_the_report_asks(ministry):
    """`competencies.services` answers for one person; the report for all, with the same rules."""
    analyst = member(ministry.north, ministry.analyst)
    CompetencyRecordFactory(learner=analyst, competency=ministry.data, level=5)
    CompetencyRecordFactory(learner=analyst, competency=ministry.data, level=4, basis="placed")
    for asked in asked_of(analyst, on=DAY):
        [one] = people_behind(ministry.root, asked.competency, DAY, viewer=hr_person())
        known = known_levels(analyst, at=instant_of(DAY)).get(asked.competency.pk)
        assert (one.required, one.due_on) == (asked.level, asked.due_on)
        assert (one.held, one.placed) == ((known.held, known.placed) if known else (0, 0))


@pytest.mark.parametrize(
    ("basis", "holding"), [("held", 1), ("recognised", 1), ("waived", 1), ("placed", 0)]
)
def test_each_basis(ministry, basis, holding):
    person = member(ministry.north, ministry.clerk)
    CompetencyRecordFactory(learner=person, competency=ministry.data, level=2, basis=basis)
    assert totals(coverage(ministry.root, DAY), ministry.data) == (1, holding, 1 - holding)


def test_the_latest_placement_is_the_one_that_counts(ministry):
    person = member(ministry.north, ministry.clerk)
    for month, level in ((1, 4), (2, 1)):
        CompetencyRecordFactory(
            learner=person,
            competency=ministry.data,
            level=level,
            basis="placed",
            valid_from=datetime(2025, month, 1, tzinfo=UTC),
        )
    assert totals(coverage(ministry.root, DAY), ministry.data) == (1, 0, 0)
    assert totals(coverage(ministry.root, date(2025, 1, 15)), ministry.data) == (1, 0, 1)


def test_a_past_day_is_answered_from_the_records_of_that_day(ministry):
    person = member(ministry.north, ministry.clerk)
    CompetencyRecordFactory(
        learner=person,
        competency=ministry.data,
        level=2,
        valid_from=datetime(2025, 2, 10, 9, tzinfo=UTC),
        valid_to=datetime(2025, 4, 10, 9, tzinfo=UTC),
    )

    def holding(day):
        return totals(coverage(ministry.root, day), ministry.data)[1]

    assert [holding(date(2025, 2, 9)), holding(date(2025, 2, 10))] == [0, 1]
    assert [holding(date(2025, 4, 9)), holding(date(2025, 4, 10))] == [1, 0]


def test_counted_are_active_members_on_the_day(ministry):
    member(ministry.north, ministry.clerk)
    member(ministry.north, ministry.clerk, valid_to=date(2025, 3, 1))  # left that day
    member(ministry.north, ministry.clerk, valid_from=date(2025, 3, 2))  # not there yet
    closed = member(ministry.north, ministry.clerk)
    closed.is_active = False
    closed.save()
    UserFactory()  # in no unit

    assert coverage(ministry.root, DAY).total.people == 1


def test_a_second_membership_counts_nobody_twice(ministry):
    person = member(ministry.north, ministry.clerk)
    assign_membership(
        person=person,
        unit=ministry.south,
        position=ministry.analyst,
        valid_from=date(2024, 2, 1),
        is_primary=False,
    )
    figures = coverage(ministry.root, DAY)
    assert cell(figures, ministry.north, ministry.data) == (1, 0, 0)
    assert cell(figures, ministry.south, ministry.data) == (0, 0, 0)
    assert ministry.ethics.pk not in figures.total.cells


def test_coverage_follows_the_primary_unit(ministry):
    person = member(ministry.north, ministry.clerk)
    assign_membership(
        person=person,
        unit=ministry.docks,
        position=ministry.clerk,
        valid_from=date(2025, 2, 15),
    )
    before, after = coverage(ministry.root, date(2025, 2, 14)), coverage(ministry.root, DAY)
    assert (before.rows[0].people, before.rows[1].people) == (1, 0)
    assert (after.rows[0].people, after.rows[1].people) == (0, 1)


def test_a_unit_takes_its_people_along_when_it_moves(ministry):
    member(ministry.docks, ministry.clerk)
    place_org_unit(unit=ministry.docks, parent=ministry.north, valid_from=date(2025, 5, 1))
    assert cell(coverage(ministry.root, DAY), ministry.north, ministry.data) == (1, 0, 0)


def test_people_of_the_unit_itself_have_a_row_and_rows_add_up(ministry):
    member(ministry.south, ministry.clerk)
    member(ministry.docks, ministry.clerk)
    figures = coverage(ministry.south, DAY)
    assert [(row.unit.code, row.is_direct, row.people) for row in figures.rows] == [
        ("SOUTH", True, 1),
        ("DOCKS", False, 1),
    ]
    assert figures.total.people == 2


def test_units_without_people_are_listed(ministry):
    figures = coverage(ministry.root, DAY)
    assert [(row.unit.code, row.people) for row in figures.rows] == [("NORTH", 0), ("SOUTH", 0)]
    assert figures.total.cells[EVERYTHING].share is None


def test_everything_asked_needs_every_competency(ministry):
    whole, half, mixed = (member(ministry.north, ministry.analyst) for _ in range(3))
    for person, competency, level, basis in [
        (whole, ministry.data, 4, "held"),
        (whole, ministry.ethics, 3, "held"),
        (half, ministry.data, 4, "held"),
        (mixed, ministry.data, 4, "held"),
        (mixed, ministry.ethics, 3, "placed"),
    ]:
        CompetencyRecordFactory(learner=person, competency=competency, level=level, basis=basis)
    assert totals(coverage(ministry.root, DAY), EVERYTHING) == (3, 1, 1)


def test_a_framework_narrows_what_is_asked(ministry):
    other = CompetencyFactory(framework=FrameworkFactory(code="other"))
    post = PositionFactory()
    ProfileFactory(position=post, asks={other: 1})
    member(ministry.north, post)
    figures = coverage(ministry.root, DAY, other.framework)
    assert figures.competencies == [other]
    assert totals(figures, EVERYTHING) == (1, 0, 0)


def hr_person():
    return UserFactory(is_superuser=True)


def test_the_list_behind_a_cell(ministry):
    ahead = member(ministry.north, ministry.analyst, valid_from=date(2025, 1, 1))
    behind = member(ministry.docks, ministry.clerk, valid_from=date(2024, 3, 1))
    CompetencyRecordFactory(learner=ahead, competency=ministry.data, level=5)
    CompetencyRecordFactory(learner=behind, competency=ministry.data, level=4, basis="placed")

    [first, second] = people_behind(ministry.root, ministry.data, DAY, viewer=hr_person())

    assert (first.person, first.required, first.held, first.gap) == (ahead.pk, 4, 5, 0)
    assert (first.since, first.state, first.is_overdue) == (date(2024, 6, 1), State.HELD, False)
    assert (second.person, second.required, second.held, second.placed) == (behind.pk, 2, 0, 4)
    assert second.due_on == date(2024, 3, 1) + timedelta(days=100)
    assert (second.gap, second.state, second.is_overdue) == (2, State.PLACED, True)


def test_the_list_can_be_of_one_state_and_of_the_unit_itself(ministry):
    there = member(ministry.south, ministry.clerk)
    below = member(ministry.docks, ministry.clerk)
    CompetencyRecordFactory(learner=below, competency=ministry.data, level=2)

    def people(**kwargs):
        listed = people_behind(ministry.south, ministry.data, DAY, viewer=hr_person(), **kwargs)
        return [one.person for one in listed]

    assert people(only_direct=True) == [there.pk]
    assert people(state=State.HELD) == [below.pk]
    assert people(state=State.OPEN) == [there.pk]


def test_a_viewer_sees_only_people_whose_levels_they_may_see(ministry):
    boss, clerk = member(ministry.north, ministry.clerk), UserFactory()
    MembershipFactory(person=clerk, unit=ministry.north, position=ministry.clerk, manager=boss)
    listed = people_behind(ministry.root, ministry.data, DAY, viewer=boss)
    assert [one.person for one in listed] == [boss.pk]


@pytest.mark.parametrize("size", [2, 20])
def test_the_number_of_queries_does_not_grow(ministry, django_assert_num_queries, size):
    for number in range(size):
        unit = OrgUnitFactory(parent=ministry.root)
        person = member(unit, ministry.analyst if number % 2 else ministry.clerk)
        CompetencyRecordFactory(learner=person, competency=ministry.data, level=3)
    viewer = hr_person()
    with django_assert_num_queries(5):
        coverage(ministry.root, DAY)
    with django_assert_num_queries(3):
        people_behind(ministry.root, ministry.data, DAY, viewer=viewer)
    with django_assert_num_queries(3):
        people_behind(ministry.root, EVERYTHING, DAY, viewer=viewer)


def test_the_day_lasts_until_now():
    assert instant_of(date(2025, 6, 1)) == datetime(2025, 6, 1, 12, tzinfo=UTC)
    assert instant_of(date(2025, 5, 31)) == datetime(2025, 5, 31, 23, 59, 59, 999999, tzinfo=UTC)


def test_active_memberships_of_everywhere(ministry):
    member(ministry.docks, ministry.clerk)
    member(OrgUnitFactory(code="ELSEWHERE"), ministry.clerk)
    assert active_memberships(DAY).count() == 2
    assert [row.unit.code for row in coverage(None, DAY).rows] == ["ELSEWHERE", "MIN"]
