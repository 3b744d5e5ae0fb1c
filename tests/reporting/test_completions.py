"""Completions: where they count, how they were earned, and paging back in time."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from academy.core.errors import AcademyError
from academy.people.services import assign_membership
from academy.reporting.completions import (
    Cursor,
    all_completions,
    completion_list,
    completions,
)
from credentials.models import Credential, Revocation
from tests.factories.courses import (
    CourseFactory,
    EnrollmentFactory,
    ModuleCompletionFactory,
    ModuleFactory,
)
from tests.factories.people import MembershipFactory, OrgUnitFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2025, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
def viewer():
    return UserFactory(is_superuser=True)


def complete(at=NOON, **kwargs):
    return EnrollmentFactory(enrolled_at=at - timedelta(days=5), completed_at=at, **kwargs)


def test_a_completion_keeps_the_unit_it_was_begun_in(viewer):
    old, new = OrgUnitFactory(), OrgUnitFactory()
    membership = MembershipFactory(unit=old)
    complete(learner=membership.person, unit=old)
    assign_membership(
        person=membership.person,
        unit=new,
        position=membership.position,
        valid_from=date(2025, 3, 1),
    )
    counts = {row.unit.code: row.count for row in completions().rows}
    assert counts == {old.code: 1, new.code: 0}
    [row] = completion_list(old, viewer=viewer).rows
    assert str(row.unit) == str(old)


def test_completing_again_counts_again_and_other_states_do_not():
    course, person = CourseFactory(), UserFactory()
    complete(course=course, learner=person)
    complete(course=course, learner=person, at=NOON + timedelta(days=400))
    EnrollmentFactory(course=course)
    EnrollmentFactory(course=course, status="withdrawn")
    assert completions().total.count == 2


def test_both_days_of_the_period_count():
    for day in (1, 2, 3):
        complete(at=datetime(2025, 2, day, 23, 59, tzinfo=UTC))
    assert completions(since=date(2025, 2, 1), until=date(2025, 2, 2)).total.count == 2
    assert completions(since=date(2025, 2, 3)).total.count == 1


def test_people_of_no_unit_have_a_row_where_all_are_shown(viewer):
    root = OrgUnitFactory(code="ROOT")
    child = OrgUnitFactory(parent=root)
    complete(unit=root)
    complete(unit=child)
    nowhere = complete(unit=None)
    figures = completions()
    assert [(row.unit and row.unit.code, row.is_direct, row.count) for row in figures.rows] == [
        ("ROOT", True, 1),
        (child.code, False, 1),
        (None, True, 1),
    ]
    [row] = completion_list(None, viewer=viewer, only_direct=True).rows
    assert row.enrollment == nowhere.pk
    assert completions(root).total.count == 2


@pytest.mark.parametrize(
    ("routes", "route"),
    [
        ([], "lessons"),
        (["learned"], "learned"),
        (["direct", "direct"], "direct"),
        (["learned", "direct"], "mixed"),
    ],
)
def test_route_and_score_come_from_the_modules(viewer, routes, route):
    modules = [ModuleFactory() for _ in routes]
    enrollment = complete(course=CourseFactory(modules=modules))
    for number, (module, own) in enumerate(zip(modules, routes, strict=True)):
        ModuleCompletionFactory(
            enrollment=enrollment,
            module=module,
            route=own,
            score=0.7 + number / 10,
            completed_at=NOON - timedelta(hours=1),
        )
    [row] = completion_list(viewer=viewer).rows
    assert row.route == route
    assert row.score == (pytest.approx(0.7 + (len(routes) - 1) / 20) if routes else None)


def test_a_later_proof_and_another_course_s_proof_do_not_count(viewer):
    module = ModuleFactory()
    enrollment = complete(course=CourseFactory(modules=[module]))
    ModuleCompletionFactory(
        enrollment=enrollment, module=module, score=0.8, completed_at=NOON - timedelta(days=1)
    )
    ModuleCompletionFactory(
        enrollment=enrollment, module=module, score=1, completed_at=NOON + timedelta(days=1)
    )
    ModuleCompletionFactory(enrollment=enrollment, score=1, completed_at=NOON)
    [row] = completion_list(viewer=viewer).rows
    assert row.score == 0.8


def award(enrollment, **kwargs):
    return Credential.objects.create(
        learner=enrollment.learner,
        course=enrollment.course,
        enrollment=enrollment,
        award={},
        awarded_at=enrollment.completed_at,
        **kwargs,
    )


def test_the_credential_s_standing(viewer):
    issued = {"state": "issued", "issued_at": NOON, "pdf": "x.pdf", "pdf_sha256": "0" * 64}
    cases = {
        "": None,
        "pending": {},
        "refused": {"state": "refused"},
        "valid": issued,
        "expired": {**issued, "expires_at": NOON + timedelta(days=1)},
        "revoked": issued,
    }
    expected = {}
    for standing, fields in cases.items():
        enrollment = complete()
        expected[enrollment.pk] = standing
        if fields is not None:
            credential = award(enrollment, **fields)
            if standing == "revoked":
                Revocation.objects.create(credential=credential, reason="error")
    rows = completion_list(viewer=viewer).rows
    assert {row.enrollment: row.standing for row in rows} == expected
    assert all(str(row.standing_label) for row in rows)


def test_pages_by_key_miss_nothing_and_repeat_nothing(viewer):
    chance = random.Random(4)
    for _number in range(11):
        complete(at=NOON + timedelta(minutes=chance.randrange(3)))
    seen, cursor, sizes = [], None, []
    while True:
        page = completion_list(viewer=viewer, older_than=cursor, size=4)
        sizes.append(len(page.rows))
        seen += [(row.completed_at, row.enrollment) for row in page.rows]
        if page.older is None:
            break
        cursor = Cursor.parse(str(page.older))
        assert cursor == page.older
    assert sizes == [4, 4, 3]
    assert seen == sorted(set(seen), reverse=True)


def test_a_cursor_keeps_microseconds_and_refuses_nonsense():
    cursor = Cursor(datetime(2025, 2, 1, 12, 0, 0, 123457, tzinfo=UTC), 7)
    assert Cursor.parse(str(cursor)) == cursor
    for text in ("", "x", "1-2-3", "1.5-y", "99999999999999999999-1"):
        with pytest.raises(AcademyError):
            Cursor.parse(text)


def test_a_viewer_who_is_not_hr_sees_their_own_alone():
    mine = complete()
    complete()
    assert [row.enrollment for row in all_completions(viewer=mine.learner)] == [mine.pk]


@pytest.mark.parametrize("size", [2, 20])
def test_the_number_of_queries_does_not_grow(viewer, django_assert_num_queries, size):
    root = OrgUnitFactory()
    for _number in range(size):
        module = ModuleFactory()
        enrollment = complete(
            unit=OrgUnitFactory(parent=root), course=CourseFactory(modules=[module])
        )
        ModuleCompletionFactory(enrollment=enrollment, module=module)
        award(enrollment)
    with django_assert_num_queries(4):
        completions()
    with django_assert_num_queries(3):
        completion_list(viewer=viewer)
