"""A person is in exactly one primary position at any instant: by the service and by the database."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from academy.core.errors import Conflict
from academy.people.models import Membership, User
from academy.people.services import assign_membership
from tests.factories.people import MembershipFactory, OrgUnitFactory, PositionFactory, UserFactory

pytestmark = pytest.mark.django_db

#: The constraint, or the triggers, of migration `primary_membership_exclusion`.
NAME = "people_membership_primary_no_overlap"


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def assign(person, valid_from, valid_to=None, **fields):
    return assign_membership(
        person=person,
        unit=OrgUnitFactory(),
        position=PositionFactory(),
        valid_from=day(valid_from),
        valid_to=day(valid_to),
        **fields,
    )


def spans(person) -> list[tuple]:
    rows = Membership.objects.filter(person=person).order_by("valid_from", "pk")
    return [
        (str(row.valid_from), str(row.valid_to) if row.valid_to else None, row.is_primary)
        for row in rows
    ]


@pytest.fixture
def person():
    return UserFactory(first_name="Amina", last_name="Diallo")


def test_a_new_primary_position_ends_the_open_one_on_the_day_it_begins(person):
    assign(person, "2024-01-01")
    assign(person, "2025-03-01")
    assert spans(person) == [("2024-01-01", "2025-03-01", True), ("2025-03-01", None, True)]


def test_on_the_day_of_change_the_new_position_counts_alone(person):
    assign(person, "2024-01-01")
    new = assign(person, "2025-03-01")
    assert Membership.objects.on(date(2025, 3, 1)).get() == new
    assert Membership.objects.on(date(2025, 2, 28)).get() != new


def test_somebody_elses_position_is_left_alone(person):
    other = MembershipFactory()
    assign(person, "2025-01-01")
    other.refresh_from_db()
    assert other.valid_to is None


def test_a_second_position_beside_the_primary_one_ends_nothing(person):
    assign(person, "2024-01-01")
    assign(person, "2024-06-01", is_primary=False)
    assign(person, "2024-07-01", is_primary=False)
    assert spans(person) == [
        ("2024-01-01", None, True),
        ("2024-06-01", None, False),
        ("2024-07-01", None, False),
    ]


@pytest.mark.parametrize(
    ("before", "valid_from", "valid_to"),
    [
        ([("2024-01-01", None)], "2024-01-01", None),
        ([("2024-01-01", None)], "2023-01-01", None),
        ([("2024-01-01", None)], "2023-01-01", "2024-01-02"),
        ([("2024-01-01", "2025-01-01")], "2024-12-31", None),
        ([("2024-01-01", "2025-01-01")], "2024-03-01", "2024-04-01"),
        ([("2024-01-01", "2025-01-01")], "2023-12-31", "2025-02-01"),
        ([("2024-01-01", "2025-01-01"), ("2025-01-01", None)], "2024-05-01", None),
    ],
)
def test_an_overlap_is_refused_in_words_and_nothing_is_changed(
    person, before, valid_from, valid_to
):
    for since, until in before:
        assign(person, since, until)
    as_it_was = spans(person)
    with pytest.raises(Conflict) as refused:
        assign(person, valid_from, valid_to)
    assert "Amina Diallo already has a primary position in that time" in refused.value.message
    assert spans(person) == as_it_was


@pytest.mark.parametrize(
    ("valid_from", "valid_to"), [("2023-01-01", "2024-01-01"), ("2025-01-01", None)]
)
def test_positions_may_touch(person, valid_from, valid_to):
    assign(person, "2024-01-01", "2025-01-01")
    assign(person, valid_from, valid_to)
    assert len(spans(person)) == 2


# --- The database itself --------------------------------------------------------------------------


def insert(person, valid_from, valid_to=None, *, is_primary=True) -> Membership:
    """A row no service has looked at."""
    return Membership.objects.create(
        person=person,
        unit=OrgUnitFactory(),
        position=PositionFactory(),
        valid_from=day(valid_from),
        valid_to=day(valid_to),
        is_primary=is_primary,
    )


OVERLAPS = [
    ("2024-01-01", "2025-01-01"),
    ("2023-01-01", "2024-01-02"),
    ("2024-12-31", "2026-01-01"),
    ("2024-03-01", "2024-04-01"),
    ("2023-01-01", "2026-01-01"),
    ("2024-06-01", None),
    ("2023-06-01", None),
]


@pytest.mark.parametrize(("valid_from", "valid_to"), OVERLAPS)
def test_the_database_refuses_an_overlapping_insert(person, valid_from, valid_to):
    insert(person, "2024-01-01", "2025-01-01")
    with pytest.raises(DatabaseError, match=NAME), transaction.atomic():
        insert(person, valid_from, valid_to)
    assert Membership.objects.filter(person=person).count() == 1


@pytest.mark.parametrize(("valid_from", "valid_to"), OVERLAPS)
def test_the_database_refuses_an_update_into_an_overlap(person, valid_from, valid_to):
    insert(person, "2024-01-01", "2025-01-01")
    row = insert(person, "2030-01-01")
    with pytest.raises(DatabaseError, match=NAME), transaction.atomic():
        Membership.objects.filter(pk=row.pk).update(
            valid_from=day(valid_from), valid_to=day(valid_to)
        )
    row.refresh_from_db()
    assert row.valid_from == date(2030, 1, 1)


def test_the_database_refuses_to_make_a_second_position_primary(person):
    insert(person, "2024-01-01")
    row = insert(person, "2024-06-01", "2024-09-01", is_primary=False)
    with pytest.raises(DatabaseError), transaction.atomic():
        Membership.objects.filter(pk=row.pk).update(is_primary=True)


def test_the_database_refuses_to_hand_a_position_to_somebody_who_has_one(person):
    insert(person, "2024-01-01", "2025-01-01")
    row = insert(UserFactory(), "2024-06-01", "2024-09-01")
    with pytest.raises(DatabaseError), transaction.atomic():
        Membership.objects.filter(pk=row.pk).update(person=person)


def test_raw_sql_is_refused_too(person):
    row = insert(person, "2024-01-01", "2025-01-01")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_membership (person_id, unit_id, position_id, is_primary,"
            " valid_from, valid_to, recorded_at) SELECT person_id, unit_id, position_id,"
            " is_primary, %s, NULL, recorded_at FROM people_membership WHERE id = %s",
            ["2024-06-01", row.pk],
        )


def test_what_does_not_overlap_is_let_in(person):
    insert(person, "2024-01-01", "2025-01-01")
    insert(person, "2025-01-01", "2026-01-01")
    insert(person, "2023-01-01", "2024-01-01")
    insert(person, "2024-02-01", is_primary=False)
    insert(UserFactory(), "2024-01-01")
    row = insert(person, "2026-01-01")
    Membership.objects.filter(pk=row.pk).update(valid_from=date(2026, 2, 1))
    assert Membership.objects.filter(person=person).count() == 5


@pytest.mark.parametrize("valid_to", ["2024-01-01", "2023-12-31"])
def test_a_position_ends_after_it_began(person, valid_to):
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(person, "2024-01-01", valid_to)


def test_nobody_is_their_own_manager(person):
    mine = assign(person, "2024-01-01")
    mine.manager = person
    with pytest.raises(ValidationError) as refused:
        mine.full_clean()
    assert "Nobody can be their own manager." in str(refused.value)
    with pytest.raises(IntegrityError), transaction.atomic():
        mine.save()


def test_a_manager_who_leaves_the_academy_leaves_the_position(person):
    manager = UserFactory()
    mine = assign(person, "2024-01-01", manager=manager)
    manager.delete()
    mine.refresh_from_db()
    assert mine.manager is None


# --- Who counts as a member -----------------------------------------------------------------------


def test_members_have_an_active_account_and_a_primary_position_on_the_day(person):
    assign(person, "2024-01-01", "2025-01-01")
    assign(UserFactory(), "2024-01-01", is_primary=False)
    assign(UserFactory(is_active=False), "2024-01-01")
    UserFactory()
    assert list(User.objects.active_members(date(2024, 12, 31))) == [person]
    assert not User.objects.active_members(date(2025, 1, 1)).exists()
    assert not User.objects.active_members(date(2023, 12, 31)).exists()
