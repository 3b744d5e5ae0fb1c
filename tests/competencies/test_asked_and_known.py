"""What is asked of a person, and what they are known to be able to do."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from academy.competencies.models import CompetencyRecord, Profile
from academy.competencies.services import KnownLevel, asked_of, known_levels, record_competency
from tests.factories.competencies import (
    CompetencyFactory,
    CompetencyRecordFactory,
    FrameworkFactory,
    ProfileFactory,
)
from tests.factories.people import MembershipFactory, PositionFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = date(2025, 6, 1)
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def skills():
    framework = FrameworkFactory()
    return [CompetencyFactory(framework=framework) for _ in range(3)]


@pytest.fixture
def person():
    return MembershipFactory(valid_from=date(2025, 1, 1)).person


def position_of(person):
    return person.memberships.get().position


def asked(person, **options) -> dict:
    return {one.competency: one.level for one in asked_of(person, on=TODAY, **options)}


# --- What is asked --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("baseline", "profile", "level", "from_baseline"),
    [(2, 5, 5, False), (5, 2, 5, True), (None, 3, 3, False), (3, None, 3, True)],
)
def test_the_higher_level_wins(person, skills, baseline, profile, level, from_baseline):
    if baseline:
        ProfileFactory(position=None, asks={skills[0]: baseline})
    if profile:
        ProfileFactory(position=position_of(person), asks={skills[0]: profile})
    [one] = asked_of(person, on=TODAY)
    assert (one.competency, one.level, one.from_baseline) == (skills[0], level, from_baseline)


def test_baseline_and_position_are_asked_together_in_the_order_of_the_framework(person, skills):
    ProfileFactory(position=None, asks={skills[2]: 1, skills[0]: 2})
    ProfileFactory(position=position_of(person), asks={skills[1]: 4})
    ProfileFactory(position=PositionFactory(), asks={skills[1]: 8})
    assert list(asked(person).items()) == [(skills[0], 2), (skills[1], 4), (skills[2], 1)]


def test_days_are_counted_from_the_first_in_the_position(person, skills):
    ProfileFactory(position=None, due_days=90, asks={skills[0]: 2})
    ProfileFactory(position=position_of(person), due_days=30, asks={skills[1]: 2})
    days = {one.competency: one.due_on for one in asked_of(person, on=TODAY)}
    assert days == {skills[0]: date(2025, 4, 1), skills[1]: date(2025, 1, 31)}


def test_without_a_position_the_baseline_is_asked_with_no_day(skills):
    ProfileFactory(position=None, asks={skills[0]: 2})
    ProfileFactory(asks={skills[1]: 2})
    [one] = asked_of(UserFactory(), on=TODAY)
    assert (one.competency, one.due_on, one.from_baseline) == (skills[0], None, True)


def test_where_nobody_asks_nothing_is_asked(person):
    assert asked_of(person, on=TODAY) == []


def test_a_side_job_asks_nothing(person, skills):
    side = PositionFactory()
    ProfileFactory(position=side, asks={skills[0]: 8})
    MembershipFactory(person=person, position=side, is_primary=False)
    assert asked(person) == {}


def test_the_position_of_the_day_asks(person, skills):
    new = PositionFactory()
    ProfileFactory(position=position_of(person), asks={skills[0]: 1})
    ProfileFactory(position=new, asks={skills[1]: 1})
    MembershipFactory(person=person, position=new, valid_from=date(2025, 7, 1))
    assert asked(person) == {skills[0]: 1}
    [later] = asked_of(person, on=date(2025, 7, 1))
    assert later.competency == skills[1]


def test_another_position_can_be_compared_with(person, skills):
    other = PositionFactory()
    ProfileFactory(position=None, asks={skills[2]: 1})
    ProfileFactory(position=position_of(person), asks={skills[0]: 1})
    ProfileFactory(position=other, asks={skills[1]: 6})
    assert asked(person, position=other) == {skills[1]: 6, skills[2]: 1}


def test_there_is_one_baseline():
    ProfileFactory(position=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Profile.objects.create()


# --- What is known --------------------------------------------------------------------------------


def know(person, competency, level, basis="held", month=1, until=None):
    return CompetencyRecordFactory(
        learner=person,
        competency=competency,
        level=level,
        basis=basis,
        valid_from=datetime(2025, month, 1, tzinfo=UTC),
        valid_to=until,
    )


def known(person, competency, at=NOON) -> KnownLevel:
    return known_levels(person, at=at).get(competency.pk, KnownLevel())


def test_what_was_placed_never_counts_as_held(person, skills):
    know(person, skills[0], 8, "placed")
    assert known(person, skills[0]) == KnownLevel(held=0, placed=8)
    assert not CompetencyRecord.objects.holding().exists()


@pytest.mark.parametrize("basis", ["held", "recognised", "waived"])
def test_what_was_shown_otherwise_counts_as_held(person, skills, basis):
    know(person, skills[0], 3, basis)
    assert known(person, skills[0]) == KnownLevel(held=3, placed=0)
    assert CompetencyRecord.objects.holding().count() == 1


def test_the_latest_placement_wins_even_when_it_is_lower(person, skills):
    know(person, skills[0], 3, "placed", month=4)
    know(person, skills[0], 7, "placed", month=2)
    assert known(person, skills[0]).placed == 3


def test_the_highest_level_held_wins_whenever_it_was_shown(person, skills):
    know(person, skills[0], 6, month=2)
    know(person, skills[0], 2, month=4)
    know(person, skills[0], 4, "placed", month=5)
    assert known(person, skills[0]) == KnownLevel(held=6, placed=4)


@pytest.mark.parametrize(
    ("at", "held"),
    [
        (NOON - timedelta(microseconds=1), 5),
        (NOON, 2),
        (NOON + timedelta(days=1), 2),
        (datetime(2024, 12, 31, tzinfo=UTC), 0),
    ],
)
def test_what_ran_out_or_has_not_begun_is_not_known(person, skills, at, held):
    know(person, skills[0], 5, until=NOON)
    know(person, skills[0], 2)
    assert known(person, skills[0], at).held == held


def test_an_expired_placement_gives_way_to_the_one_before(person, skills):
    know(person, skills[0], 3, "placed", month=1)
    know(person, skills[0], 7, "placed", month=2, until=datetime(2025, 5, 1, tzinfo=UTC))
    assert known(person, skills[0]).placed == 3


def test_what_somebody_else_can_do_is_theirs(person, skills):
    know(UserFactory(), skills[0], 8)
    assert known_levels(person, at=NOON) == {}


def test_a_record_names_its_evidence(person, skills):
    statement, attempt = uuid4(), uuid4()
    row = record_competency(
        learner=person,
        competency=skills[0],
        level=2,
        basis="held",
        statements=[statement],
        attempt=attempt,
        at=NOON,
    )
    row.refresh_from_db()
    assert row.evidence == {"statements": [str(statement)], "attempt": str(attempt)}


def test_a_record_ends_after_it_began(person, skills):
    with pytest.raises(IntegrityError), transaction.atomic():
        know(person, skills[0], 2, until=datetime(2025, 1, 1, tzinfo=UTC))
