"""The name a person has in learning records: random, the same every time, and only one in use."""

import threading

import pytest
from django.db import IntegrityError, connections, transaction

from academy.people.models import Identity
from academy.people.services import identity_for
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def test_the_name_says_nothing_about_the_person():
    person = UserFactory(email="amina.diallo@academy.example", first_name="Amina")
    identity = identity_for(person)
    agent = str(identity.actor).lower()
    for known in ("amina", "diallo", "@", "mbox", str(person.uuid)):
        assert known not in agent
    assert len(identity.name) >= 32


def test_the_name_is_drawn_anew_for_each_person():
    assert len({identity_for(UserFactory()).name for _ in range(5)}) == 5


def test_the_actor_is_an_account_and_nothing_else(settings):
    actor = identity_for(UserFactory()).actor
    assert set(actor) == {"objectType", "account"}
    assert set(actor["account"]) == {"homePage", "name"}
    assert actor["account"]["homePage"] == settings.XAPI_HOME_PAGE


def test_a_person_keeps_their_name_when_all_else_changes():
    person = UserFactory()
    before = identity_for(person).name
    person.email, person.last_name = "new@academy.example", "New"
    person.save()
    assert identity_for(person).name == before
    assert Identity.objects.count() == 1


def test_of_several_names_the_current_one_is_used():
    """Merged accounts bring their old names along."""
    person = UserFactory()
    current = identity_for(person)
    Identity.objects.create(person=person, home_page="https://old.example", is_current=False)
    assert identity_for(person) == current


def test_the_database_allows_one_current_name():
    person = UserFactory()
    identity_for(person)
    with pytest.raises(IntegrityError), transaction.atomic():
        Identity.objects.create(person=person, home_page="https://other.example")


def test_an_account_name_stands_for_one_person():
    taken = identity_for(UserFactory())
    with pytest.raises(IntegrityError), transaction.atomic():
        Identity.objects.create(person=UserFactory(), home_page=taken.home_page, name=taken.name)


def test_a_deleted_person_leaves_a_name_that_leads_nowhere():
    person = UserFactory()
    name = identity_for(person).name
    person.delete()
    assert Identity.objects.get(name=name).person is None


@pytest.mark.django_db(transaction=True)
def test_asked_at_the_same_moment_there_is_one_name():
    person = UserFactory()
    gate = threading.Barrier(3)
    names: list = []

    def ask():
        gate.wait()
        try:
            names.append(identity_for(person).name)
        except Exception as error:
            names.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == [Identity.objects.get(person=person).name] * 3
