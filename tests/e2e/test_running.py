"""A running attempt in a real browser: no connection, a pause, a lost session, another person, no time."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from academy.people.models import User
from assessments import services
from assessments.models import Attempt
from tests.e2e.helpers import assert_accessible, check, sign_in
from tests.factories import teaching, world
from tests.factories.people import UserFactory

OFFLINE = re.compile("kept on this device")
SAVED = re.compile("Saved at")


@pytest.fixture
def final(live):
    skill = teaching.competency()
    bank = teaching.bank("bank", skill, items=3)
    return teaching.final(
        "final", bank, count=3, time_limit_minutes=30, pause_minutes=10, cut_score="0.5"
    )


@pytest.fixture
def learner(final) -> User:
    return UserFactory(may_pause=True, large_print=True)


@pytest.fixture
def attempt(final, learner) -> Attempt:
    return services.start_attempt(assessment=final, learner=learner, registration=final.uuid)


@pytest.fixture
def tab(page, learner):
    sign_in(page, learner.email, "password")
    return page


def question(attempt: Attempt, number: int) -> str:
    return f"/en/attempts/{attempt.uuid}/questions/{number}/"


def answer(page, attempt: Attempt, number: int) -> None:
    right = world.right(attempt.responses.get(position=number - 1))
    page.locator(f'[name=answer][value="{right}"]').check(force=True)


def status(page):
    return page.locator("[data-save-status]")


def kept(attempt: Attempt) -> list[bool]:
    return [one.answer == world.right(one) for one in attempt.responses.order_by("position")]


def test_answers_given_without_a_connection_are_saved_and_counted(tab, attempt, console):
    console.allow("ERR_INTERNET_DISCONNECTED|Failed to load resource")
    tab.goto(question(attempt, 1))
    second = tab.context.new_page()
    second.goto(question(attempt, 2))
    tab.context.set_offline(True)
    answer(tab, attempt, 1)
    status(tab).filter(has_text=OFFLINE).wait_for()
    assert_accessible(tab)
    answer(second, attempt, 2)
    status(second).filter(has_text=OFFLINE).wait_for()
    assert kept(attempt) == [False, False, False]
    tab.get_by_role("button", name="Save and continue").click()  # nowhere to go: the page stays
    assert tab.url.endswith(question(attempt, 1))
    context = tab.context
    for closed in (second, tab):
        closed.close()
    context.set_offline(False)
    again = context.new_page()
    again.goto(question(attempt, 1))
    status(again).filter(has_text=SAVED).wait_for()
    assert kept(attempt) == [True, True, False]
    with again.expect_navigation():
        again.locator("#question [value=review]").click()
    with again.expect_navigation():
        again.get_by_role("button", name="Submit my answers").click()
    attempt.refresh_from_db()
    assert (attempt.status, attempt.score_raw) == (Attempt.Status.GRADED, 2)
    assert again.evaluate("() => Object.keys(localStorage).filter((k) => /answers/.test(k))") == []


def test_submitting_waits_for_what_is_not_sent_yet(tab, attempt, console):
    console.allow("Failed to load resource|ERR_")
    tab.goto(question(attempt, 1))
    review = tab.context.new_page()
    review.goto(f"/en/attempts/{attempt.uuid}/review/")
    tab.context.set_offline(True)
    answer(tab, attempt, 1)
    status(tab).filter(has_text=OFFLINE).wait_for()
    tab.close()
    review.get_by_role("button", name="Submit my answers").click()
    status(review).filter(has_text="Not handed in yet").wait_for()
    with review.expect_navigation(url=re.compile("/result/")):
        review.context.set_offline(False)
    attempt.refresh_from_db()
    assert attempt.score_raw == 1


def test_a_pause_hides_the_questions_and_moves_the_deadline(tab, attempt):
    tab.goto(question(attempt, 2))
    stem = tab.locator("main form legend").inner_text()
    check(tab)
    answer(tab, attempt, 2)
    status(tab).filter(has_text=SAVED).wait_for()
    other = tab.context.new_page()
    other.goto(question(attempt, 1))
    with tab.expect_navigation():
        tab.get_by_role("button", name="Pause (10 minutes left)").click()
    other.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    other.get_by_role("heading", name="Paused").wait_for()
    other.close()
    assert tab.get_by_role("heading", name="Paused").is_visible()
    assert stem not in tab.locator("main").inner_text()
    check(tab)
    Attempt.objects.filter(pk=attempt.pk).update(
        paused_at=timezone.now() - timedelta(minutes=4), started_at=attempt.started_at
    )
    with tab.expect_navigation():
        tab.get_by_role("button", name="Go on").click()
    assert tab.url.endswith(question(attempt, 2))
    attempt.refresh_from_db()
    moved = attempt.deadline_at - attempt.started_at - timedelta(minutes=30)
    assert timedelta(minutes=4) <= moved < timedelta(minutes=5)


def test_an_expired_session_keeps_the_answer_until_the_person_is_back(
    tab, attempt, learner, console
):
    console.allow("status of 403")
    tab.goto(question(attempt, 1))
    tab.context.clear_cookies()
    answer(tab, attempt, 1)
    link = tab.get_by_role("link", name="Sign in (opens in a new tab)")
    link.wait_for()
    assert_accessible(tab)
    with tab.context.expect_page() as opened:
        link.click()
    sign_in(opened.value, learner.email, "password")
    tab.bring_to_front()
    tab.evaluate("() => dispatchEvent(new Event('focus'))")
    status(tab).filter(has_text=SAVED).wait_for()
    assert kept(attempt)[0]
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save and continue").click()
    assert tab.url.endswith(question(attempt, 2))


def test_another_person_on_the_device_does_not_send_it(tab, attempt, console):
    console.allow("status of (403|404)")
    tab.goto(question(attempt, 1))
    tab.context.clear_cookies()
    answer(tab, attempt, 1)
    tab.get_by_role("link", name="Sign in (opens in a new tab)").wait_for()
    other = tab.context.new_page()
    sign_in(other, UserFactory().email, "password")
    other.goto("/en/learning/")
    tab.evaluate("() => dispatchEvent(new Event('focus'))")
    tab.wait_for_timeout(300)
    assert kept(attempt) == [False, False, False]
    assert other.evaluate("() => Object.keys(localStorage).filter((k) => /answers/.test(k)).length")


def test_a_deadline_that_moves_is_seen_and_at_its_end_the_page_hands_in(tab, attempt):
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=timezone.now() + timedelta(seconds=8))
    tab.goto(question(attempt, 1))
    answer(tab, attempt, 1)
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=timezone.now() + timedelta(seconds=6))
    tab.wait_for_url(re.compile("/result/"), timeout=30_000)
    attempt.refresh_from_db()
    assert attempt.score_raw == 1


def test_a_placement_answer_survives_a_failed_request(live, page, console):
    console.allow("Failed to load resource|ERR_")
    skill = teaching.competency()
    assessment = teaching.placement((teaching.bank("bank", skill), skill))
    learner = UserFactory()
    attempt = services.start_attempt(
        assessment=assessment, learner=learner, registration=assessment.uuid
    )
    sign_in(page, learner.email, "password")
    path = f"/en/placement/{attempt.uuid}/"
    page.goto(path)
    check(page)
    answer(page, attempt, 1)
    page.context.set_offline(True)
    page.get_by_role("button", name="Save and continue").click()
    status(page).filter(has_text=OFFLINE).wait_for()
    page.context.set_offline(False)
    page.locator("[name=position][value='1']").wait_for(state="attached")
    assert kept(attempt)[0]
    assert attempt.responses.count() == 2


def test_signing_out_leaves_no_answer_on_the_device(tab, attempt, console):
    console.allow("Failed to load resource|ERR_")
    tab.goto(question(attempt, 1))
    tab.route("**/saves/", lambda route: route.abort())
    answer(tab, attempt, 1)
    status(tab).filter(has_text=OFFLINE).wait_for()
    home = tab.context.new_page()
    home.goto("/en/learning/")
    with home.expect_navigation(url=re.compile(r"/en/$")):
        home.get_by_role("button", name="Sign out").click()
    assert home.evaluate("() => Object.keys(localStorage).filter((k) => /academy:/.test(k))") == []
    assert kept(attempt)[0]  # it was sent before


def test_an_answer_changed_in_another_tab_is_told_not_lost(tab, attempt, console):
    console.allow("status of 422")
    other = tab.context.new_page()
    tab.goto(question(attempt, 1))
    other.goto(question(attempt, 1))
    answer(other, attempt, 1)
    status(other).filter(has_text=SAVED).wait_for()
    right = attempt.responses.get(position=0).item_version.content["key"]
    tab.locator(f'#question [name=answer]:not([value="{right}"])').first.check(force=True)
    status(tab).filter(has_text="another tab").wait_for()
    assert kept(attempt)[0]
    with other.expect_navigation():  # saved once more, so that the first tab is older again
        other.get_by_role("button", name="Save and continue").click()
    with tab.expect_navigation():
        tab.get_by_role("button", name="Save and continue").click()
    assert tab.locator("[data-error-summary]").is_visible()
    check(tab)
    assert kept(attempt)[0]
