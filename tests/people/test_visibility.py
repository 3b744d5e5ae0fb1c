"""Who may read what about whom: the table of `people/visibility.py`, cell by cell."""

from datetime import date

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser

from academy.people import roles
from academy.people.models import Membership, User
from academy.people.services import assign_membership
from academy.people.visibility import Data, is_manager, team_of, visible_people
from tests.factories.people import MembershipFactory, OrgUnitFactory, PositionFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = date(2025, 6, 1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel("2025-06-01T12:00:00+00:00", tick=False):
        yield


@pytest.fixture
def people():
    """The boss manages Mina today, managed Past until May and will manage Next from July; in a
    side job, never the primary one, also Side. Boss's boss is Chief; Far has nobody."""
    boss, chief = UserFactory(role=roles.MANAGER), UserFactory(role=roles.MANAGER)
    named = {"boss": boss, "chief": chief}
    MembershipFactory(person=boss, manager=chief)
    for name, since, until, is_primary in (
        ("team", date(2024, 1, 1), None, True),
        ("past", date(2024, 1, 1), date(2025, 5, 1), True),
        ("next", date(2025, 7, 1), None, True),
        ("side", date(2024, 1, 1), None, False),
    ):
        named[name] = UserFactory()
        assign_membership(
            person=named[name],
            unit=OrgUnitFactory(),
            position=PositionFactory(),
            manager=boss,
            valid_from=since,
            valid_to=until,
            is_primary=is_primary,
        )
    named["far"] = MembershipFactory().person
    for role in (roles.HR, roles.TRAINER, roles.OPERATOR, roles.LEARNER):
        named[role] = UserFactory(role=role)
    return named


#: viewer → data → those of the others they see; everyone else is not seen.
EVERYONE = ("boss", "chief", "team", "past", "next", "side", "far")
TABLE = {
    "boss": {Data.STATUS: ("team",), Data.LEVELS: (), Data.ANSWERS: ()},
    "chief": {Data.STATUS: ("boss",), Data.LEVELS: (), Data.ANSWERS: ()},
    "team": {Data.STATUS: (), Data.LEVELS: (), Data.ANSWERS: ()},
    "far": {Data.STATUS: (), Data.LEVELS: (), Data.ANSWERS: ()},
    roles.HR: {Data.STATUS: EVERYONE, Data.LEVELS: EVERYONE, Data.ANSWERS: ()},
    roles.TRAINER: {Data.STATUS: (), Data.LEVELS: (), Data.ANSWERS: ()},
    roles.OPERATOR: {Data.STATUS: (), Data.LEVELS: (), Data.ANSWERS: ()},
    roles.LEARNER: {Data.STATUS: (), Data.LEVELS: (), Data.ANSWERS: ()},
}


@pytest.mark.parametrize("data", Data)
@pytest.mark.parametrize("viewer", TABLE)
def test_who_sees_what_about_whom(people, viewer, data):
    seen = set(visible_people(people[viewer], data))
    others = {name for name in EVERYONE if people[name] in seen and name != viewer}
    assert others == set(TABLE[viewer][data]) - {viewer}
    assert people[viewer] in seen, "one sees oneself"
    if not TABLE[viewer][data]:
        assert seen == {people[viewer]}


@pytest.mark.parametrize("data", Data)
def test_nobody_signed_in_sees_nobody(people, data):
    assert not visible_people(AnonymousUser(), data)


@pytest.mark.parametrize("data", Data)
@pytest.mark.parametrize("viewer", ["boss", roles.HR, "team"])
def test_a_closed_account_sees_nobody_not_even_itself(people, viewer, data):
    people[viewer].is_active = False
    assert not visible_people(people[viewer], data)


@pytest.mark.parametrize("viewer", ["team", roles.HR])
def test_a_superuser_reads_no_answers(people, viewer):
    root = User.objects.create_superuser("root@academy.example", "x")
    assert list(visible_people(root, Data.ANSWERS)) == [root]
    assert people[viewer] in visible_people(root, Data.LEVELS)


def test_the_role_alone_makes_no_team(people):
    assert not is_manager(UserFactory(role=roles.MANAGER))
    assert is_manager(people["boss"])


def test_a_team_changes_with_the_day(people):
    boss = people["boss"]
    with time_machine.travel("2025-04-30T12:00:00+00:00"):
        assert set(team_of(boss)) == {people["team"], people["past"]}
    with time_machine.travel("2025-07-01T12:00:00+00:00"):
        assert set(team_of(boss)) == {people["team"], people["next"]}


def test_who_left_is_no_longer_in_the_team(people):
    User.objects.filter(pk=people["team"].pk).update(is_active=False)
    assert not team_of(people["boss"])


def test_someone_managed_twice_is_listed_once(people):
    Membership.objects.create(
        person=people["team"],
        unit=OrgUnitFactory(),
        position=PositionFactory(),
        manager=people["boss"],
        valid_from=date(2024, 1, 1),
        is_primary=False,
    )
    assert list(team_of(people["boss"])) == [people["team"]]
    assert visible_people(people["boss"], Data.STATUS).count() == 2
