"""The operator's screen of learning record clients."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from academy.core.clock import now
from academy.people import roles
from academy.xapi.clients import authenticate_client, create_client, revoke_client
from academy.xapi.models import LrsClient
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
INDEX = "lrs_clients:index"


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(UserFactory(role=roles.OPERATOR))
    return client


def shown(response) -> tuple[str, str]:
    """The key and the secret on the page that shows them."""
    assert response.status_code == 200
    _endpoint, key, secret = re.findall(r"<code>([^<]+)</code>", response.content.decode())
    return key, secret


def last_action() -> str:
    return ModelLogEntry.objects.latest("timestamp", "id").action


def test_a_client_is_added_and_its_secret_shown_once(browser):
    response = browser.post(
        reverse("lrs_clients:add"), {"name": "Warehouse", "scopes": ["statements/read", "state"]}
    )
    key, secret = shown(response)

    assert "https://academy.example/xapi/" in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    client = authenticate_client(key=key, secret=secret)
    assert (client.name, client.scopes) == ("Warehouse", ["state", "statements/read"])
    assert secret not in browser.get(reverse(INDEX)).content.decode()
    assert last_action() == "wagtail.create"


@pytest.mark.parametrize(
    "data",
    [{}, {"name": "x"}, {"name": "", "scopes": ["all"]}, {"name": "x", "scopes": ["everything"]}],
)
def test_a_client_needs_a_name_and_scopes_that_exist(browser, data):
    response = browser.post(reverse("lrs_clients:add"), data)
    assert response.status_code == 200
    assert "w-field--error" in response.content.decode()
    assert not LrsClient.objects.exists()


def test_the_list_says_who_may_what_and_when_they_last_came(browser):
    client, secret = create_client(name="Warehouse", scopes=["statements/read"])
    page = browser.get(reverse(INDEX)).content.decode()
    for words in ("Warehouse", client.key, "statements/read", "Active", "New secret"):
        assert words in page

    authenticate_client(key=client.key, secret=secret, at=now() - timedelta(days=3))
    assert "3\xa0days" in browser.get(reverse(INDEX)).content.decode()
    revoke_client(client=client)
    page = browser.get(reverse(INDEX)).content.decode()
    assert "Revoked" in page
    assert reverse("lrs_clients:rotate", args=[client.pk]) not in page


def test_the_list_takes_as_few_queries_for_many_clients_as_for_one(browser):
    counts = []
    for number in (1, 20):
        for _client in range(number):
            create_client(name="Warehouse", scopes=["all"])
        browser.get(reverse(INDEX))
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse(INDEX))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_new_secret(browser, at_once):
    client, old = create_client(name="Warehouse", scopes=["all"])
    key, new = shown(
        browser.post(
            reverse("lrs_clients:rotate", args=[client.pk]), {"at_once": "on"} if at_once else {}
        )
    )

    assert key == client.key
    assert authenticate_client(key=key, secret=new)
    assert bool(authenticate_client(key=key, secret=old)) is not at_once
    assert last_action() == "xapi.rotate_client"


def test_revoking(browser):
    client, secret = create_client(name="Warehouse", scopes=["all"])
    address = reverse("lrs_clients:revoke", args=[client.pk])
    assert "What it has stored stays" in browser.get(address).content.decode()
    assert authenticate_client(key=client.key, secret=secret)

    response = browser.post(address, follow=True)
    assert "is revoked" in response.content.decode()
    assert authenticate_client(key=client.key, secret=secret) is None
    assert last_action() == "xapi.revoke_client"
    for action in ("rotate", "revoke"):
        assert browser.post(reverse(f"lrs_clients:{action}", args=[client.pk])).status_code == 404


def test_the_menu_leads_operators_there(browser):
    address = reverse(INDEX)
    assert address in browser.get(reverse("wagtailadmin_home")).content.decode()
    trainer = Client()
    trainer.force_login(UserFactory(role=roles.TRAINER))
    assert address not in trainer.get(reverse("wagtailadmin_home")).content.decode()
