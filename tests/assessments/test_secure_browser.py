"""Safe Exam Browser: off by default; with keys, each request proves itself by its own hash."""

from hashlib import sha256

import pytest
from django.test import Client
from django.urls import reverse

from assessments import services
from assessments.models import Assessment, Attempt
from tests.factories import teaching, world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
KEY = "81aad4ab9dfd447cc479e6a4a7c9a544e2cafc7f3adeb68b2a21efad68eca4dc"
EXAM_KEY = "ab" * 32


@pytest.fixture
def final() -> Assessment:
    skill = teaching.competency()
    keys = f"{KEY.upper()}\n\n  {EXAM_KEY}\n"
    return teaching.final("final", teaching.bank("bank", skill), browser_keys=keys)


@pytest.fixture
def learner():
    return UserFactory()


@pytest.fixture
def attempt(final, learner) -> Attempt:
    return services.start_attempt(assessment=final, learner=learner, registration=final.uuid)


@pytest.fixture
def browser(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


def proof(path: str, key: str = KEY, header: str = "X-SafeExamBrowser-ConfigKeyHash") -> dict:
    address = f"http://testserver{path}"
    return {header: sha256((address + key).encode()).hexdigest()}


def test_another_browser_is_told_how_to_open_it(browser, attempt):
    for name, more in (("question", [1]), ("review", [])):
        reply = browser.get(reverse(f"assessments:{name}", args=[attempt.uuid, *more]))
        assert reply.status_code == 403
        page = reply.content.decode()
        assert "Safe Exam Browser" in page
        assert ".seb" in page
        assert "no attempt is used up" in page
    for name, more in (("save", [1]), ("saves", []), ("pause", []), ("submit", [])):
        path = reverse(f"assessments:{name}", args=[attempt.uuid, *more])
        assert browser.post(path).status_code == 403
    attempt.refresh_from_db()
    assert attempt.status == Attempt.Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("key", "header"),
    [
        (KEY, "X-SafeExamBrowser-ConfigKeyHash"),
        (EXAM_KEY, "X-SafeExamBrowser-RequestHash"),
    ],
)
def test_the_hash_of_the_address_and_a_key_opens_it(browser, attempt, key, header):
    path = reverse("assessments:question", args=[attempt.uuid, 1])
    assert browser.get(path, headers=proof(path, key, header)).status_code == 200
    asked = f"{path}?page=1"
    assert browser.get(asked, headers=proof(asked, key, header)).status_code == 200


def test_the_hash_of_another_address_or_key_does_not(browser, attempt):
    path = reverse("assessments:question", args=[attempt.uuid, 1])
    other = reverse("assessments:question", args=[attempt.uuid, 2])
    assert browser.get(path, headers=proof(other)).status_code == 403
    assert browser.get(path, headers=proof(path, "cd" * 32)).status_code == 403
    assert browser.get(path, headers=proof(path, "")).status_code == 403


def test_the_public_address_counts_where_a_proxy_hides_it(browser, attempt, settings):
    path = reverse("assessments:question", args=[attempt.uuid, 1])
    address = f"{settings.SITE_URL}{path}"
    headers = {"X-SafeExamBrowser-ConfigKeyHash": sha256((address + KEY).encode()).hexdigest()}
    assert browser.get(path, headers=headers).status_code == 200


def test_the_result_is_read_in_any_browser(browser, attempt):
    services.submit_attempt(attempt=attempt)
    path = reverse("assessments:result", args=[attempt.uuid])
    assert browser.get(path).status_code == 200


def test_the_start_is_refused_before_an_attempt_is_used(browser, learner):
    made = world.make(browser_keys=KEY)
    path = reverse("courses:start_final", args=[made.module.uuid])
    assert browser.get(path).status_code == 403
    assert browser.post(path).status_code == 403
    assert not Attempt.objects.filter(learner=learner).exists()
    assert browser.post(path, headers=proof(path)).status_code == 302
