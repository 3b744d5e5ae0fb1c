"""Contesting a placement and checking on skips, page by page."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from academy.core.clock import now
from academy.people import roles
from assessments.models import PlacementReview, Simulation, SpotCheck
from cms.placement_reviews import remind
from courses.models import PlanItem
from tests.factories import world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    made = world.make(items=24)
    made.placement.spot_check_share = 1
    made.placement.save()
    return made


@pytest.fixture
def learner():
    return UserFactory(role=roles.LEARNER, first_name="Amina")


@pytest.fixture
def browser(learner):
    client = Client()
    client.force_login(learner)
    return client


@pytest.fixture
def trainer():
    client = Client()
    client.force_login(UserFactory(role=roles.TRAINER, email="trainer@academy.example"))
    return client


def result(attempt) -> str:
    return reverse("portal:placement_result", args=[attempt.uuid])


def contest_url(made, attempt) -> str:
    return reverse("portal:contest", args=[attempt.uuid, made.skill.uuid])


def text(response) -> str:
    return response.content.decode()


def test_a_result_shows_what_it_rests_on_and_neither_key_nor_answer(
    made, browser, learner, django_assert_max_num_queries
):
    attempt = world.take_placement(made, learner, able=False)
    browser.get(result(attempt))
    with django_assert_max_num_queries(15):
        page = text(browser.get(result(attempt)))
    assert "What this rests on" in page
    assert "Your answer spoke for a lower level" in page
    for response in attempt.responses.select_related("item_version"):
        for option in response.item_version.words("en")["options"]:
            assert option["text"] not in page


def test_a_person_disagrees_and_a_trainer_answers(made, browser, learner, trainer):
    attempt = world.take_placement(made, learner, able=False)
    assert contest_url(made, attempt) in text(browser.get(result(attempt)))
    empty = browser.post(contest_url(made, attempt), {"reason": "", "kind": "human"})
    assert empty.status_code == 422
    reply = browser.post(
        contest_url(made, attempt), {"reason": "I do this <b>daily</b>.", "kind": "human"}
    )
    assert reply.url == result(attempt)
    page = text(browser.get(result(attempt)))
    assert "A trainer answers by" in page
    assert contest_url(made, attempt) not in page
    assert browser.get(contest_url(made, attempt)).url == result(attempt)

    review = PlacementReview.objects.get()
    queue = text(trainer.get(reverse("placement_reviews:index")))
    decide = reverse("placement_reviews:decide", args=[review.uuid])
    assert decide in queue
    assert str(learner) in queue
    evidence = text(trainer.get(decide))
    assert "I do this &lt;b&gt;daily&lt;/b&gt;." in evidence
    shown = attempt.responses.first().item_version
    [right] = [
        one["text"] for one in shown.words("en")["options"] if one["id"] == shown.content["key"]
    ]
    assert right in evidence, "the key is there to judge by"
    assert trainer.post(decide, {"band": "1", "answer": ""}).status_code == 422
    trainer.post(decide, {"band": "1", "answer": "Your examples convinced me."})
    review.refresh_from_db()
    assert (review.decision, review.band) == ("changed", 1)
    page = text(browser.get(result(attempt)))
    assert "Your examples convinced me." in page
    assert "Band 2, as a trainer decided" in page
    assert "Your examples" in text(trainer.get(decide))
    again = trainer.post(decide, {"band": "0", "answer": "No."}, follow=True)
    assert "answered already" in text(again)


def test_a_second_form_is_taken_like_a_placement_and_leads_back(made, browser, learner):
    attempt = world.take_placement(made, learner, able=False)
    url = browser.post(contest_url(made, attempt), {"reason": "Unclear.", "kind": "form"}).url
    assert "Go on with the questions" in text(browser.get(result(attempt)))
    while "/placement/" in url and "learning" not in url:
        shown = browser.get(url).context["response"]
        url = browser.post(
            url, {"position": shown.position, "answer": world.right(shown)}, follow=False
        ).url
    review = PlacementReview.objects.get()
    assert browser.get(url).url == result(attempt)
    page = text(browser.get(result(attempt)))
    assert "by your answers to both sets of questions" in page
    assert not review.is_open


def test_a_second_form_is_not_offered_without_questions_left(browser, learner):
    made = world.make(items=4)
    attempt = world.take_placement(made, learner)
    page = text(browser.get(contest_url(made, attempt)))
    assert "too few questions left" in page
    assert 'value="form"' not in page
    reply = browser.post(contest_url(made, attempt), {"reason": "Why", "kind": "form"})
    assert reply.status_code == 422


def test_what_was_contested_can_be_taken_back(made, browser, learner):
    attempt = world.take_placement(made, learner)
    browser.post(contest_url(made, attempt), {"reason": "No.", "kind": "human"})
    review = PlacementReview.objects.get()
    browser.post(reverse("portal:withdraw_review", args=[review.uuid]))
    assert "Taken back" in text(browser.get(result(attempt)))


def test_trainers_are_reminded_once_of_what_is_overdue(made, browser, learner, trainer):
    attempt = world.take_placement(made, learner)
    browser.post(contest_url(made, attempt), {"reason": "No.", "kind": "human"})
    assert remind() == 0
    PlacementReview.objects.update(due_at=now() - timedelta(days=1))
    assert remind() == 1
    assert remind() == 0
    [message] = mail.outbox
    assert message.to == ["trainer@academy.example"]
    assert str(learner) not in message.body
    assert "overdue" in text(trainer.get(reverse("placement_reviews:index")))


def test_the_queue_asks_the_same_however_long_it_is(made, trainer, django_assert_max_num_queries):
    counts = []
    for _round in range(2):
        for _person in range(2):
            attempt = world.take_placement(made, UserFactory())
            PlacementReview.objects.create(
                attempt=attempt,
                learner=attempt.learner,
                competency=made.skill,
                reason="No.",
                due_at=now(),
            )
        trainer.get(reverse("placement_reviews:index"))
        with django_assert_max_num_queries(20) as seen:
            trainer.get(reverse("placement_reviews:index"))
        counts.append(len(seen.captured_queries))
    assert counts[0] == counts[1]


def test_what_a_calibrated_placement_skipped_is_explained_and_taken_back(made, browser, learner):
    made.placement.sections.get().bank.__class__.objects.update(is_calibrated=True)
    attempt = world.take_placement(made, learner)
    page = text(browser.get(result(attempt)))
    item = PlanItem.objects.get(learner=learner)
    assert item.skipped_by == "placement"
    assert "off your list" in page
    assert "Band 2 or above with a probability of" in page
    assert "skipped it for you" in text(browser.get(reverse("portal:plan")))
    browser.post(reverse("portal:unskip", args=[item.uuid]))
    assert "took it back" in text(browser.get(reverse("portal:plan")))


def test_a_quick_question_is_answered_put_off_or_passed_over(made, browser, learner):
    world.take_placement(made, learner)
    item = PlanItem.objects.get(learner=learner)
    browser.post(reverse("portal:skip", args=[item.uuid]))
    home = reverse("portal:home")
    assert "A quick question" not in text(browser.get(home))
    SpotCheck.objects.update(due_after=now() - timedelta(days=1))
    assert "A quick question" in text(browser.get(home))
    first = SpotCheck.objects.order_by("due_after", "pk").first()
    url = reverse("portal:quick_question", args=[first.uuid])
    assert browser.post(url, {}).status_code == 422
    key = first.item_version.content["key"]
    reply = browser.post(url, {"answer": key}, follow=True)
    assert "neither for nor against you" in text(reply)
    first.refresh_from_db()
    assert first.score == 1
    assert browser.get(url).url == home
    second = SpotCheck.objects.filter(answered_at__isnull=True).order_by("due_after", "pk").first()
    browser.post(reverse("portal:quick_question", args=[second.uuid]), {"later": "1"})
    assert "A quick question" not in text(browser.get(home))


def test_the_intro_says_that_skips_may_be_checked(made, browser):
    url = reverse("assessments:placement_intro")
    assert "a few short questions about it" in text(browser.get(url))
    made.placement.spot_check_share = 0
    made.placement.save()
    assert "a few short questions about it" not in text(browser.get(url))


def test_hr_sees_figures_and_no_people(made, learner):
    hr = Client()
    hr.force_login(UserFactory(role=roles.HR))
    world.take_placement(made, learner)
    from courses import plans

    plans.accept_skip(item=PlanItem.objects.get(learner=learner))
    page = text(hr.get(reverse("reporting:skips")))
    assert "fewer than 10 with enough answers" in page
    assert learner.last_name not in page


# --- Simulations ----------------------------------------------------------------------------------


def test_a_trainer_simulates_a_placement(
    made, trainer, run_tasks, django_capture_on_commit_callbacks
):
    url = reverse("simulations:index")
    assert trainer.post(url, {"subject": "bank:0", "people": "200"}).status_code == 422
    with django_capture_on_commit_callbacks(execute=False):
        reply = trainer.post(url, {"subject": f"assessment:{made.placement.pk}", "people": "200"})
    assert "0 of 200 people" in text(trainer.get(reply.url))
    assert trainer.get(reply.url)["Refresh"]
    Simulation.objects.update(people=30)
    from assessments.tasks import run_simulation

    run_simulation(Simulation.objects.get().pk)
    simulation = Simulation.objects.get()
    assert (simulation.state, simulation.done) == ("done", 30)
    page = trainer.get(reply.url)
    assert "Refresh" not in page
    assert "Placed at their true level" in text(page)
    assert "24 active questions" in text(page)
    assert reply.url in text(trainer.get(url))


def test_what_cannot_be_simulated_says_why(made, trainer):
    from assessments.models import ItemBank

    empty = ItemBank.objects.create(code="empty", title={"en": "Empty"})
    reply = trainer.post(
        reverse("simulations:index"), {"subject": f"bank:{empty.pk}", "people": "200"}, follow=True
    )
    assert "no active questions" in text(reply)
    assert not Simulation.objects.exists()


def test_a_simulation_that_was_lost_is_taken_up(made):
    from assessments import simulations

    row = Simulation.objects.create(
        assessment=made.placement,
        people=20,
        seed=1,
        state="running",
        tries=1,
        leased_until=now() - timedelta(minutes=1),
    )
    assert list(simulations.owed_simulations()) == [row.pk]
    assert simulations.run_simulation(row.pk) is not None
    assert simulations.run_simulation(row.pk) is None
    assert not simulations.owed_simulations()


def test_the_command_says_what_a_bank_can_measure(made, capsys):
    import json

    from django.core.management import CommandError, call_command

    call_command("simulate_placement", "--bank", "bank", "--n", "20", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 20
    assert found["areas"][0]["competency"] == made.skill.ref
    call_command("simulate_placement", "--assessment", "placement", "--n", "20", "--seed", "2")
    assert "would skip above it" in capsys.readouterr().out
    for wrong in (["--bank", "none"], ["--assessment", "final"], ["--bank", "bank", "--n", "0"]):
        with pytest.raises(CommandError):
            call_command("simulate_placement", *wrong)
