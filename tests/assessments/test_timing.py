"""Start + limit × factor + minutes more + pauses, no later than the close; moved in a running attempt."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict
from academy.people.models import User
from academy.people.services import anonymise
from academy.xapi.models import Statement
from assessments import services
from assessments.allowances import (
    give_allowance,
    renew_deadlines,
    time_allowed,
    withdraw_allowance,
)
from assessments.models import Assessment, Attempt
from assessments.pauses import pause_attempt, resume_attempt
from tests.factories import teaching, world
from tests.factories.people import UserFactory
from tests.test_assessments_http import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def make(**fields) -> Assessment:
    skill = teaching.competency()
    return teaching.final("final", teaching.bank("bank", skill), **fields)


def start(final: Assessment, learner: User, at=None) -> Attempt:
    return services.start_attempt(assessment=final, learner=learner, registration=final.uuid, at=at)


def fresh(attempt: Attempt) -> Attempt:
    return Attempt.objects.select_related("assessment", "learner").get(pk=attempt.pk)


# --- Deadline -------------------------------------------------------------------------------------


def test_the_limit_times_the_factor_of_the_start():
    final = make(time_limit_minutes=30)
    learner = UserFactory(time_factor=Decimal("1.25"))
    attempt = start(final, learner)
    assert attempt.deadline_at - attempt.started_at == timedelta(minutes=37, seconds=30)
    learner.time_factor = 2  # settings apply to attempts started afterwards
    learner.save()
    renew_deadlines(final)
    assert fresh(attempt).deadline_at == attempt.deadline_at


def test_no_attempt_goes_on_after_the_close():
    close = now() + 10 * MINUTE
    final = make(time_limit_minutes=30, closes_at=close)
    attempt = start(final, UserFactory())
    assert attempt.deadline_at == close
    assert services.submit_overdue(at=close + MINUTE) == 1


def test_without_a_limit_the_close_is_the_deadline():
    close = now() + timedelta(days=3)
    attempt = start(make(closes_at=close), UserFactory())
    assert attempt.deadline_at == close


def test_a_later_close_counts_for_what_is_under_way_an_earlier_one_does_not():
    close = now() + 60 * MINUTE
    final = make(closes_at=close)
    attempt = start(final, UserFactory())
    final.closes_at = close - 30 * MINUTE
    assert renew_deadlines(final) == 0
    assert fresh(attempt).deadline_at == close
    final.closes_at = close + 30 * MINUTE
    final.save()
    assert renew_deadlines(final) == 1
    assert fresh(attempt).deadline_at == close + 30 * MINUTE


# --- Allowances -----------------------------------------------------------------------------------


def test_an_allowance_counts_in_a_running_attempt_and_can_be_taken_back():
    close = now() + 40 * MINUTE
    final = make(time_limit_minutes=30, closes_at=close)
    learner, other = UserFactory(), UserFactory()
    attempt, others = start(final, learner), start(final, other)
    allowance = give_allowance(
        assessment=final,
        learner=learner,
        by=None,
        extra_minutes=20,
        closes_at=close + 60 * MINUTE,
    )
    assert fresh(attempt).deadline_at - attempt.started_at == 50 * MINUTE
    assert fresh(others).deadline_at == others.deadline_at
    give_allowance(assessment=final, learner=learner, by=None, extra_minutes=20)
    assert fresh(attempt).deadline_at == close
    withdraw_allowance(allowance=allowance)
    assert fresh(attempt).deadline_at - attempt.started_at == 30 * MINUTE


def test_an_allowance_given_before_counts_from_the_start():
    final = make(time_limit_minutes=30)
    learner = UserFactory()
    give_allowance(assessment=final, learner=learner, by=None, extra_minutes=10)
    attempt = start(final, learner)
    assert attempt.deadline_at - attempt.started_at == 40 * MINUTE
    assert time_allowed(final, learner)["minutes"] == 40


def test_minutes_given_after_the_clock_ran_out_keep_the_sweep_away():
    final = make(time_limit_minutes=30)
    learner = UserFactory()
    attempt = start(final, learner, at=now() - 31 * MINUTE)
    give_allowance(assessment=final, learner=learner, by=None, extra_minutes=30)
    assert services.submit_overdue() == 0
    kept = services.save_answer(attempt=attempt, position=0, answer=None, sequence=1, language="en")
    assert kept.sequence == 1


def test_attempts_more_are_attempts_more():
    final = make(max_attempts=1)
    learner = UserFactory()
    services.submit_attempt(attempt=start(final, learner))
    with pytest.raises(Conflict, match="all your attempts"):
        start(final, learner)
    give_allowance(assessment=final, learner=learner, by=None, extra_attempts=1)
    services.submit_attempt(attempt=start(final, learner))
    with pytest.raises(Conflict, match="all your attempts"):
        start(final, learner)


def test_an_allowance_of_nothing_is_refused():
    with pytest.raises(AcademyError, match="Say what is allowed"):
        give_allowance(assessment=make(), learner=UserFactory(), by=None)


def test_an_attempt_from_before_timing_was_pinned_keeps_its_time():
    final = make(time_limit_minutes=30)
    learner = UserFactory()
    attempt = start(final, learner)
    Attempt.objects.filter(pk=attempt.pk).update(pinned={})
    for _again in range(2):
        give_allowance(assessment=final, learner=learner, by=None, extra_minutes=5)
    assert fresh(attempt).deadline_at - attempt.started_at == 35 * MINUTE


# --- Pauses ---------------------------------------------------------------------------------------


@pytest.fixture
def paused_final() -> Assessment:
    return make(time_limit_minutes=30, pause_minutes=10)


@pytest.fixture
def pauser() -> User:
    return UserFactory(may_pause=True)


def test_a_pause_moves_the_deadline_by_what_was_used(paused_final, pauser):
    attempt = start(paused_final, pauser)
    begun = attempt.started_at
    pause_attempt(attempt=attempt, at=begun + 5 * MINUTE)
    resume_attempt(attempt=attempt, at=begun + 9 * MINUTE)
    assert fresh(attempt).deadline_at - begun == 34 * MINUTE
    assert fresh(attempt).pause_seconds_left == 360
    said = Statement.objects.all()
    assert said.filter(verb__endswith="/suspended").count() == 1
    assert said.filter(verb__endswith="/resumed").count() == 1


def test_pressing_twice_pauses_once_and_goes_on_once(paused_final, pauser):
    attempt = start(paused_final, pauser)
    begun = attempt.started_at
    for minute in (1, 2):
        pause_attempt(attempt=attempt, at=begun + minute * MINUTE)
    for minute in (3, 9):
        resume_attempt(attempt=attempt, at=begun + minute * MINUTE)
    assert fresh(attempt).deadline_at - begun == 32 * MINUTE


def test_a_pause_that_nobody_ends_runs_out_by_itself(paused_final, pauser):
    attempt = start(paused_final, pauser)
    begun = attempt.started_at
    pause_attempt(attempt=attempt, at=begun + 5 * MINUTE)
    assert services.submit_overdue(at=begun + 39 * MINUTE) == 0
    assert services.submit_overdue(at=begun + 41 * MINUTE) == 1
    assert fresh(attempt).submitted_at == begun + 40 * MINUTE


def test_after_a_pause_that_ran_out_there_is_none_left(paused_final, pauser):
    attempt = start(paused_final, pauser)
    begun = attempt.started_at
    pause_attempt(attempt=attempt, at=begun + 5 * MINUTE)
    with pytest.raises(Conflict, match="no pause left"):
        pause_attempt(attempt=attempt, at=begun + 20 * MINUTE)
    resume_attempt(attempt=attempt, at=begun + 20 * MINUTE)
    assert fresh(attempt).pause_seconds_left == 0
    assert fresh(attempt).deadline_at - begun == 40 * MINUTE


def test_an_answer_given_while_the_clock_stands_lets_it_run(paused_final, pauser):
    attempt = start(paused_final, pauser)
    begun = attempt.started_at
    pause_attempt(attempt=attempt, at=begun + 5 * MINUTE)

    def save(sequence: int, told: timedelta, arrives: timedelta):
        services.save_answer(
            attempt=attempt,
            position=0,
            answer=world.right(attempt.responses.get(position=0)),
            sequence=sequence,
            language="en",
            told_at=begun + told,
            at=begun + arrives,
        )

    save(1, 4 * MINUTE, 6 * MINUTE)  # given before, on its way meanwhile
    assert fresh(attempt).paused_at is not None
    save(2, 7 * MINUTE, 7 * MINUTE)
    assert fresh(attempt).paused_at is None
    assert fresh(attempt).deadline_at - begun == 32 * MINUTE


def test_a_pause_does_not_go_past_the_close_unless_the_allowance_does(pauser):
    close = now() + 32 * MINUTE
    final = make(time_limit_minutes=30, pause_minutes=10, closes_at=close)
    attempt = start(final, pauser)
    pause_attempt(attempt=attempt, at=attempt.started_at + MINUTE)
    assert fresh(attempt).deadline_at == close
    give_allowance(assessment=final, learner=pauser, by=None, closes_at=close + 60 * MINUTE)
    assert fresh(attempt).deadline_at - attempt.started_at == 40 * MINUTE
    resume_attempt(attempt=attempt, at=attempt.started_at + 6 * MINUTE)
    assert fresh(attempt).deadline_at - attempt.started_at == 35 * MINUTE


def test_pauses_are_for_those_who_asked_and_for_what_has_a_clock(paused_final):
    attempt = start(paused_final, UserFactory())
    with pytest.raises(Conflict, match="no pause left"):
        pause_attempt(attempt=attempt)
    untimed = make_untimed()
    attempt = start(untimed, UserFactory(may_pause=True))
    with pytest.raises(Conflict, match="no pause left"):
        pause_attempt(attempt=attempt)


def make_untimed() -> Assessment:
    return teaching.final("untimed", teaching.bank("other", teaching.competency()))


def test_a_submitted_attempt_is_not_paused(paused_final, pauser):
    attempt = start(paused_final, pauser)
    services.submit_attempt(attempt=attempt)
    with pytest.raises(Conflict):
        pause_attempt(attempt=attempt)
    assert resume_attempt(attempt=attempt).status == Attempt.Status.GRADED


def test_while_paused_no_page_shows_a_question(paused_final, pauser):
    attempt = start(paused_final, pauser)
    browser = Client()
    browser.force_login(pauser)
    question = reverse("assessments:question", args=[attempt.uuid, 2])
    shown = browser.get(question)
    stem = shown.context["words"]["stem"]
    assert "Pause (10 minutes left)" in shown.content.decode()
    reply = browser.post(reverse("assessments:pause", args=[attempt.uuid]), {"number": "2"})
    assert reply.url == question
    for path in (question, reverse("assessments:review", args=[attempt.uuid])):
        page = browser.get(path).content.decode()
        assert "The clock stands still" in page
        assert stem not in page
    asked = browser.get(reverse("assessments:clock", args=[attempt.uuid])).json()
    assert asked["paused"] is True
    browser.post(reverse("assessments:resume", args=[attempt.uuid]), {"number": "2"})
    assert stem in browser.get(question).content.decode()


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_a_pause_begins_once_and_ends_once(paused_final, pauser):
    attempt = start(paused_final, pauser)
    at_once(*[lambda: pause_attempt(attempt=attempt)] * 3)
    assert Statement.objects.filter(verb__endswith="/suspended").count() == 1
    results = at_once(
        *[lambda: resume_attempt(attempt=attempt)] * 2,
        lambda: services.submit_attempt(attempt=attempt),
    )
    assert not [one for one in results if isinstance(one, Exception)], results
    assert Statement.objects.filter(verb__endswith="/resumed").count() <= 1
    assert fresh(attempt).status == Attempt.Status.GRADED


# --- Settings -------------------------------------------------------------------------------------


def test_settings_are_the_persons_own_and_go_with_them():
    person = UserFactory()
    browser = Client()
    browser.force_login(person)
    path = reverse("portal:settings")
    page = browser.get(path).content.decode()
    for words in ("Pauses in timed assessments", "Alternative version", "No dragging"):
        assert words in page
    reply = browser.post(
        path,
        {
            "language": "en",
            "time_factor": "1.50",
            "may_pause": "on",
            "alternative_version": "on",
            "no_dragging": "on",
        },
    )
    assert reply.status_code == 302
    person.refresh_from_db()
    assert person.may_pause
    assert person.alternative_version
    assert person.no_dragging
    erased = anonymise(person)
    assert not any((erased.may_pause, erased.alternative_version, erased.no_dragging))
