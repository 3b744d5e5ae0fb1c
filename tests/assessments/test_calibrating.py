"""Calibrating a bank: what is counted, what items take over, and what is left alone."""

import json
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from academy.core.clock import now
from academy.core.errors import Conflict
from academy.people.models import User
from assessments import calibrating
from assessments.calibrating import (
    accept_parameters,
    ask_calibration,
    is_due,
    owed_calibrations,
    run_calibration,
)
from assessments.gathering import gather
from assessments.models import Attempt, Calibration, Item, ItemContent, ItemParameters
from assessments.placement import rebuild_run
from assessments.services import answer_placement, forget_person, publish_item, start_attempt
from assessments.tasks import calibrate_bank, calibrate_banks
from tests.factories import teaching
from tests.factories.answers import answered, learners
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank():
    return teaching.bank("quiz", teaching.competency(), items=8)


@pytest.fixture
def final(bank):
    return teaching.final("quiz-final", bank, count=0)


def calibrated(bank, at=None):
    return run_calibration(ask_calibration(bank, at=at).pk, at=at)


def items(bank):
    return {item.code: item for item in Item.objects.filter(bank=bank)}


def test_items_take_over_what_the_answers_say(bank, final):
    truth = {"quiz-002": 1.0}  # its author thinks it is easy
    answered(final, bank, learners(300), b=truth)
    calibration = calibrated(bank)
    assert calibration.state == Calibration.State.DONE
    assert (calibration.people, calibration.responses) == (300, 2400)
    assert ItemParameters.objects.filter(calibration=calibration).count() == 8
    item = items(bank)["quiz-002"]
    assert item.author_difficulty < -1
    assert item.difficulty == pytest.approx(1.0, abs=0.45)
    assert item.difficulty_se < 0.35
    assert item.discrimination_se > 0
    assert item.calibrated_at is not None
    bank.refresh_from_db()
    assert bank.is_calibrated


def test_too_few_people_say_nothing(bank, final):
    answered(final, bank, learners(20))
    assert not is_due(bank)
    calibration = calibrated(bank)
    assert calibration.state == Calibration.State.FAILED
    assert "50" in calibration.problem
    assert items(bank)["quiz-001"].calibrated_at is None


def test_too_few_answers_leave_the_author_s_word(bank, final):
    answered(final, bank, learners(60))
    calibration = calibrated(bank)
    assert calibration.state == Calibration.State.DONE
    item = items(bank)["quiz-001"]
    assert item.calibrated_at is None
    assert item.difficulty == item.author_difficulty
    bank.refresh_from_db()
    assert not bank.is_calibrated


def test_each_person_counts_once_with_what_they_answered_first(bank, final):
    people = learners(30)
    first = answered(final, bank, people, at=now() - timedelta(days=9))
    answered(final, bank, people, seed=1, at=now() - timedelta(days=2))
    other = teaching.final("other", bank, count=0)
    answered(other, bank, people, seed=2)
    gathered = gather(bank)
    assert len(gathered.score) == 30
    assert set(gathered.registrations) == {attempt.registration for attempt in first}
    assert len(gather(other).score) == 30


def test_answers_to_another_key_do_not_count_but_those_to_other_words_do(bank, final):
    answered(final, bank, learners(40))
    content, other = ItemContent.objects.filter(locale__language_code="en").order_by("pk")[:2]
    content.stem = "<p>Better words</p>"
    content.save()
    publish_item(content)
    blocks = other.options.get_prep_value()
    for block, correct in zip(blocks, (False, True, False), strict=True):
        block["value"]["correct"] = correct
    other.options = json.dumps(blocks)
    other.save()
    publish_item(ItemContent.objects.get(pk=other.pk))
    by_code = dict(zip([i.code for i in gather(bank).items], gather(bank).score.T, strict=True))
    known = {code: int((column == column).sum()) for code, column in by_code.items()}
    assert known["quiz-001"] == 40
    assert known["quiz-002"] == 0
    assert known["quiz-003"] == 40


def test_pilot_items_are_measured_and_retired_ones_are_not(bank, final):
    answered(final, bank, learners(120))
    Item.objects.filter(code="quiz-001").update(status="pilot")
    Item.objects.filter(code="quiz-002").update(status="retired")
    calibrated(bank)
    found = items(bank)
    assert found["quiz-001"].calibrated_at is not None
    assert found["quiz-002"].calibrated_at is None


def test_i_do_not_know_counts_as_wrong():
    competency = teaching.competency()
    bank = teaching.bank("placed", competency, items=6)
    placement = teaching.placement((bank, competency), min_items=3, max_items=3)
    attempt = start_attempt(
        assessment=placement, learner=UserFactory(), registration=uuid.uuid4(), seed=1
    )
    while attempt.status != Attempt.Status.GRADED:
        position = attempt.responses.count() - 1
        attempt = answer_placement(attempt=attempt, position=position, answer=None, language="en")
    gathered = gather(bank)
    assert gathered.responses == 3
    assert (gathered.score[gathered.score == gathered.score] == 0).all()
    assert gathered.is_adaptive.tolist() == [True]


def drifted(bank, final):
    """A calibrated bank of which one item has become much harder since."""
    answered(final, bank, learners(300), at=now() - timedelta(days=30))
    calibrated(bank, at=now() - timedelta(days=20))
    before = items(bank)["quiz-005"]
    answered(
        final,
        bank,
        learners(400, start=300),
        b={"quiz-005": before.author_difficulty + 1.5},
        seed=3,
    )
    return before


def test_an_item_that_moves_is_flagged_and_keeps_its_parameters(bank, final):
    before = drifted(bank, final)
    calibration = calibrated(bank)
    found = items(bank)
    assert [code for code, item in found.items() if item.is_drifting] == ["quiz-005"]
    assert found["quiz-005"].difficulty == before.difficulty
    assert found["quiz-005"].calibrated_at == before.calibrated_at
    measured = ItemParameters.objects.get(calibration=calibration, item=before)
    assert measured.is_drifting
    assert measured.difficulty > before.difficulty + 0.4
    assert calibration.slope == pytest.approx(1, abs=0.15)
    assert calibration.figures["drifting"] == 1


def test_who_has_looked_at_a_moving_item_may_take_over_what_was_measured(bank, final):
    before = drifted(bank, final)
    calibrated(bank)
    accepted = accept_parameters(items(bank)["quiz-005"])
    assert not accepted.is_drifting
    assert accepted.difficulty > before.difficulty + 0.4
    with pytest.raises(Conflict):
        accept_parameters(accepted)


def test_nearly_the_same_parameters_are_not_taken_over_each_night(bank, final):
    answered(final, bank, learners(300), at=now() - timedelta(days=30))
    calibrated(bank)
    before = items(bank)
    answered(final, bank, learners(20, start=300), seed=2)
    calibrated(bank)
    assert {c: i.difficulty for c, i in items(bank).items()} == {
        c: i.difficulty for c, i in before.items()
    }
    assert Calibration.objects.filter(bank=bank, state="done").count() == 2


def test_a_bank_with_many_new_items_is_no_longer_calibrated(bank, final):
    answered(final, bank, learners(150))
    calibrated(bank)
    for number in range(20, 30):
        teaching.item(bank, teaching.competency(), number=number)
    answered(final, bank, learners(60, start=150), seed=4)
    calibrated(bank)
    bank.refresh_from_db()
    assert not bank.is_calibrated


def test_a_running_attempt_keeps_what_it_began_with(bank, final):
    competency = teaching.competency()
    placement = teaching.placement((bank, competency), min_items=3, max_items=5)
    learner = UserFactory()
    attempt = start_attempt(
        assessment=placement, learner=learner, registration=uuid.uuid4(), seed=5
    )
    attempt = answer_placement(attempt=attempt, position=0, answer=None, language="en")
    pinned = attempt.pinned
    answered(final, bank, learners(300), b={f"quiz-{n:03}": 1.0 for n in range(1, 9)})
    calibrated(bank)
    assert items(bank)["quiz-001"].difficulty != pinned["b"][0]
    attempt = Attempt.objects.get(pk=attempt.pk)
    assert attempt.pinned == pinned
    responses = list(attempt.responses.order_by("position"))
    assert rebuild_run(attempt, responses).bank.b.tolist() == pinned["b"]
    while attempt.status != Attempt.Status.GRADED:
        position = attempt.responses.count() - 1
        attempt = answer_placement(attempt=attempt, position=position, answer=None, language="en")
    later = start_attempt(
        assessment=placement,
        learner=UserFactory(),
        registration=uuid.uuid4(),
        seed=6,
    )
    assert later.pinned["b"] != pinned["b"]


# --- Owed work ------------------------------------------------------------------------------------


def test_the_night_calibrates_what_has_new_answers_and_only_that(bank, final, run_tasks):
    answered(final, bank, learners(120))
    teaching.bank("idle", teaching.competency(), items=2)
    assert calibrate_banks() == 1
    assert [c.bank.code for c in Calibration.objects.all()] == ["quiz"]
    assert Calibration.objects.get().state == Calibration.State.DONE
    assert calibrate_banks() == 0
    assert not is_due(bank)


def test_a_calibration_whose_worker_died_is_taken_up_and_a_running_one_is_not(bank, final):
    answered(final, bank, learners(120))
    asked = ask_calibration(bank)
    assert ask_calibration(bank) == asked
    Calibration.objects.filter(pk=asked.pk).update(
        state="running", leased_until=now() + timedelta(minutes=5)
    )
    assert run_calibration(asked.pk) is None
    assert owed_calibrations() == []
    Calibration.objects.filter(pk=asked.pk).update(leased_until=now() - timedelta(seconds=1))
    assert owed_calibrations() == [asked.pk]
    calibrate_bank(asked.pk)
    asked.refresh_from_db()
    assert asked.state == Calibration.State.DONE


def test_who_lost_the_lease_keeps_nothing(bank, final, monkeypatch):
    answered(final, bank, learners(120))
    asked = ask_calibration(bank)
    real = calibrating.estimate

    def slow(bank):
        made = real(bank)
        Calibration.objects.filter(pk=asked.pk).update(leased_until=now() + timedelta(hours=9))
        return made

    monkeypatch.setattr(calibrating, "estimate", slow)
    run_calibration(asked.pk)
    assert not ItemParameters.objects.exists()
    assert items(bank)["quiz-001"].calibrated_at is None


def test_a_calibration_that_fails_says_so_and_leaves_the_bank(bank, final, monkeypatch):
    answered(final, bank, learners(60))
    asked = ask_calibration(bank)
    monkeypatch.setattr(calibrating, "estimate", lambda bank: 1 / 0)
    run_calibration(asked.pk)
    asked.refresh_from_db()
    assert asked.state == Calibration.State.FAILED
    assert owed_calibrations() == []


# --- The command ----------------------------------------------------------------------------------


def run_command(*arguments):
    out = StringIO()
    call_command("calibrate", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_before_it_keeps(bank, final):
    answered(final, bank, learners(150))
    told = json.loads(run_command("--bank", "quiz", "--dry-run", "--json"))
    assert told["people"] == 150
    assert not Calibration.objects.exists()
    assert items(bank)["quiz-001"].calibrated_at is None
    kept = json.loads(run_command("--bank", "quiz", "--json"))
    assert kept["number"] == 1
    assert [row["code"] for row in kept["items"]] == sorted(items(bank))
    assert kept["items"][0]["difficulty"] == pytest.approx(told["items"][0]["difficulty"])
    assert items(bank)["quiz-001"].calibrated_at is not None
    assert "quiz-001" in run_command("--bank", "quiz", "--dry-run")


def test_the_command_refuses_what_it_cannot_do(bank):
    with pytest.raises(CommandError, match="no bank"):
        run_command("--bank", "nowhere")
    with pytest.raises(CommandError, match="50"):
        run_command("--bank", "quiz")


def test_an_erased_person_s_scores_still_count(bank, final):
    people = learners(60)
    answered(final, bank, people)
    forget_person(User.objects.get(pk=people[0].pk))
    assert len(gather(bank).score) == 60
