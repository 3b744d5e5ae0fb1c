"""People, programs and a second store for the tests of the learning record store."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group

from academy.people.models import User
from academy.people.roles import OPERATOR
from tests.xapi.helpers import Program, make_program
from tests.xapi.processes import RunningStore


@pytest.fixture
def program(db) -> Program:
    return make_program()


@pytest.fixture
def learner(db) -> User:
    return User.objects.create_user(
        "ada@academy.example", "secret", first_name="Ada", last_name="Achebe"
    )


@pytest.fixture
def operator(db) -> User:
    person = User.objects.create_user(
        "olu@academy.example", "secret", first_name="Olu", last_name="Okafor"
    )
    person.groups.add(Group.objects.get_or_create(name=OPERATOR)[0])
    return person


@pytest.fixture(scope="session")
def second_store(tmp_path_factory) -> Iterator[RunningStore]:
    """A real second learning record store, served by another process of this product."""
    store = RunningStore(tmp_path_factory.mktemp("second-store"))
    store.prepare()
    try:
        store.start_web()
        yield store
    finally:
        store.stop()
