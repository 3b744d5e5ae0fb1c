import pytest
from django.contrib.auth.models import Group, Permission

from academy.people.roles import ALL_ROLES, HR, OPERATOR, TRAINER
from tests.factories.people import UserFactory


@pytest.fixture
def roles(db):
    """The groups, with the door to the admin open for those who work there."""
    access = Permission.objects.get(codename="access_admin", content_type__app_label="wagtailadmin")
    for name in ALL_ROLES:
        group, _created = Group.objects.get_or_create(name=name)
        if name in (TRAINER, HR, OPERATOR):
            group.permissions.add(access)


@pytest.fixture
def hr(roles):
    return UserFactory(first_name="Hana", last_name="Rua", role=HR)


@pytest.fixture
def hr_client(client, hr):
    client.force_login(hr)
    return client
