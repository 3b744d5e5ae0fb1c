"""The operator sees who was erased and why, and notes which stores have followed."""

import pytest
from django.test import Client
from django.urls import reverse

from academy.core.clock import now
from academy.people import roles
from academy.xapi.models import Erasure, ErasureRequest
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
ACCOUNT = {"objectType": "Agent", "account": {"homePage": "https://a.example", "name": "k3y-4711"}}


@pytest.fixture
def operator():
    return UserFactory(role=roles.OPERATOR, first_name="Olu", last_name="Okafor")


@pytest.fixture
def page(operator):
    client = Client()
    client.force_login(operator)
    return client


def erased(by=None, stores=("warehouse",), **more) -> Erasure:
    more = {"reason": "Request 17", "finished_at": now(), **more}
    row = Erasure.objects.create(erased_by=by, started_at=now(), worked_at=now(), **more)
    for store in stores:
        row.requests.create(destination=store, names=[ACCOUNT], requested_at=now())
    return row


def test_who_did_it_why_and_whom_to_ask(page, operator):
    erased(by=operator, statements=42)
    text = page.get(reverse("erasures:index")).content.decode()
    for said in ("Olu Okafor", "Request 17", "42", "warehouse", "to be asked for"):
        assert said in text
    assert "k3y-4711" not in text
    assert "under way" not in text


def test_one_that_was_stopped_is_said_to_be_under_way(page):
    erased(finished_at=None)
    assert "under way" in page.get(reverse("erasures:index")).content.decode()


def test_a_store_that_has_confirmed_is_noted_and_the_names_go(page):
    [asked] = erased().requests.all()
    address = reverse("erasures:confirm", args=[asked.pk])
    assert "k3y-4711" in page.get(address).content.decode()
    assert page.post(address).status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.names) == (ErasureRequest.State.CONFIRMED, [])
    first = asked.confirmed_at
    assert "k3y-4711" not in page.get(address).content.decode()
    assert page.post(address).status_code == 302  # saying it twice changes nothing
    asked.refresh_from_db()
    assert asked.confirmed_at == first


def test_a_request_that_is_not_there(page):
    address = reverse("erasures:confirm", args=[4711])
    assert page.get(address).status_code == 404
    assert page.post(address).status_code == 404


def test_pages_by_key(page, monkeypatch):
    monkeypatch.setattr("cms.admin_pages.PAGE_SIZE", 2)
    rows = [erased(reason=f"Request {number:03}") for number in range(3)]
    first = page.get(reverse("erasures:index"))
    assert [one.pk for one in first.context["page"].rows] == [rows[2].pk, rows[1].pk]
    second = page.get(reverse("erasures:index") + first.context["page"].older_url)
    assert [one.pk for one in second.context["page"].rows] == [rows[0].pk]
    assert second.context["page"].older_url == ""


@pytest.mark.parametrize("size", [1, 20])
def test_the_number_of_queries_does_not_grow(page, operator, size, django_assert_max_num_queries):
    for _number in range(size):
        erased(by=operator, stores=("one", "two"))
    page.get(reverse("erasures:index"))
    with django_assert_max_num_queries(16):
        page.get(reverse("erasures:index"))
