"""From a gap to a plan, and from lessons to a completed course: the rules. No database."""

from datetime import date

import pytest

from courses.completion import ModuleState, course_is_complete, course_share, route_of
from courses.planning import (
    SKIP_CERTAINTY,
    Need,
    PlannedModule,
    Teaching,
    may_offer_skip,
    plan_modules,
)

READ, COUNT, DRAW = 1, 2, 3  # competencies
JUNE, JULY = date(2025, 6, 1), date(2025, 7, 1)


def need(competency, level, held=0, due_on=None) -> Need:
    return Need(competency, level, held, due_on)


def planned(needs, *catalogue) -> list[int]:
    modules = [Teaching(number, teaches, 30) for number, teaches in enumerate(catalogue, start=1)]
    return [one.module for one in plan_modules(needs, modules)]


# --- Which modules --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "held", "met"), [(2, 0, False), (2, 1, False), (2, 2, True), (2, 3, True)]
)
def test_a_need_is_met_at_its_level(level, held, met):
    assert need(READ, level, held).is_met is met


@pytest.mark.parametrize(
    ("asked", "held", "teaches", "is_planned"),
    [
        (2, 0, 2, True),
        (2, 1, 2, True),
        (2, 2, 2, False),  # held already
        (2, 3, 2, False),  # more than asked is held
        (4, 2, 2, False),  # adds nothing to what is held
        (4, 2, 3, True),  # on the way to the level asked
        (4, 0, 2, True),
        (2, 1, 4, True),  # closes the gap and more
    ],
)
def test_a_module_is_planned_when_it_adds_to_what_is_held(asked, held, teaches, is_planned):
    assert planned([need(READ, asked, held)], {READ: teaches}) == ([1] if is_planned else [])


@pytest.mark.parametrize(
    ("levels", "modules"),
    [
        ([1, 2, 4], [1, 2]),  # the level asked is taught: no need to go beyond it
        ([1, 4, 3], [1, 3]),  # it is not: the lowest that goes beyond closes the gap
        ([4], [1]),
        ([1], [1]),  # nothing closes it, but this is on the way
    ],
)
def test_a_gap_is_closed_with_no_more_than_it_takes(levels, modules):
    assert planned([need(READ, 2)], *({READ: level} for level in levels)) == modules


def test_what_nobody_asks_for_is_not_planned():
    assert planned([need(READ, 2)], {COUNT: 2}, {}) == []
    assert planned([], {READ: 2}) == []


def test_a_module_stays_while_one_of_its_competencies_is_open():
    assert planned([need(READ, 2, held=2), need(COUNT, 2)], {READ: 2, COUNT: 2}) == [1]


def test_a_planned_module_says_which_needs_it_answers_and_by_when():
    needs = [
        need(READ, 2, due_on=JULY),
        need(COUNT, 2, due_on=JUNE),
        need(DRAW, 2, held=2, due_on=date(2025, 1, 1)),
    ]
    [one] = plan_modules(needs, [Teaching(7, {READ: 2, COUNT: 2, DRAW: 2}, 45)])
    assert one == PlannedModule(module=7, competencies=(READ, COUNT), due_on=JUNE, minutes=45)


def test_due_first_then_the_lower_level_then_the_most_useful_then_the_shortest():
    needs = [need(READ, 2, due_on=JULY), need(COUNT, 2, due_on=JUNE), need(DRAW, 2)]
    catalogue = [
        Teaching(1, {DRAW: 2}, 10),
        Teaching(2, {READ: 2}, 10),
        Teaching(3, {COUNT: 2}, 60),
        Teaching(4, {COUNT: 1}, 20),
        Teaching(5, {READ: 2, COUNT: 2}, 90),
        Teaching(6, {COUNT: 1}, 20),
    ]
    assert [one.module for one in plan_modules(needs, catalogue)] == [4, 6, 5, 3, 2, 1]
    assert [one.module for one in plan_modules(needs, reversed(catalogue))] == [4, 6, 5, 3, 2, 1]


# --- What may be skipped --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("teaches", "probabilities", "offered"),
    [
        ({READ: 2}, {(READ, 2): SKIP_CERTAINTY}, True),
        ({READ: 2}, {(READ, 2): 1.0}, True),
        ({READ: 2}, {(READ, 2): SKIP_CERTAINTY - 0.001}, False),
        ({READ: 2}, {(READ, 1): 1.0}, False),  # sure of a lower level only
        ({READ: 2, COUNT: 1}, {(READ, 2): 0.9, (COUNT, 1): 0.9}, True),
        ({READ: 2, COUNT: 1}, {(READ, 2): 0.99, (COUNT, 1): 0.5}, False),
        ({READ: 2, COUNT: 1}, {(READ, 2): 0.99}, False),  # not measured
        ({READ: 2}, {}, False),
        ({}, {(READ, 2): 1.0}, False),  # teaches nothing that was placed
    ],
)
def test_a_skip_is_offered_when_every_competency_is_nearly_certain(teaches, probabilities, offered):
    assert may_offer_skip(teaches, probabilities) is offered


def test_a_skip_needs_more_certainty_than_a_band():
    assert 0.5 < SKIP_CERTAINTY < 1


# --- When a module and a course are complete ------------------------------------------------------


def state(lessons=2, done=0, proven=False, final=True) -> ModuleState:
    return ModuleState(lessons=lessons, lessons_done=done, is_proven=proven, has_final=final)


@pytest.mark.parametrize(
    ("module", "complete", "share"),
    [
        (state(), False, 0),
        (state(done=1), False, 1 / 3),
        (state(done=2), False, 2 / 3),  # the final assessment is still to do
        (state(proven=True), True, 1),  # proven at once, no lesson read
        (state(done=2, proven=True), True, 1),
        (state(final=False), False, 0),
        (state(done=1, final=False), False, 1 / 2),
        (state(done=2, final=False), True, 1),
        (state(lessons=0, final=False), False, 0),  # nothing in it is not everything done
        (state(lessons=0), False, 0),
        (state(lessons=0, proven=True), True, 1),
    ],
)
def test_when_a_module_is_complete_and_how_far_it_is(module, complete, share):
    assert module.is_complete is complete
    assert module.share == pytest.approx(share)


@pytest.mark.parametrize(
    ("modules", "complete", "share"),
    [
        ([], False, 0),
        ([state(proven=True)], True, 1),
        ([state(proven=True), state()], False, 1 / 2),
        ([state(proven=True), state(done=2, final=False)], True, 1),
        ([state(done=1), state(proven=True)], False, 2 / 3),
        ([state(proven=True), state(lessons=0, final=False)], True, 1),  # an empty one asks nothing
        ([state(lessons=0, final=False)], False, 0),
    ],
)
def test_a_course_is_complete_with_all_its_modules(modules, complete, share):
    assert course_is_complete(iter(modules)) is complete
    assert course_share(iter(modules)) == pytest.approx(share)


@pytest.mark.parametrize(
    ("lessons", "done", "route"),
    [
        ({1, 2}, {1, 2}, "learned"),
        ({1, 2}, {1, 2, 9}, "learned"),
        ({1, 2}, {1}, "direct"),
        ({1, 2}, set(), "direct"),
        (set(), set(), "direct"),
    ],
)
def test_the_route_tells_whether_every_lesson_was_done_before(lessons, done, route):
    assert route_of(lessons, done) == route
