"""What people do to an assessment: double clicks, second tabs, the back button, a lost session."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from academy.people.models import User
from academy.xapi.models import Statement
from assessments import services
from assessments.models import Attempt, Response
from courses.models import Enrollment, LessonProgress, ModuleCompletion
from courses.services import complete_lesson, enroll, start_final
from credentials.models import Credential
from credentials.services import issue_credential
from tests.factories import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return world.make(time_limit_minutes=30)


@pytest.fixture
def learner() -> User:
    return User.objects.create_user("amina@academy.example", "x", first_name="Amina", last_name="D")


@pytest.fixture
def browser(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


@pytest.fixture
def attempt(made, learner) -> Attempt:
    return start_final(learner=learner, module=made.module)


def question(attempt: Attempt, number: int = 1) -> str:
    return reverse("assessments:question", args=[attempt.uuid, number])


def first(attempt: Attempt) -> Response:
    return attempt.responses.order_by("position").first()


def test_starting_twice_is_starting_once(made, browser, learner):
    path = reverse("courses:start_final", args=[made.module.uuid])
    assert browser.post(path).url == browser.post(path).url
    assert Attempt.objects.filter(learner=learner).count() == 1
    assert Enrollment.objects.filter(learner=learner).count() == 1


def test_an_answer_is_kept_and_shown_again(browser, attempt):
    response = first(attempt)
    answer = world.right(response)
    reply = browser.post(question(attempt), {"answer": answer, "seq": "1", "go": "next"})
    assert reply.url == question(attempt, 2)
    page = browser.get(question(attempt)).content.decode()
    assert f'value="{answer}" checked' in page


def test_a_save_from_a_page_shown_earlier_is_refused_not_dropped(browser, attempt):
    response = first(attempt)
    save = reverse("assessments:save", args=[attempt.uuid, 1])
    assert browser.post(save, {"answer": world.right(response), "seq": "5"}).json()["seq"] == 5
    assert browser.post(save, {"answer": world.right(response), "seq": "5"}).json()["saved"]
    late = browser.post(save, {"answer": world.wrong(response), "seq": "4"})
    assert late.status_code == 409
    assert "another device" in late.json()["error"]
    assert first(attempt).answer == world.right(response)
    page = browser.post(question(attempt), {"answer": world.wrong(response), "seq": "2"})
    assert page.status_code == 422
    assert f'value="{world.right(response)}" checked' in page.content.decode()


def test_saving_what_is_no_option_is_refused_and_keeps_what_was(browser, attempt):
    save = reverse("assessments:save", args=[attempt.uuid, 1])
    browser.post(save, {"answer": world.right(first(attempt)), "seq": "1"})
    reply = browser.post(save, {"answer": "<script>", "seq": "2"})
    assert reply.status_code == 400
    assert reply.json()["error"]
    assert first(attempt).answer == world.right(first(attempt))


def test_submitting_twice_grades_once(browser, attempt, learner):
    submit = reverse("assessments:submit", args=[attempt.uuid])
    for response in attempt.responses.all():
        services.save_answer(
            attempt=attempt,
            position=response.position,
            answer=world.right(response),
            sequence=1,
            language="en",
        )
    assert browser.post(submit).url == browser.post(submit).url
    assert ModuleCompletion.objects.filter(learner=learner).count() == 1
    assert Credential.objects.filter(learner=learner).count() == 1
    assert Statement.objects.filter(verb__endswith="/passed").count() == 1


def test_the_back_button_after_submitting_leads_to_the_result(browser, attempt):
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    result = reverse("assessments:result", args=[attempt.uuid])
    assert browser.get(question(attempt)).url == result
    reply = browser.post(question(attempt), {"answer": world.right(first(attempt)), "seq": "9"})
    assert reply.url == result
    assert first(attempt).answer is None


def test_the_servers_clock_decides(browser, attempt):
    answer = world.right(first(attempt))
    browser.post(question(attempt), {"answer": answer, "seq": "1"})
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=timezone.now() - timedelta(minutes=1))
    save = reverse("assessments:save", args=[attempt.uuid, 2])
    assert browser.post(save, {"answer": "x", "seq": "1"}).status_code in (400, 409)
    assert browser.get(question(attempt, 2)).url == reverse(
        "assessments:result", args=[attempt.uuid]
    )
    attempt.refresh_from_db()
    assert attempt.status == Attempt.Status.GRADED
    assert attempt.score_raw == 1
    assert attempt.submitted_at == attempt.deadline_at


def test_the_sweep_submits_what_was_saved_when_nobody_comes_back(attempt):
    services.save_answer(
        attempt=attempt, position=0, answer=world.right(first(attempt)), sequence=1, language="en"
    )
    later = attempt.deadline_at + timedelta(minutes=1)
    assert services.submit_overdue(at=later) == 1
    assert services.submit_overdue(at=later) == 0
    attempt.refresh_from_db()
    assert attempt.score_raw == 1


def test_extra_time_moves_the_deadline(made):
    learner = User.objects.create_user("b@academy.example", "x", time_factor=Decimal("1.5"))
    attempt = start_final(learner=learner, module=made.module)
    assert attempt.deadline_at - attempt.started_at == timedelta(minutes=45)


def test_the_cut_is_the_one_of_the_start(made, browser, attempt):
    made.module.final_assessment.cut_score = "0.010"
    made.module.final_assessment.save()
    browser.post(question(attempt), {"answer": world.right(first(attempt)), "seq": "1"})
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    attempt.refresh_from_db()
    assert attempt.passed is False


def test_an_expired_session_asks_to_sign_in_and_saves_nothing(attempt):
    reply = Client().post(question(attempt), {"answer": world.right(first(attempt)), "seq": "1"})
    assert reply.status_code == 302
    assert "/accounts/login/" in reply.url
    assert first(attempt).answer is None


def test_nobody_else_gets_in(made, attempt):
    other = Client()
    other.force_login(User.objects.create_user("other@academy.example", "x"))
    for path in (
        question(attempt),
        reverse("assessments:review", args=[attempt.uuid]),
        reverse("assessments:result", args=[attempt.uuid]),
    ):
        assert other.get(path).status_code == 404
    assert other.post(reverse("assessments:submit", args=[attempt.uuid])).status_code == 404


def test_a_retake_rule_is_explained_and_held(browser, learner):
    made = world.make(max_attempts=1)
    world.take_final(made, learner, able=False)
    path = reverse("courses:start_final", args=[made.module.uuid])
    assert "all your attempts" in browser.get(path).content.decode()
    assert browser.post(path).status_code == 409
    assert Attempt.objects.filter(learner=learner).count() == 1


# --- Placement ------------------------------------------------------------------------------------


def test_refreshing_shows_the_same_item(made, browser):
    path = browser.post(reverse("assessments:placement_intro")).url
    first_page = browser.get(path).context["response"].pk
    assert browser.get(path).context["response"].pk == first_page
    assert browser.post(reverse("assessments:placement_intro")).url == path


def test_answering_twice_answers_once(made, browser, learner):
    path = browser.post(reverse("assessments:placement_intro")).url
    shown = browser.get(path).context["response"]
    data = {"position": shown.position, "answer": world.right(shown)}
    browser.post(path, data)
    browser.post(path, {**data, "answer": world.wrong(shown)})
    assert Response.objects.get(pk=shown.pk).answer == world.right(shown)
    assert Response.objects.filter(learner=learner).count() == 2


def test_an_empty_answer_is_asked_about_again(made, browser):
    path = browser.post(reverse("assessments:placement_intro")).url
    reply = browser.post(path, {"position": "0"})
    assert reply.status_code == 422
    assert "Choose an answer" in reply.content.decode()


def test_a_placement_goes_on_in_another_browser(made, browser, learner):
    path = browser.post(reverse("assessments:placement_intro")).url
    shown = browser.get(path).context["response"]
    browser.post(path, {"position": shown.position, "dont_know": "1"})
    other = Client()
    other.force_login(learner)
    assert other.get(path).context["response"].position == 1


def test_every_selection_can_be_replayed(made, learner):
    from assessments.placement import rebuild_run

    attempt = world.take_placement(made, learner)
    responses = list(attempt.responses.order_by("position"))
    for count in range(len(responses)):
        index = rebuild_run(attempt, responses[:count]).next_item()
        assert attempt.pinned["versions"][index] == responses[count].item_version_id
    assert rebuild_run(attempt, responses).next_item() is None


# --- At the same moment ---------------------------------------------------------------------------


def at_once(*calls) -> list:
    """Run the calls in threads that start together; returns results or exceptions."""
    results: list = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(index, call):
        gate.wait()
        try:
            results[index] = call()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_everything_happens_once(run_tasks):
    made = world.make()
    learner = User.objects.create_user("c@academy.example", "x", first_name="C", last_name="D")
    lesson = made.module.lessons.first()

    enrollments = at_once(*[lambda: enroll(learner=learner, course=made.course)] * 3)
    assert {one.pk for one in enrollments} == {Enrollment.objects.get(learner=learner).pk}

    enrollment = enrollments[0]
    news = at_once(*[lambda: complete_lesson(enrollment=enrollment, lesson=lesson)] * 3)
    assert sorted(map(str, news)) == ["False", "False", "True"]
    assert LessonProgress.objects.filter(learner=learner).count() == 1

    attempts = at_once(*[lambda: start_final(learner=learner, module=made.module)] * 3)
    attempt = Attempt.objects.get(learner=learner)
    assert {one.pk for one in attempts} == {attempt.pk}
    for response in attempt.responses.all():
        services.save_answer(
            attempt=attempt,
            position=response.position,
            answer=world.right(response),
            sequence=1,
            language="en",
        )
    at_once(*[lambda: services.submit_attempt(attempt=attempt)] * 3)
    assert ModuleCompletion.objects.filter(learner=learner).count() == 1
    credential = Credential.objects.get(learner=learner)

    Credential.objects.filter(pk=credential.pk).update(
        state="pending", pdf="", pdf_sha256="", issued_at=None, claimed_by=None
    )
    made_ones = at_once(*[lambda: issue_credential(credential.pk)] * 3)
    assert sum(one is not None for one in made_ones) == 1, made_ones
    assert connection.vendor in ("sqlite", "postgresql")


def test_the_key_is_not_shown_before_one_has_passed(made, browser, learner):
    failed = world.take_final(made, learner, able=False)
    result = reverse("assessments:result", args=[failed.uuid])
    page = browser.get(result).content.decode()
    assert "Because." not in page
    for response in failed.responses.all():
        words = response.item_version.words("en")
        right = next(o for o in words["options"] if o["id"] == world.right(response))
        assert right["text"] not in page
    passed = world.take_final(made, learner)
    page = browser.get(reverse("assessments:result", args=[passed.uuid])).content.decode()
    assert "Because." in page


def test_what_is_passed_is_not_taken_again(made, browser, learner):
    world.take_final(made, learner)
    path = reverse("courses:start_final", args=[made.module.uuid])
    assert "passed this assessment already" in browser.get(path).content.decode()
    assert browser.post(path).status_code == 409
    assert ModuleCompletion.objects.filter(learner=learner).count() == 1


def test_autosave_leaves_placements_alone(made, browser):
    path = browser.post(reverse("assessments:placement_intro")).url
    shown = browser.get(path).context["response"]
    save = reverse("assessments:save", args=[shown.attempt.uuid, 1])
    assert browser.post(save, {"answer": world.right(shown), "seq": "1"}).status_code == 400
    assert browser.get(path).context["response"].pk == shown.pk
    browser.post(path, {"position": shown.position, "answer": world.right(shown)})
    assert browser.get(path).context["response"].position == 1


@pytest.mark.parametrize("text", ["²", "9" * 5000, "-1", "1.5", "", "٣x"])
def test_numbers_that_are_none_do_no_harm(browser, attempt, text):
    save = reverse("assessments:save", args=[attempt.uuid, 1])
    answer = world.right(first(attempt))
    assert browser.post(save, {"answer": answer, "seq": text}).status_code == 200
    assert browser.post(question(attempt), {"answer": answer, "go": text}).status_code == 302


def test_going_on_after_the_time_is_over_shows_the_result_first(made, browser, attempt, learner):
    Attempt.objects.filter(pk=attempt.pk).update(deadline_at=timezone.now() - timedelta(minutes=1))
    reply = browser.post(reverse("courses:start_final", args=[made.module.uuid]), follow=True)
    assert reply.request["PATH_INFO"] == reverse("assessments:result", args=[attempt.uuid])
    assert Attempt.objects.filter(learner=learner).count() == 1


def test_a_late_sweep_still_completes_the_course(learner):
    """The first module's answers wait for the sweep while the second module is proven."""
    from courses.models import Module
    from tests.factories import teaching

    made = world.make(time_limit_minutes=30)
    bank = teaching.bank("second", made.skill)
    second = teaching.module("Second", {made.skill: 2}, assessment=teaching.final("f2", bank))
    course = teaching.course("Both", made.module, second)
    enroll(learner=learner, course=course)
    waiting = start_final(learner=learner, module=made.module)
    for response in waiting.responses.all():
        services.save_answer(
            attempt=waiting,
            position=response.position,
            answer=world.right(response),
            sequence=1,
            language="en",
        )
    begun = timezone.now() - timedelta(hours=1)
    Attempt.objects.filter(pk=waiting.pk).update(
        started_at=begun, deadline_at=begun + timedelta(minutes=30)
    )
    world.take_final(
        world.World(made.skill, Module.objects.get(pk=second.pk), course, made.placement), learner
    )
    assert services.submit_overdue() == 1
    assert Enrollment.objects.get(learner=learner, course=course).status == "completed"


def test_a_broker_that_is_down_does_not_fail_what_was_earned(
    made, browser, learner, monkeypatch, django_capture_on_commit_callbacks
):
    from credentials.tasks import issue_credential as task

    def down(*args, **kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr(task, "delay", down)
    with django_capture_on_commit_callbacks(execute=True):
        world.take_final(made, learner)
    assert Credential.objects.get(learner=learner).state == "pending"
