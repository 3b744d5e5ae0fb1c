"""What a learner meets of an assessment's rules: moving about, explanations, parts, corrections."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from academy.core.clock import now
from academy.people.models import User
from assessments import regrading
from assessments.models import Assessment, Attempt, Response, Section
from courses.services import start_final
from tests.factories import world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return world.make(items=8)


@pytest.fixture
def learner() -> User:
    return UserFactory()


@pytest.fixture
def browser(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


def begin(made, learner, section: dict | None = None, **rules) -> Attempt:
    final = made.module.final_assessment
    Assessment.objects.filter(pk=final.pk).update(**rules)
    if section:
        final.sections.update(**section)
    made.module.refresh_from_db()
    return start_final(learner=learner, module=made.module)


def address(attempt, number: int = 1) -> str:
    return reverse("assessments:question", args=[attempt.uuid, number])


def review(attempt) -> str:
    return reverse("assessments:review", args=[attempt.uuid])


def result(attempt) -> str:
    return reverse("assessments:result", args=[attempt.uuid])


def shown(attempt, number: int) -> Response:
    return attempt.responses.select_related("item_version").get(position=number - 1)


def give(browser, attempt, number, *, right=True, go="next", **data):
    response = shown(attempt, number)
    answer = world.right(response) if right else world.wrong(response)
    return browser.post(address(attempt, number), {"answer": answer, "go": go, **data})


# --- Forward only ---------------------------------------------------------------------------------


def test_forward_only_leads_from_one_question_to_the_next(made, browser, learner):
    attempt = begin(made, learner, navigation="forward")
    page = browser.get(address(attempt)).content.decode()
    assert "You cannot come back to this question" in page
    assert 'name="go" value="previous"' not in page
    assert 'form="question"' not in page, "no other question can be gone to"
    assert give(browser, attempt, 1, go="4").url == address(attempt, 2)
    assert browser.get(address(attempt, 1)).url == address(attempt, 2)
    assert browser.get(address(attempt, 3)).url == address(attempt, 2)
    save = reverse("assessments:save", args=[attempt.uuid, 1])
    kept = world.right(shown(attempt, 1))
    late = browser.post(save, {"answer": world.wrong(shown(attempt, 1)), "seq": "9"})
    assert late.status_code == 409
    assert shown(attempt, 1).answer == kept
    page = browser.get(review(attempt)).content.decode()
    assert "You have not come to the end of the questions" in page
    for number in (2, 3):
        assert give(browser, attempt, number).url == address(attempt, number + 1)
    assert give(browser, attempt, 4).url == review(attempt)
    assert browser.get(address(attempt, 4)).url == review(attempt)
    assert "Go back to the questions" not in browser.get(review(attempt)).content.decode()


def test_a_question_left_empty_is_left_all_the_same(made, browser, learner):
    attempt = begin(made, learner, navigation="forward")
    assert browser.post(address(attempt), {"go": "next"}).url == address(attempt, 2)
    assert shown(attempt, 1).answer is None


# --- One by one -----------------------------------------------------------------------------------


def test_an_adaptive_section_shows_the_next_question_after_each_answer(made, browser, learner):
    attempt = begin(made, learner, {"rule": Section.Rule.ADAPTIVE, "count": 6})
    page = browser.get(address(attempt)).content.decode()
    assert "Question 1 of at most 6" in page
    number = 1
    while True:
        reply = give(browser, attempt, number)
        assert browser.get(address(attempt, number)).url == reply.url, "refreshing changes nothing"
        if reply.url == review(attempt):
            break
        number += 1
        assert reply.url == address(attempt, number)
    assert 5 <= number <= 6
    reply = browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    page = browser.get(reply.url).content.decode()
    assert "Passed" in page


# --- Explanations ---------------------------------------------------------------------------------


def test_an_answer_explained_at_once_stays(made, browser, learner):
    attempt = begin(made, learner, feedback="answered")
    page = browser.get(address(attempt)).content.decode()
    assert "Check my answer" in page
    assert "Because." not in page
    assert browser.post(address(attempt), {"go": "check"}).status_code == 422
    assert give(browser, attempt, 1, go="check", right=False).url == address(attempt, 1)
    page = browser.get(address(attempt)).content.decode()
    assert "Because." in page
    assert address(attempt, 2) in page
    given = shown(attempt, 1).answer
    give(browser, attempt, 1)
    assert shown(attempt, 1).answer == given
    assert give(browser, attempt, 2, go="next").url == address(attempt, 3)
    assert "Because." not in browser.get(address(attempt, 2)).content.decode(), "only saved"


@pytest.mark.parametrize(
    ("feedback", "right", "explained"),
    [
        ("graded", False, True),
        ("answered", False, True),
        ("passed", False, False),
        ("passed", True, True),
        ("never", True, False),
        ("closed", True, False),
    ],
)
def test_explanations_are_shown_when_the_author_says(
    made, browser, learner, feedback, right, explained
):
    attempt = begin(made, learner)
    for number in range(1, 5):
        give(browser, attempt, number, right=right)
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    Assessment.objects.filter(pk=attempt.assessment_id).update(feedback=feedback)
    page = browser.get(result(attempt)).content.decode()
    assert ("Because." in page) is explained
    assert ("Question by question" in page) is (feedback != "never")


def test_explanations_wait_until_it_has_closed_for_the_last_one(made, browser, learner):
    attempt = begin(made, learner)
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    final = attempt.assessment
    rows = Assessment.objects.filter(pk=final.pk)
    rows.update(feedback="closed", closes_at=now() - timedelta(hours=1))
    assert "Because." in browser.get(result(attempt)).content.decode()
    final.allowances.create(learner=UserFactory(), closes_at=now() + timedelta(hours=1))
    page = browser.get(result(attempt)).content.decode()
    assert "Because." not in page
    assert "once the assessment has closed" in page


# --- Parts and dates ------------------------------------------------------------------------------


def test_each_part_is_shown_against_its_cut_in_words(made, browser, learner):
    attempt = begin(made, learner, {"cut_score": "0.900", "title": {"en": "Facts"}})
    for number in range(1, 5):
        give(browser, attempt, number, right=number < 4)
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    page = browser.get(result(attempt)).content.decode()
    attempt.refresh_from_db()
    assert attempt.passed is False
    for words in ("Not passed yet", "Part by part", "Facts", "90%", "Not reached"):
        assert words in page


def test_an_assessment_that_is_not_open_yet_says_when_it_is(made, browser):
    final = made.module.final_assessment
    opens = now() + timedelta(days=3)
    Assessment.objects.filter(pk=final.pk).update(opens_at=opens)
    path = reverse("courses:start_final", args=[made.module.uuid])
    assert "This assessment opens on" in browser.get(path).content.decode()
    assert browser.post(path).status_code == 409
    assert not Attempt.objects.exists()


# --- Corrections ----------------------------------------------------------------------------------


def test_people_are_told_of_a_correction_and_its_reason(made, browser, learner):
    attempt = begin(made, learner)
    for number in range(1, 5):
        give(browser, attempt, number, right=number < 3)
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    home = reverse("portal:home")
    assert "was corrected" not in browser.get(home).content.decode()
    trainer = UserFactory()
    regrade = regrading.propose(
        version=shown(attempt, 4).item_version, policy="full", reason="Two were right.", by=trainer
    )
    regrading.decide(regrade=regrade, by=trainer)
    regrading.apply_some(regrade.pk)
    page = browser.get(result(attempt)).content.decode()
    for words in ("This result was corrected", "Two were right.", "You have passed with it", "75%"):
        assert words in page
    page = browser.get(home).content.decode()
    assert "was corrected" in page
    assert result(attempt) in page
