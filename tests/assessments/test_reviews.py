"""Contesting a placement: by a person, by a second form, once, and answered in time."""

from datetime import timedelta

import pytest

from academy.competencies.models import CompetencyRecord
from academy.competencies.services import known_levels
from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict, NotAllowed
from academy.xapi.models import Statement
from academy.xapi.vocabulary import streams
from assessments import reviews
from assessments.models import Attempt, Exposure, PlacementReview, Response
from assessments.placement import latest_placement, placed_competencies, replay_run
from assessments.services import answer_placement, forget_person, refusal_to_start
from courses.models import PlanItem
from tests.factories import world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

HUMAN, FORM = PlacementReview.Kind.HUMAN, PlacementReview.Kind.SECOND_FORM


@pytest.fixture
def made():
    return world.make(items=24)


@pytest.fixture
def learner():
    return UserFactory()


@pytest.fixture
def trainer():
    return UserFactory()


@pytest.fixture
def attempt(made, learner) -> Attempt:
    return world.take_placement(made, learner, able=False)


def contest(made, attempt, kind=HUMAN, reason="I do this every day.", **more) -> PlacementReview:
    return reviews.contest(attempt=attempt, competency=made.skill, reason=reason, kind=kind, **more)


def finish(form: Attempt, *, able: bool) -> Attempt:
    while form.status == Attempt.Status.IN_PROGRESS:
        shown = form.responses.order_by("-position").first()
        form = answer_placement(
            attempt=form,
            position=shown.position,
            answer=world.right(shown) if able else world.wrong(shown),
            language="en",
        )
    return form


def said(verb) -> list[Statement]:
    return list(Statement.objects.filter(verb=verb.id).order_by("id"))


# --- Asking ---------------------------------------------------------------------------------------


def test_who_disagrees_is_answered_within_the_days_of_the_placement(made, attempt):
    made.placement.review_days = 7
    made.placement.save()
    attempt.refresh_from_db()
    review = contest(made, attempt)
    assert review.due_at - review.asked_at == timedelta(days=7)
    [statement] = said(streams.DISAGREED)
    assert statement.document["result"]["response"] == "I do this every day."


def test_a_level_is_contested_once(made, attempt):
    first = contest(made, attempt)
    assert contest(made, attempt, reason="Again", kind=FORM) == first
    assert PlacementReview.objects.count() == 1


def test_a_reason_is_needed(made, attempt):
    with pytest.raises(AcademyError, match="Say why"):
        contest(made, attempt, reason="  ")


def test_an_older_placement_is_not_contested(made, attempt, learner):
    made.placement.cooldown_hours = 0
    made.placement.save()
    world.take_placement(made, learner)
    with pytest.raises(Conflict, match="newer placement"):
        contest(made, attempt)


def test_it_can_be_taken_back_until_it_is_answered(made, attempt, trainer):
    review = contest(made, attempt)
    reviews.withdraw(review=review)
    reviews.withdraw(review=review)
    review.refresh_from_db()
    assert review.decision == "withdrawn"
    assert len(said(streams.RETRACTED)) == 1
    with pytest.raises(Conflict):
        reviews.decide(review=review, by=trainer, band=1, answer="No.")


# --- A person decides -----------------------------------------------------------------------------


def test_a_changed_level_is_placed_and_the_plan_follows(made, attempt, learner, trainer):
    assert known_levels(learner)[made.skill.pk].placed == 0
    review = contest(made, attempt)
    reviews.decide(review=review, by=trainer, band=1, answer="You showed me.")
    assert known_levels(learner)[made.skill.pk].placed == 2
    review.refresh_from_db()
    assert (review.decision, review.band, review.decided_by) == ("changed", 1, trainer)
    record = CompetencyRecord.objects.filter(basis="placed").order_by("id").last()
    assert str(review.statement_id) in record.evidence["statements"]
    assert str(attempt.statement_id) in record.evidence["statements"]
    [statement] = said(streams.RECEIVED)
    assert statement.document["result"]["success"] is True
    assert statement.document["context"]["instructor"]["account"]["name"]
    item = PlanItem.objects.get(learner=learner)
    assert item.state == PlanItem.State.SKIP_OFFERED, "a person's word offers, and never decides"
    assert placed_competencies(attempt)[0].band == 1


def test_a_level_that_is_kept_changes_nothing(made, attempt, learner, trainer):
    review = contest(made, attempt)
    before = CompetencyRecord.objects.count()
    reviews.decide(review=review, by=trainer, band=0, answer="All the answers were wrong.")
    review.refresh_from_db()
    assert review.decision == "kept"
    assert CompetencyRecord.objects.count() == before
    assert said(streams.RECEIVED)[0].document["result"]["success"] is False


def test_an_answer_is_given_once(made, attempt, trainer):
    review = contest(made, attempt)
    reviews.decide(review=review, by=trainer, band=0, answer="It stays.")
    with pytest.raises(Conflict, match="answered already"):
        reviews.decide(review=review, by=UserFactory(), band=2, answer="It does not.")
    review.refresh_from_db()
    assert (review.answer, review.band) == ("It stays.", 0)
    with pytest.raises(Conflict):
        reviews.withdraw(review=review)


@pytest.mark.parametrize(("band", "answer"), [(4, "Why"), (-1, "Why"), (1, " ")])
def test_what_is_no_answer_is_refused(made, attempt, trainer, band, answer):
    review = contest(made, attempt)
    with pytest.raises(AcademyError):
        reviews.decide(review=review, by=trainer, band=band, answer=answer)
    review.refresh_from_db()
    assert review.is_open


def test_nobody_decides_about_themselves(made, attempt, learner):
    with pytest.raises(NotAllowed):
        reviews.decide(review=contest(made, attempt), by=learner, band=3, answer="I am good.")


def test_a_newer_placement_outweighs_an_answer_that_comes_late(made, attempt, learner, trainer):
    review = contest(made, attempt)
    made.placement.cooldown_hours = 0
    made.placement.save()
    world.take_placement(made, learner, able=True)
    placed = known_levels(learner)[made.skill.pk].placed
    reviews.decide(review=review, by=trainer, band=1, answer="Yes.")
    assert known_levels(learner)[made.skill.pk].placed == placed


def test_reminders_count_what_is_overdue_once(made, attempt):
    review = contest(made, attempt)
    assert reviews.claim_reminder() == 0
    late = review.due_at + timedelta(hours=1)
    assert review.is_overdue(late)
    assert not review.is_overdue(now())
    assert reviews.claim_reminder(at=late) == 1
    assert reviews.claim_reminder(at=late) == 0


# --- A second form --------------------------------------------------------------------------------


def test_a_second_form_asks_what_was_not_seen_and_both_count(made, attempt, learner):
    review = contest(made, attempt, FORM)
    form = finish(review.second_form, able=True)
    first = set(attempt.responses.values_list("item_version", flat=True))
    second = set(form.responses.values_list("item_version", flat=True))
    assert second
    assert not first & second
    [was], [now_known] = attempt.result["areas"], form.result["areas"]
    assert now_known["theta"] > was["theta"]
    assert now_known["se"] < was["se"], "the answers of both forms count"
    review.refresh_from_db()
    assert not review.is_open
    assert review.band == now_known["band"]
    assert placed_competencies(attempt)[0].theta == now_known["theta"]
    if review.decision == "changed":
        assert known_levels(learner)[made.skill.pk].placed > 0
    replay_run(form, list(form.responses.order_by("position")))


def test_a_second_form_is_no_placement_of_its_own(made, attempt, learner):
    made.placement.max_attempts = 2
    made.placement.cooldown_hours = 0
    made.placement.save()
    runs = set(Exposure.objects.values_list("runs", flat=True))
    finish(contest(made, attempt, FORM).second_form, able=True)
    assert latest_placement(learner) == attempt
    assert refusal_to_start(made.placement, learner, at=now()) is None
    assert set(Exposure.objects.values_list("runs", flat=True)) == runs


def test_a_second_form_that_confirms_keeps_the_level(made, attempt, learner):
    review = contest(made, attempt, FORM)
    records = CompetencyRecord.objects.count()
    finish(review.second_form, able=False)
    review.refresh_from_db()
    assert (review.decision, review.band) == ("kept", 0)
    assert CompetencyRecord.objects.count() == records


def test_no_second_form_without_questions_that_were_not_seen(learner):
    made = world.make(items=4)
    attempt = world.take_placement(made, learner)
    assert "too few questions" in reviews.second_form_refusals(attempt)[made.skill.pk]
    with pytest.raises(Conflict, match="too few questions"):
        contest(made, attempt, FORM)
    assert not PlacementReview.objects.exists()


def test_a_person_does_not_decide_over_a_second_form(made, attempt, trainer):
    review = contest(made, attempt, FORM)
    with pytest.raises(Conflict, match="Other questions decide"):
        reviews.decide(review=review, by=trainer, band=1, answer="Yes.")


def test_a_second_form_that_was_left_counts_as_far_as_it_got(made, attempt):
    review = contest(made, attempt, FORM)
    shown = review.second_form.responses.get()
    answer_placement(
        attempt=review.second_form, position=0, answer=world.right(shown), language="en"
    )
    assert reviews.finish_second_forms() == 0
    assert reviews.finish_second_forms(at=review.due_at + timedelta(hours=1)) == 1
    review.refresh_from_db()
    assert review.decision in ("kept", "changed")
    assert review.second_form.status == "graded"
    assert reviews.finish_second_forms(at=review.due_at + timedelta(hours=2)) == 0


def test_a_second_form_never_begun_leaves_the_level(made, attempt):
    review = contest(made, attempt, FORM)
    reviews.finish_second_forms(at=review.due_at + timedelta(hours=1))
    review.refresh_from_db()
    assert (review.decision, review.band) == ("kept", attempt.result["areas"][0]["band"])


# --- What decided ---------------------------------------------------------------------------------


def test_the_answers_that_weighed_most_come_first(made, attempt):
    [evidence] = reviews.evidence_of(attempt).values()
    weights = [one.information for one in evidence]
    assert weights == sorted(weights, reverse=True)
    assert len(evidence) == attempt.responses.count()
    assert not any(one.is_right for one in evidence)
    assert all(one.is_shown for one in evidence)


def test_what_is_used_too_often_is_described_and_not_shown(made, attempt):
    worn = attempt.responses.first().item_version.item
    Exposure.objects.filter(item=worn).update(administered=40, eligible=40, runs=40)
    [evidence] = reviews.evidence_of(attempt).values()
    assert [one.is_shown for one in evidence if one.response.item_version.item == worn] == [False]


def test_a_small_bank_shows_none_of_its_questions(learner):
    made = world.make(items=8)
    [evidence] = reviews.evidence_of(world.take_placement(made, learner)).values()
    assert not any(one.is_shown for one in evidence)


def test_erasing_a_person_takes_what_they_wrote(made, attempt, learner):
    review = contest(made, attempt)
    forget_person(learner)
    review.refresh_from_db()
    assert (review.reason, review.decision) == ("", "withdrawn")
    assert not Response.objects.filter(learner=learner, answer__isnull=False).exists()
