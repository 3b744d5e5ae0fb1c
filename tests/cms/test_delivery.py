"""The operator's pages about delivery: how it stands, destinations, what was refused."""

import uuid
from datetime import timedelta

import httpx
import pytest
import respx
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from academy.core.clock import now
from academy.core.sealing import unseal
from academy.people.roles import OPERATOR
from academy.xapi import services
from academy.xapi.destinations import save_destination
from academy.xapi.models import Destination, OutboxEntry
from tests.factories.people import UserFactory
from tests.xapi.helpers import make_statement

pytestmark = pytest.mark.django_db
ENDPOINT = "http://lrs.example/xapi/"
INDEX = "/admin/delivery/"


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(UserFactory(role=OPERATOR))
    return client


@pytest.fixture
def warehouse() -> Destination:
    return save_destination(
        Destination(name="warehouse", endpoint=ENDPOINT, username="key"), password="hush"
    )


def owe(count: int) -> list[dict]:
    statements = [make_statement() for _ in range(count)]
    services.store(statements=statements, authority=services.academy_authority())
    return statements


def refuse(destination: Destination, count: int, answer: str = "No.") -> list[OutboxEntry]:
    return OutboxEntry.objects.bulk_create(
        OutboxEntry(
            destination=destination,
            statement_id=uuid.uuid4(),
            state="refused",
            next_attempt_at=now(),
            last_answer=answer,
        )
        for _ in range(count)
    )


def form(**changes: str) -> dict[str, str]:
    return {
        "name": "warehouse",
        "endpoint": ENDPOINT,
        "username": "key",
        "password": "hush",
        "version": "1.0.3",
        "policy": "pseudonymised",
        "verbs": "",
        "activities": "",
        "is_active": "on",
    } | changes


# --- how it stands ------------------------------------------------------------------------------
def test_the_settings_menu_leads_operators_there(desk):
    assert INDEX in desk.get("/admin/").content.decode()


def test_an_academy_that_keeps_its_statements_says_so(desk):
    assert "Statements stay in this academy" in desk.get(INDEX).content.decode()


def test_depth_lag_state_and_refusals(desk, warehouse):
    at = now() - timedelta(hours=3, minutes=5)
    services.store(statements=[make_statement()], authority=services.academy_authority(), at=at)
    owe(2)
    refuse(warehouse, 4)
    Destination.objects.update(failures=2, open_until=now() + timedelta(hours=1))

    page = desk.get(INDEX)
    backlog = page.context["backlogs"][0]
    assert (backlog.owed, backlog.refused) == (3, 4)
    assert timedelta(hours=3) < backlog.lag < timedelta(hours=4)
    text = page.content.decode()
    for words in ("warehouse", "left alone", "2 failures", "next try", "3\xa0hours", ">4</a>"):
        assert words in text, words


def test_a_destination_switched_off_is_called_so(desk, warehouse):
    warehouse.is_active = False
    save_destination(warehouse)
    assert "switched off" in desk.get(INDEX).content.decode()


def test_the_index_asks_as_many_queries_for_many_destinations(desk, warehouse):
    def queries() -> int:
        desk.get(INDEX)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert desk.get(INDEX).status_code == 200
        return len(captured)

    owe(1)
    few = queries()
    for number in range(8):
        save_destination(Destination(name=f"store-{number}", endpoint=ENDPOINT))
    owe(3)
    assert queries() == few


# --- destinations -------------------------------------------------------------------------------
def test_making_a_destination(desk):
    verb = "http://adlnet.gov/expapi/verbs/completed"
    answer = desk.post(f"{INDEX}new/", form(verbs=f"{verb}\n"))

    assert answer.status_code == 302
    made = Destination.objects.get()
    assert (made.endpoint, made.version, made.policy) == (ENDPOINT, "1.0.3", "pseudonymised")
    assert made.verbs == [verb]
    assert "hush" not in made.password_sealed
    assert unseal(made.password_sealed) == "hush"
    entry = ModelLogEntry.objects.get(action="wagtail.create")
    assert entry.label == "warehouse"
    assert "hush" not in str(entry.data)


def test_the_password_is_written_and_never_shown(desk, warehouse):
    address = reverse("delivery:destination", args=["warehouse"])
    page = desk.get(address).content.decode()
    assert "hush" not in page
    assert warehouse.password_sealed not in page

    desk.post(address, form(password="", username="other"))
    kept = Destination.objects.get()
    assert (kept.username, unseal(kept.password_sealed)) == ("other", "hush")
    desk.post(address, form(password="new"))
    assert unseal(Destination.objects.get().password_sealed) == "new"


def test_the_name_does_not_change(desk, warehouse):
    desk.post(reverse("delivery:destination", args=["warehouse"]), form(name="other"))
    assert Destination.objects.get().name == "warehouse"


def test_switching_off_stops_what_is_owed(desk, warehouse):
    fields = form()
    del fields["is_active"]
    desk.post(reverse("delivery:destination", args=["warehouse"]), fields)
    owe(1)
    assert not OutboxEntry.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "two words"}, "name"),
        ({"name": "default"}, "name"),
        ({"endpoint": ""}, "endpoint"),
        ({"endpoint": "ftp://lrs.example/"}, "endpoint"),
        ({"endpoint": "file:///etc/passwd"}, "endpoint"),
        ({"verbs": "completed"}, "verbs"),
        ({"activities": "https://content.example/1\nmodule 2"}, "activities"),
        ({"version": "3.0"}, "version"),
        ({"policy": "none"}, "policy"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_saved(desk, changes, field):
    answer = desk.post(f"{INDEX}new/", form(**changes))
    assert answer.status_code == 400
    assert answer.context["form"].errors[field]
    assert not Destination.objects.exists()


def test_the_environments_destination_shows_its_address_and_keeps_its_filter(desk, settings):
    settings.LRS_ENDPOINT = ENDPOINT
    address = reverse("delivery:destination", args=["default"])
    desk.get(INDEX)
    page = desk.get(address)
    assert ENDPOINT in page.content.decode()
    assert not {"endpoint", "username", "password"} & page.context["form"].fields.keys()

    assert desk.post(address, form(policy="pseudonymised")).status_code == 302
    kept = Destination.objects.get()
    assert (kept.name, kept.policy, kept.endpoint) == ("default", "pseudonymised", "")


# --- trying the connection ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("about", "statements", "words"),
    [
        (httpx.Response(200, json={"version": ["1.0.3", "2.0.0"]}), 200, "accepts key and secret"),
        (httpx.Response(200, json={"version": ["2.0.0"]}), 403, "may not read"),
        (httpx.Response(200, json={"version": ["1.0.3"]}), 200, "does not name version 2.0.0"),
        (httpx.Response(200, json={"version": ["2.0.0"]}), 401, "HTTP 401"),
        (httpx.Response(200, text="<html>"), 200, "did not answer with JSON"),
        (httpx.Response(404), 200, "HTTP 404"),
        (httpx.ConnectError("refused"), 200, "refused"),
    ],
)
def test_trying_the_connection(desk, warehouse, about, statements, words):
    with respx.mock(base_url=ENDPOINT, assert_all_called=False) as lrs:
        outcome = "side_effect" if isinstance(about, Exception) else "return_value"
        lrs.get("/about").mock(**{outcome: about})
        lrs.get("/statements").respond(statements, json={"statements": [], "more": ""})
        page = desk.post(reverse("delivery:try", args=["warehouse"]), follow=True)
    assert words in page.content.decode()


def test_a_password_that_cannot_be_read_is_said(desk, warehouse):
    lost = Fernet(Fernet.generate_key()).encrypt(b"hush").decode()
    Destination.objects.update(password_sealed=lost)
    page = desk.post(reverse("delivery:try", args=["warehouse"]), follow=True)
    assert "cannot be read with the present keys" in page.content.decode()


# --- refused statements -------------------------------------------------------------------------
def test_refused_statements_are_shown_with_the_stores_own_answer(desk, warehouse):
    entry = refuse(warehouse, 1, answer="<b>verb</b> is unknown here")[0]
    page = desk.get(reverse("delivery:refused", args=["warehouse"])).content.decode()
    assert str(entry.statement_id) in page
    assert "&lt;b&gt;verb&lt;/b&gt; is unknown here" in page


def test_refused_statements_are_paged_by_key(desk, warehouse):
    entries = refuse(warehouse, 101)
    address = reverse("delivery:refused", args=["warehouse"])
    seen: list[int] = []
    query = ""
    while True:
        page = desk.get(address + query)
        seen += [entry.pk for entry in page.context["page"].rows]
        refuse(warehouse, 1)  # rows that arrive move nothing
        if not (query := page.context["page"].older_url):
            break
    assert seen == sorted((entry.pk for entry in entries), reverse=True)
    for odd in ("x", "-1", "9" * 40, "²"):
        assert desk.get(address, {"older": odd}).status_code == 200


def test_the_list_asks_as_many_queries_for_a_full_page(desk, warehouse):
    address = reverse("delivery:refused", args=["warehouse"])

    def queries() -> int:
        desk.get(address)
        with CaptureQueriesContext(connection) as captured:
            desk.get(address)
        return len(captured)

    refuse(warehouse, 1)
    few = queries()
    refuse(warehouse, 70)
    assert queries() == few


def test_sending_again_asks_first(desk, warehouse):
    one, other = refuse(warehouse, 2)
    address = reverse("delivery:retry_one", args=["warehouse", one.pk])
    assert str(one.statement_id) in desk.get(address).content.decode()
    assert OutboxEntry.objects.refused().count() == 2

    desk.post(address)
    assert list(OutboxEntry.objects.refused()) == [other]
    assert OutboxEntry.objects.due(now()).get() == one
    assert ModelLogEntry.objects.get(action="academy.delivery.retry").data == {"statements": 1}
    assert desk.post(address).status_code == 404


def test_sending_all_of_them_again_is_for_this_destination_alone(desk, warehouse):
    refuse(warehouse, 3)
    other = save_destination(Destination(name="other", endpoint=ENDPOINT))
    refuse(other, 2)
    address = reverse("delivery:retry", args=["warehouse"])
    assert "3 refused statements" in desk.get(address).content.decode()

    page = desk.post(address, follow=True)
    assert "3 statements are sent again" in page.content.decode()
    assert set(OutboxEntry.objects.refused().values_list("destination", flat=True)) == {"other"}
