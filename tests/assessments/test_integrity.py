"""Hints: what they are reckoned from, what is left out, and that nobody is named before a human asks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry

from academy.core.clock import now
from academy.people.roles import TRAINER
from assessments import services
from assessments.integrity import SMALLEST_GROUP, hints_for, seconds_to_read
from assessments.models import Assessment, Attempt, Response
from tests.factories import teaching, world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
ITEMS = 18


@pytest.fixture
def final() -> Assessment:
    skill = teaching.competency()
    return teaching.final("final", teaching.bank("bank", skill, items=ITEMS), count=ITEMS)


def take(final: Assessment, number: int, *, seconds: int = 20, wrong: int = 0) -> Attempt:
    """Person `number` answers; the first `wrong` items of the bank wrongly, each in their own way."""
    learner = UserFactory(last_name=f"Learner{number:03}")
    attempt = services.start_attempt(
        assessment=final, learner=learner, registration=final.uuid, at=now() - timedelta(hours=1)
    )
    for response in attempt.responses.select_related("item_version__item"):
        version = response.item_version
        options = [option["id"] for option in version.words("en")["options"]]
        bad = [option for option in options if option != world.right(response)]
        place = int(version.item.code.rpartition("-")[2])
        services.save_answer(
            attempt=attempt,
            position=response.position,
            answer=bad[(number >> (place % 5)) % 2] if place <= wrong else world.right(response),
            sequence=1,
            language="en",
            seconds=seconds,
        )
    return services.submit_attempt(attempt=attempt)


@pytest.fixture
def group(final) -> list[Attempt]:
    return [take(final, number, wrong=4) for number in range(SMALLEST_GROUP)]


@pytest.fixture
def trainer() -> Client:
    client = Client()
    client.force_login(UserFactory(role=TRAINER))
    return client


def test_a_text_takes_three_five_or_ten_seconds_to_read():
    assert seconds_to_read({"stem": "<p>" + "x" * 100 + "</p>"}) == 3
    assert seconds_to_read({"stem": "x" * 100, "options": [{"text": "y" * 150}]}) == 5
    assert seconds_to_read({"stem": "x" * 1200}) == 10
    assert seconds_to_read({"stem": "x" * 100, "explanation": "z" * 5000}) == 3


def test_a_small_group_says_nothing(final, trainer):
    attempts = [take(final, number, seconds=1) for number in range(SMALLEST_GROUP - 1)]
    hints = hints_for(final)
    assert hints.is_suppressed
    assert (hints.fast, hints.similar) == ([], [])
    page = trainer.get(reverse("running:hints", args=[final.pk])).content.decode()
    assert str(attempts[0].uuid) not in page
    assert "none are shown" in page


def test_who_answers_faster_than_reading_is_a_hint_with_the_base_rate(final, group):
    quick = take(final, 50, seconds=1)
    hints = hints_for(final)
    assert [hint.attempt for hint in hints.fast] == [quick.uuid]
    assert (hints.fast[0].fast, hints.fast[0].timed, hints.fast[0].right) == (ITEMS, ITEMS, ITEMS)
    assert hints.fast_share == pytest.approx(1 / (SMALLEST_GROUP + 1))


def test_where_no_page_told_the_time_nobody_is_fast(final, group):
    take(final, 50, seconds=0)
    assert hints_for(final).fast == []


def test_the_same_wrong_answers_are_a_hint(final, group):
    one, other = take(final, 60, wrong=ITEMS), take(final, 60, wrong=ITEMS)
    for number in (1, 2, 4, 7, 11):  # others who get as much wrong, in other ways
        take(final, number, wrong=ITEMS)
    hints = hints_for(final)
    assert [set(hint.attempts) for hint in hints.similar] == [{one.uuid, other.uuid}]
    [hint] = hints.similar
    assert (hint.identical, hint.both_wrong) == (ITEMS, ITEMS)
    assert hint.by_chance < 0.01
    assert hints.pairs > 0


def test_only_the_last_attempt_of_a_person_counts(final, group):
    again = Attempt.objects.get(pk=group[0].pk)
    second = services.start_attempt(
        assessment=final, learner=again.learner, registration=final.uuid
    )
    services.submit_attempt(attempt=second)
    assert hints_for(final).people == SMALLEST_GROUP


def test_a_name_is_shown_when_a_human_opens_the_hint_and_that_is_logged(final, group, trainer):
    quick = take(final, 50, seconds=1)
    hints, open_hint = (
        reverse(f"running:{name}", args=[final.pk]) for name in ("hints", "open_hint")
    )
    page = trainer.get(hints).content.decode()
    assert "A hint is no proof" in page
    assert f"{ITEMS} of {ITEMS} answers" in page
    assert "Learner" not in page
    assert not ModelLogEntry.objects.filter(action="assessments.open_hint").exists()
    assert trainer.get(open_hint).status_code == 405
    opened = trainer.post(open_hint, {"hint": f"fast:{quick.uuid}"}).content.decode()
    assert "Learner050" in opened
    assert "A hint is no proof" in opened
    entry = ModelLogEntry.objects.get(action="assessments.open_hint")
    assert entry.data == {"hint": f"fast:{quick.uuid}"}


def test_who_is_no_hint_cannot_be_opened(final, group, trainer):
    key = f"fast:{group[0].uuid}"
    path = reverse("running:open_hint", args=[final.pk])
    reply = trainer.post(path, {"hint": key}, follow=True).content.decode()
    assert "no longer a hint" in reply
    assert "Learner" not in reply
    assert not ModelLogEntry.objects.filter(action="assessments.open_hint").exists()


def test_the_queries_do_not_grow_with_the_group(final, group, trainer):
    path = reverse("running:hints", args=[final.pk])
    trainer.get(path)
    counts = []
    for _size in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert trainer.get(path).status_code == 200
        counts.append(len(queries))
        for number in range(100, 106):
            take(final, number, wrong=3)
    assert counts[0] == counts[1]
    assert Response.objects.filter(attempt__assessment=final).count() == ITEMS * (
        SMALLEST_GROUP + 12
    )
