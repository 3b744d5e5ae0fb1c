"""Which items misbehave: what the figures are made of, what is said, what is kept back."""

import json
import uuid
from datetime import timedelta

import numpy as np
import pytest

from academy.core.clock import now
from assessments import item_statistics
from assessments.item_statistics import (
    LEAST_GROUP,
    ask_statistics,
    misbehaving,
    owed_statistics,
    run_statistics,
    statistics_for,
    work_out,
)
from assessments.measurement.statistics import analyse
from assessments.models import Attempt, Item, ItemStatistics, Response
from assessments.services import answer_placement, start_attempt
from assessments.tasks import sweep_statistics
from courses.models import Enrollment, LessonProgress
from tests.factories import teaching
from tests.factories.answers import answered, learners
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank():
    return teaching.bank("quiz", teaching.competency(), items=4, spread=1)


@pytest.fixture
def final(bank):
    return teaching.final("quiz-final", bank, count=0)


def rows(scope):
    return {row["code"]: row for row in work_out(scope)["items"]}


def turn_key(code):
    """As if the key of an item had been wrong: who chose the right option got nothing."""
    item = Item.objects.get(code=code)
    version = item.current_version
    wrong = next(
        one["id"]
        for one in version.content["languages"]["en"]["options"]
        if one["id"] != version.content["key"]
    )
    version.content["key"] = wrong
    version.save()
    for response in Response.objects.filter(item_version=version):
        response.score = float(response.answer == wrong)
        response.save(update_fields=["score"])


def test_the_figures_are_those_of_the_answers(bank, final):
    answered(final, bank, learners(60))
    figures = work_out(final)
    codes = [row["code"] for row in figures["items"]]
    by_attempt: dict = {}
    for attempt, code, score in Response.objects.values_list(
        "attempt_id", "item_version__item__code", "score"
    ):
        by_attempt.setdefault(attempt, {})[code] = score
    matrix = np.array([[row[code] for code in codes] for row in by_attempt.values()])
    expected = analyse(matrix)
    assert figures["people"] == 60
    assert figures["test"]["alpha"] == pytest.approx(expected.test.alpha, abs=1e-9)
    for row, item in zip(figures["items"], expected.items, strict=True):
        assert row["facility"] == pytest.approx(item.facility, abs=1e-9)
        assert row["discrimination_index"] == pytest.approx(item.discrimination_index, abs=1e-9)
        assert row["time"][1] == pytest.approx(25, abs=5)
        assert sum(sum(option["thirds"]) for option in row["options"]) == 60
        assert row["infit"] == pytest.approx(1, abs=0.35)
    assert json.loads(json.dumps(figures)) is not None


def test_a_wrong_key_is_suspected(bank, final):
    answered(final, bank, learners(120), a=2.0)
    turn_key("quiz-002")
    flags = rows(bank)["quiz-002"]["flags"]
    assert "key" in flags
    assert "negative" in flags
    assert "key" not in rows(bank)["quiz-003"]["flags"]


def test_too_easy_too_hard_and_unused_options_are_said(bank, final):
    answered(final, bank, learners(60), b={"quiz-001": -9.0, "quiz-004": 9.0})
    Response.objects.filter(item_version__item__code="quiz-004").update(score=0)
    found = rows(bank)
    assert "too_easy" in found["quiz-001"]["flags"]
    assert "unused" in found["quiz-001"]["flags"]
    assert "too_hard" in found["quiz-004"]["flags"]


def test_a_drifting_item_is_said(bank, final):
    answered(final, bank, learners(20))
    Item.objects.filter(code="quiz-002").update(is_drifting=True)
    assert [c for c, row in rows(bank).items() if "drifting" in row["flags"]] == ["quiz-002"]


def test_an_item_that_is_harder_in_one_language_is_said():
    bank = teaching.bank("quiz", teaching.competency(), items=8, spread=1)
    final = teaching.final("quiz-final", bank, count=0)
    answered(
        final,
        bank,
        learners(400),
        languages=("en", "en", "fr"),
        harder={("quiz-003", "fr"): 2.5},
    )
    found = rows(bank)
    (dif,) = found["quiz-003"]["dif"]
    assert (dif["kind"], dif["group"], dif["against"]) == ("language", "fr", "en")
    assert dif["class"] == "C"
    assert dif["interval"][0] < dif["delta"] < dif["interval"][1] < 0
    assert "dif" in found["quiz-003"]["flags"]
    assert "dif" not in found["quiz-001"]["flags"]


def test_groups_are_compared_by_the_channel_they_learned_by(bank, final):
    attempts = answered(final, bank, learners(40))
    module = teaching.module("M", {}, lessons=1, translate=False)
    course = teaching.course("C", module, translate=False)
    at = now()
    for number, attempt in enumerate(attempts):
        enrollment = Enrollment.objects.create(
            uuid=attempt.registration, course=course, learner_id=attempt.learner_id, enrolled_at=at
        )
        LessonProgress.objects.create(
            enrollment=enrollment,
            learner_id=attempt.learner_id,
            lesson=module.lessons.get(),
            channel="print" if number % 3 == 0 else "online",
            started_at=at,
            completed_at=at,
        )
    (dif,) = rows(bank)["quiz-002"]["dif"]
    assert (dif["kind"], dif["group"], dif["against"]) == ("channel", "print", "online")
    assert 10 <= dif["focal"] <= 14
    assert 10 <= dif["reference"] <= 26


def test_small_groups_have_no_figures(bank, final):
    answered(final, bank, learners(LEAST_GROUP - 1))
    figures = work_out(final)
    assert figures["people"] is None
    assert figures["test"] is None
    for row in figures["items"]:
        assert set(row) == {"item", "code", "answers", "flags"}
        assert row["answers"] is None


def test_a_language_of_few_people_is_not_compared(bank, final):
    answered(final, bank, learners(60), languages=("en",) * 9 + ("fr",))
    assert all(row["dif"] == [] for row in rows(bank).values())


def test_adaptive_answers_have_fit_and_no_facility():
    competency = teaching.competency()
    bank = teaching.bank("placed", competency, items=3)
    placement = teaching.placement((bank, competency), min_items=3, max_items=3)
    for person in learners(LEAST_GROUP):
        attempt = start_attempt(
            assessment=placement, learner=person, registration=uuid.uuid4(), seed=person.pk
        )
        while attempt.status != Attempt.Status.GRADED:
            at = attempt.responses.count() - 1
            attempt = answer_placement(attempt=attempt, position=at, answer=None, language="en")
    figures = work_out(placement)
    assert figures["adaptive"]
    assert figures["test"] is None
    for row in figures["items"]:
        assert row["answers"] == LEAST_GROUP
        assert row["facility"] is None
        assert row["infit"] is not None


def test_nobody_has_answered(bank, final):
    assert work_out(final)["items"] == []
    assert {row["answers"] for row in work_out(bank)["items"]} == {None}


# --- Kept -----------------------------------------------------------------------------------------


def test_figures_are_kept_until_there_are_new_answers(bank, final):
    answered(final, bank, learners(20))
    row, waits = statistics_for(bank)
    assert row.as_of
    assert not waits
    later = now() + timedelta(hours=1)
    assert statistics_for(bank, at=later)[0].as_of == row.as_of
    answered(final, bank, learners(20, start=20), at=now() + timedelta(minutes=5))
    newer, _waits = statistics_for(bank, at=later)
    assert newer.as_of == later
    assert newer.figures["people"] == 40


def test_many_answers_are_left_to_a_worker(bank, final, monkeypatch):
    monkeypatch.setattr(item_statistics, "SMALL", 50)
    answered(final, bank, learners(20))
    row, waits = statistics_for(bank)
    assert waits
    assert row.as_of is None
    assert owed_statistics() == [row.pk]
    assert run_statistics(row.pk).state == ItemStatistics.State.DONE
    assert owed_statistics() == []


def test_work_of_a_dead_worker_is_taken_up_and_a_running_one_is_left(bank, final):
    answered(final, bank, learners(20))
    row = ask_statistics(bank)
    ItemStatistics.objects.filter(pk=row.pk).update(
        state="running", leased_until=now() + timedelta(minutes=1)
    )
    assert run_statistics(row.pk) is None
    assert owed_statistics() == []
    ItemStatistics.objects.filter(pk=row.pk).update(leased_until=now() - timedelta(minutes=1))
    assert owed_statistics() == [row.pk]
    assert run_statistics(row.pk).as_of


def test_the_night_works_out_what_is_behind(bank, final, run_tasks):
    answered(final, bank, learners(60), b={"quiz-001": -9.0})
    assert sweep_statistics() == 2
    assert ItemStatistics.objects.filter(state="done").count() == 2
    assert misbehaving() >= 1
    assert sweep_statistics() == 0


def test_figures_that_cannot_be_worked_out_say_so(bank, final, monkeypatch):
    answered(final, bank, learners(20))
    monkeypatch.setattr(item_statistics, "work_out", lambda scope: 1 / 0)
    assert run_statistics(ask_statistics(bank).pk).state == ItemStatistics.State.FAILED


def test_it_names_nobody(bank, final):
    person = UserFactory(last_name="Unmistakable")
    answered(final, bank, [*learners(20), person])
    text = json.dumps(work_out(bank))
    assert "Unmistakable" not in text
    assert person.email not in text
