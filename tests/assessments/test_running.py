"""Answers that are never lost: lost replies, replayed queues, second tabs, other people, late arrivals."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from academy.core.clock import now
from academy.core.errors import Conflict
from academy.people.models import User
from assessments import services, timing
from assessments.models import Assessment, Attempt, Response
from tests.factories import teaching, world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def final() -> Assessment:
    skill = teaching.competency()
    return teaching.final("final", teaching.bank("bank", skill, items=6), time_limit_minutes=30)


@pytest.fixture
def learner() -> User:
    return UserFactory()


def start(final: Assessment, learner: User, at=None) -> Attempt:
    return services.start_attempt(assessment=final, learner=learner, registration=final.uuid, at=at)


@pytest.fixture
def attempt(final, learner) -> Attempt:
    return start(final, learner)


@pytest.fixture
def browser(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


def nth(attempt: Attempt, position: int = 0) -> Response:
    return attempt.responses.get(position=position)


def queued(response: Response, answer, *, client: str = "page-1", seq: int = 1, **more) -> dict:
    """A save as the page keeps it."""
    fields = [["answer", answer]] if answer is not None else []
    return {"position": response.position, "client": client, "seq": seq, "fields": fields, **more}


def send(browser: Client, attempt: Attempt, *saves: dict, user: User | None = None):
    return browser.post(
        reverse("assessments:saves", args=[attempt.uuid]),
        json.dumps({"user": str((user or attempt.learner).uuid), "saves": saves}),
        content_type="application/json",
        headers={"X-Requested-With": "fetch"},
    )


def states(reply) -> list[str]:
    return [one["state"] for one in reply.json()["saves"]]


# --- The queue ------------------------------------------------------------------------------------


def test_a_queue_is_kept_as_a_whole_and_may_be_sent_again(browser, attempt):
    saves = [queued(one, world.right(one)) for one in attempt.responses.all()]
    assert states(send(browser, attempt, *saves)) == ["stored"] * 4
    assert states(send(browser, attempt, *saves)) == ["known"] * 4
    assert [one.answer for one in attempt.responses.all()] == [
        world.right(one) for one in attempt.responses.all()
    ]
    assert {one.client_id for one in attempt.responses.all()} == {"page-1"}


def test_a_save_whose_reply_was_lost_is_known_even_when_it_names_another_answer(browser, attempt):
    """The count of a page names one save: what was kept under it stays."""
    first = nth(attempt)
    send(browser, attempt, queued(first, world.right(first), seq=3))
    again = send(browser, attempt, queued(first, world.wrong(first), seq=3))
    assert states(again) == ["known"]
    assert nth(attempt).answer == world.right(first)


def test_a_page_that_did_not_know_of_the_newer_answer_does_not_overwrite_it(browser, attempt):
    first = nth(attempt)
    send(browser, attempt, queued(first, world.right(first), client="phone", seq=1, seen=0))
    late = send(browser, attempt, queued(first, world.wrong(first), client="desk", seq=7, seen=0))
    [result] = late.json()["saves"]
    assert result["state"] == "superseded"
    assert "another device" in result["error"]
    assert result["kept"] == 1
    assert nth(attempt).answer == world.right(first)
    aware = queued(first, world.wrong(first), client="desk", seq=8, seen=result["kept"])
    assert states(send(browser, attempt, aware)) == ["stored"]
    assert nth(attempt).answer == world.wrong(first)


def test_one_that_is_refused_does_not_hold_up_the_others(browser, attempt):
    first, second = nth(attempt, 0), nth(attempt, 1)
    reply = send(
        browser,
        attempt,
        queued(first, "no option"),
        {"position": 99, "client": "p", "seq": 1, "fields": []},
        queued(second, world.right(second)),
    )
    assert states(reply) == ["refused", "refused", "stored"]
    assert reply.json()["saves"][0]["error"]
    assert nth(attempt, 1).answer == world.right(second)


def test_another_person_on_the_same_device_sends_nothing(attempt, learner):
    other = UserFactory()
    client = Client()
    client.force_login(other)
    first = nth(attempt)
    assert send(client, attempt, queued(first, world.right(first))).status_code == 404
    mine = Client()
    mine.force_login(learner)
    assert send(mine, attempt, queued(first, world.right(first)), user=other).status_code == 409
    assert nth(attempt).answer is None


def test_an_expired_session_is_led_to_the_sign_in_page(attempt):
    first = nth(attempt)
    reply = send(Client(), attempt, queued(first, world.right(first)))
    assert reply.status_code == 302
    assert "/accounts/login/" in reply.url


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", '{"saves": 3}', '{"saves": [3]}', '{"saves": [' + "{}," * 201 + "{}]}"],
)
def test_what_is_no_queue_is_refused(browser, attempt, body):
    reply = browser.post(
        reverse("assessments:saves", args=[attempt.uuid]),
        body,
        content_type="application/json",
        headers={"X-Requested-With": "fetch"},
    )
    assert reply.status_code in (400, 409)
    assert reply.json()["error"]


@pytest.mark.parametrize(
    "odd",
    [
        {"position": None},
        {"seq": "x"},
        {"at": -1, "seconds": "many", "seen": "?"},
        {"fields": "no list"},
        {"fields": [["answer"], 3, ["answer", "\0"]]},
    ],
)
def test_odd_saves_do_no_harm(browser, attempt, odd):
    reply = send(browser, attempt, {**queued(nth(attempt), None), **odd})
    assert reply.status_code == 200
    assert nth(attempt).answer is None


def test_after_submitting_nothing_changes_and_the_page_is_told(browser, attempt):
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    first = nth(attempt)
    reply = send(browser, attempt, queued(first, world.right(first)))
    assert states(reply) == ["refused"]
    assert "submitted" in reply.json()["saves"][0]["error"]
    assert reply.json()["over"] is True
    assert nth(attempt).answer is None


def test_a_reload_shows_what_is_kept_and_is_another_page(browser, attempt):
    path = reverse("assessments:question", args=[attempt.uuid, 1])
    pages = [browser.get(path) for _again in range(2)]
    assert pages[0].context["client_id"] != pages[1].context["client_id"]
    assert pages[0].context["response"].pk == pages[1].context["response"].pk
    assert Attempt.objects.filter(learner=attempt.learner).count() == 1


def test_an_attempt_goes_on_on_another_device(browser, attempt, learner, final):
    first = nth(attempt)
    send(browser, attempt, queued(first, world.right(first)))
    phone = Client()
    phone.force_login(learner)
    page = phone.get(reverse("assessments:question", args=[attempt.uuid, 1])).content.decode()
    assert f'value="{world.right(first)}" checked' in page
    assert start(final, learner).pk == attempt.pk


def test_a_second_click_on_a_form_is_the_same_save(browser, attempt):
    first = nth(attempt)
    form = {"answer": world.right(first), "seq": "1", "_client": "page-1", "_seen": "0"}
    path = reverse("assessments:question", args=[attempt.uuid, 1])
    assert browser.post(path, form).url == browser.post(path, form).url
    assert nth(attempt).sequence == 1


def test_a_queue_costs_a_few_queries_an_answer(browser, attempt):
    def cost(*saves) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert send(browser, attempt, *saves).status_code == 200
        return len(queries)

    one = cost(queued(nth(attempt), world.right(nth(attempt))))
    four = cost(*[queued(r, world.right(r), client="p2", seq=2) for r in attempt.responses.all()])
    assert (four - one) / 3 <= 7
    assert one <= 22


# --- Time on the screen ---------------------------------------------------------------------------


def test_time_on_the_screen_grows_and_is_never_longer_than_the_question_was_there(attempt):
    def save(seq: int, seconds: int, after: int):
        return services.save_answer(
            attempt=attempt,
            position=0,
            answer=world.right(nth(attempt)),
            sequence=seq,
            language="en",
            client_id="page",
            seconds=seconds,
            at=attempt.started_at + timedelta(seconds=after),
        )

    assert save(1, 12, 20).seconds == 12
    assert save(2, 5, 30).seconds == 12
    assert save(3, 100_000, 40).seconds == 40


# --- Around the deadline --------------------------------------------------------------------------


def save_at(attempt: Attempt, *, arrives: timedelta, told: timedelta | None = None) -> Response:
    response = nth(attempt)
    return services.save_answer(
        attempt=attempt,
        position=0,
        answer=world.right(response),
        sequence=response.sequence + 1,
        language="en",
        client_id="page",
        told_at=None if told is None else attempt.deadline_at + told,
        at=attempt.deadline_at + arrives,
    )


def test_an_answer_given_in_time_counts_when_it_arrives_a_little_later(attempt):
    kept = save_at(attempt, arrives=timedelta(seconds=25), told=-timedelta(seconds=40))
    assert kept.answered_at == attempt.deadline_at - timedelta(seconds=40)


@pytest.mark.parametrize(
    ("arrives", "told"),
    [(6, None), (6, 1), (31, -60), (3600, -3600)],
    ids=["tells nothing", "given too late", "arrives too late", "an hour later"],
)
def test_the_servers_clock_decides(attempt, arrives, told):
    with pytest.raises(Conflict, match="time is over"):
        save_at(
            attempt,
            arrives=timedelta(seconds=arrives),
            told=None if told is None else timedelta(seconds=told),
        )
    assert nth(attempt).answer is None


def test_a_page_cannot_tell_a_time_to_come(attempt):
    at = attempt.started_at + timedelta(minutes=1)
    kept = services.save_answer(
        attempt=attempt,
        position=0,
        answer=world.right(nth(attempt)),
        sequence=1,
        language="en",
        told_at=at + timedelta(days=1),
        at=at,
    )
    assert kept.answered_at == at


def test_the_sweep_waits_for_what_may_still_arrive(attempt):
    assert services.submit_overdue(at=attempt.deadline_at + timedelta(seconds=20)) == 0
    save_at(attempt, arrives=timedelta(seconds=21), told=-timedelta(seconds=1))
    assert services.submit_overdue(at=attempt.deadline_at + timedelta(seconds=31)) == 1
    attempt.refresh_from_db()
    assert attempt.score_raw == 1
    assert attempt.submitted_at == attempt.deadline_at


def test_a_deadline_that_moved_since_the_sweep_looked_is_honoured(attempt):
    later = attempt.deadline_at + timedelta(minutes=5)
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=later + timedelta(minutes=5))
    assert services.submit_if_over(attempt=attempt, at=later) is None
    attempt.refresh_from_db()
    assert attempt.status == Attempt.Status.IN_PROGRESS


def test_the_clock_is_told_with_every_save_and_when_asked(browser, attempt):
    first = nth(attempt)
    told = send(browser, attempt, queued(first, world.right(first))).json()
    assert told["deadline"] == attempt.deadline_at.isoformat()
    asked = browser.get(reverse("assessments:clock", args=[attempt.uuid])).json()
    assert asked["deadline"] == told["deadline"]
    assert asked["over"] is asked["paused"] is False


# --- Placement ------------------------------------------------------------------------------------


def test_a_placement_answer_sent_again_is_kept_once(learner, browser):
    skill = teaching.competency()
    assessment = teaching.placement((teaching.bank("bank", skill), skill))
    attempt = start(assessment, learner)
    shown = nth(attempt)
    path = reverse("assessments:placement_item", args=[attempt.uuid])
    form = {"position": "0", "answer": world.right(shown), "_client": "page-1", "_seconds": "9"}
    assert browser.post(path, form).status_code == 302
    assert browser.post(path, {**form, "answer": world.wrong(shown)}).status_code == 302
    kept = nth(attempt)
    assert (kept.answer, kept.client_id) == (world.right(shown), "page-1")
    assert attempt.responses.count() == 2


def test_a_placement_has_no_clock(learner):
    skill = teaching.competency()
    assessment = teaching.placement(
        (teaching.bank("bank", skill), skill), closes_at=now() + timedelta(hours=1)
    )
    attempt = start(assessment, learner)
    assert attempt.deadline_at is None
    assert not timing.has_clock(attempt, now())


def test_pages_cost_the_same_however_many_questions(learner, browser):
    skill = teaching.competency()
    bank = teaching.bank("bank", skill, items=12)
    counts = []
    for number in (3, 12):
        of = teaching.final(f"final-{number}", bank, count=number, time_limit_minutes=30)
        attempt = start(of, learner)
        for name, more in (("question", [1]), ("review", [])):
            path = reverse(f"assessments:{name}", args=[attempt.uuid, *more])
            browser.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(path).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 15
