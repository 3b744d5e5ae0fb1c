"""Grading again after a bad key: what is shown before, what is done, and who hears of it."""

from datetime import timedelta

import pytest

from academy.competencies.models import CompetencyRecord
from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict
from academy.people import roles
from academy.people.models import User
from academy.people.services import anonymise
from academy.xapi.models import Statement
from assessments import corrections, regrading
from assessments.drawing import first_scores, replay_attempt
from assessments.models import (
    Attempt,
    Item,
    ItemContent,
    ItemStatistics,
    ItemVersion,
    Regrade,
    ScoreChange,
)
from assessments.services import publish_item, save_answer, submit_attempt
from courses.models import Enrollment, ModuleCompletion
from courses.services import start_final
from credentials.models import Credential
from tests.factories import world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return world.make(items=4)


@pytest.fixture
def trainer() -> User:
    return UserFactory(role=roles.TRAINER)


@pytest.fixture
def learner() -> User:
    return UserFactory(first_name="Amina", last_name="Diallo")


def take(made, learner: User, *, right: int) -> Attempt:
    """All four questions, so many of them right, the first ones by item."""
    attempt = start_final(learner=learner, module=made.module)
    ordered = sorted(
        attempt.responses.select_related("item_version"), key=lambda r: r.item_version.item_id
    )
    for number, response in enumerate(ordered):
        save_answer(
            attempt=attempt,
            position=response.position,
            answer=world.right(response) if number < right else world.wrong(response),
            sequence=1,
            language="en",
        )
    return submit_attempt(attempt=attempt)


def version_of(number: int) -> ItemVersion:
    return Item.objects.order_by("pk")[number].current_version


def rekeyed(version: ItemVersion) -> ItemVersion:
    """The question published again, with another option marked right: the first wrong one."""
    content = ItemContent.objects.get(translation_key=version.item.uuid, locale__language_code="en")
    raw = [dict(block) for block in content.options.raw_data]
    for number, block in enumerate(raw):
        block["value"] = {**block["value"], "correct": number == 1}
    content.options = raw
    content.save()
    return publish_item(content)


def done(version, policy, by, *, takes_back=False, new_version=None) -> Regrade:
    regrade = regrading.propose(
        version=version, policy=policy, reason="The key was wrong.", by=by, new_version=new_version
    )
    regrading.decide(regrade=regrade, by=by, takes_back=takes_back)
    while regrading.apply_some(regrade.pk):
        pass
    regrade.refresh_from_db()
    assert regrade.state == Regrade.State.DONE
    waiting = ItemStatistics.objects.filter(state=ItemStatistics.State.PENDING)
    assert waiting.filter(bank=version.item.bank).exists(), "the figures rest on the scores"
    return regrade


def test_full_credit_lifts_who_fell_short_and_earns_what_a_pass_earns(made, trainer, learner):
    attempt = take(made, learner, right=2)  # 50 % of a cut of 70 %
    assert attempt.passed is False
    first_statement = attempt.statement_id
    done(version_of(3), "full", trainer)

    attempt.refresh_from_db()
    assert (attempt.score_raw, attempt.score_max, attempt.passed) == (3, 4, True)
    assert ModuleCompletion.objects.filter(attempt=attempt.uuid, valid_to=None).count() == 1
    assert Credential.objects.filter(learner=learner).count() == 1
    held = CompetencyRecord.objects.get(learner=learner, basis="held")
    assert held.evidence["attempt"] == str(attempt.uuid)
    change = ScoreChange.objects.get()
    assert (change.before["score"], change.after["score"]) == (0, 1)
    assert (change.before["passed"], change.after["passed"]) == (False, True)
    told = Statement.objects.get(statement_id=attempt.statement_id)
    assert told.verb.endswith("/passed")
    assert str(first_statement) in told.raw


def test_applying_twice_changes_once(made, trainer, learner):
    attempt = take(made, learner, right=2)
    regrade = done(version_of(3), "full", trainer)
    response = attempt.responses.get(item_version=version_of(3))
    assert regrading.apply_one(regrade, response.pk, at=now()) is None
    assert regrading.apply_some(regrade.pk) is False
    assert ScoreChange.objects.count() == 1
    with pytest.raises(Conflict):
        regrading.decide(regrade=regrade, by=trainer)


def test_the_preview_counts_and_writes_nothing(made, trainer, learner):
    take(made, learner, right=2)
    take(made, UserFactory(), right=4)
    regrade = regrading.propose(
        version=version_of(3), policy="full", reason="No right answer.", by=trainer
    )
    statements = Statement.objects.count()
    found = regrading.preview(regrade)
    assert (found.attempts, found.changed, found.newly_passed, found.falls_short) == (2, 1, 1, 0)
    assert found.answers == {(0, 1): 1, (1, 1): 1}
    assert (found.before[5], found.before[9]) == (1, 1)
    assert (found.after[7], found.after[9]) == (1, 1)
    assert Statement.objects.count() == statements
    assert not ScoreChange.objects.exists()
    assert Attempt.objects.filter(passed=True).count() == 1


def test_a_new_key_takes_points_but_never_a_pass_unless_that_was_ticked(made, trainer, learner):
    attempt = take(made, learner, right=3)
    assert attempt.passed
    old = version_of(0)
    new = rekeyed(old)
    regrade = regrading.propose(
        version=old, policy="new", reason="Option B is right.", by=trainer, new_version=new
    )
    assert regrading.preview(regrade).falls_short == 1
    done(old, "new", trainer, new_version=new)
    attempt.refresh_from_db()
    assert (attempt.score_raw, attempt.passed) == (2, True)
    assert ModuleCompletion.objects.get().valid_to is None
    assert not hasattr(Credential.objects.get(), "revocation")


def test_taking_back_ends_what_rests_on_the_pass_and_a_later_decision_brings_it_back(
    made, trainer, learner
):
    attempt = take(made, learner, right=3)
    old = version_of(0)
    done(old, "new", trainer, takes_back=True, new_version=rekeyed(old))
    attempt.refresh_from_db()
    assert attempt.passed is False
    assert ModuleCompletion.objects.valid(now()).count() == 0
    assert not CompetencyRecord.objects.valid(now()).filter(basis="held").exists()
    assert Enrollment.objects.get().valid_to is not None
    credential = Credential.objects.get()
    assert credential.revocation.reason == "The key was wrong."
    assert credential.revocation.revoked_by == trainer
    assert Statement.objects.get(statement_id=attempt.statement_id).verb.endswith("/failed")

    done(old, "full", trainer)
    attempt.refresh_from_db()
    assert attempt.passed
    assert ModuleCompletion.objects.valid(now()).count() == 1
    assert CompetencyRecord.objects.valid(now()).filter(basis="held").count() == 1


def test_the_better_key_never_takes_points(made, trainer, learner):
    attempt = take(made, learner, right=3)
    other = take(made, UserFactory(), right=0)
    old = version_of(0)
    new = rekeyed(old)
    by_new = corrections.score_by(other.responses.get(item_version=old), new)
    done(old, "best", trainer, new_version=new)
    attempt.refresh_from_db()
    other.refresh_from_db()
    assert attempt.score_raw == 3
    assert other.score_raw == by_new


def test_a_question_taken_out_counts_for_nobody(made, trainer, learner):
    attempt = take(made, learner, right=3)
    done(version_of(3), "neutral", trainer)
    attempt.refresh_from_db()
    assert (attempt.score_raw, attempt.score_max) == (3, 3)
    assert ScoreChange.objects.get().after["neutral"] is True


def test_an_attempt_under_way_is_graded_by_the_decision(made, trainer, learner):
    attempt = start_final(learner=learner, module=made.module)
    done(version_of(3), "neutral", trainer)
    for response in attempt.responses.all():
        save_answer(
            attempt=attempt,
            position=response.position,
            answer=world.right(response),
            sequence=1,
            language="en",
        )
    graded = submit_attempt(attempt=attempt)
    assert (graded.score_raw, graded.score_max, graded.passed) == (3, 3, True)
    assert "raw" not in ScoreChange.objects.get().after  # nobody had seen another score


def test_a_placement_is_worked_out_again_and_replays_as_it_was(made, trainer, learner):
    attempt = world.take_placement(made, learner, able=False)
    asked = [(one.version, one.option_order) for one in replay_attempt(attempt)]
    theta = attempt.result["areas"][0]["theta"]
    for response in list(attempt.responses.select_related("item_version")):
        done(response.item_version, "full", trainer)
    attempt.refresh_from_db()
    assert attempt.result["areas"][0]["theta"] > theta
    placed = CompetencyRecord.objects.filter(learner=learner, basis="placed").order_by("id")
    assert placed.last().level > placed.first().level
    assert [(one.version, one.option_order) for one in replay_attempt(attempt)] == asked
    assert set(first_scores(attempt).values()) == {0}
    assert Statement.objects.get(statement_id=attempt.statement_id).verb.endswith("/scored")


def test_what_cannot_be_decided_is_refused(made, trainer, learner):
    version = version_of(0)
    with pytest.raises(AcademyError, match="publish it first"):
        regrading.propose(version=version, policy="new", reason="x", by=trainer)
    with pytest.raises(AcademyError, match="and why"):
        regrading.propose(version=version, policy="full", reason=" ", by=trainer)
    with pytest.raises(AcademyError, match="publish it first"):
        regrading.propose(
            version=version, policy="new", reason="x", by=trainer, new_version=version_of(1)
        )


def test_erased_people_keep_their_scores(made, trainer, learner):
    attempt = take(made, learner, right=2)
    leaver = UserFactory()
    left = take(made, leaver, right=2)
    User.objects.filter(pk=leaver.pk).update(is_active=False)
    anonymise(learner)
    regrade = done(version_of(3), "full", trainer)
    attempt.refresh_from_db()
    left.refresh_from_db()
    assert (regrade.total, attempt.score_raw) == (1, 2)
    assert left.score_raw == 3, "whoever left the service is still told the truth about"


def test_one_attempt_that_fails_holds_up_no_other_and_is_tried_again(
    made, trainer, learner, monkeypatch
):
    broken, other = take(made, learner, right=2), take(made, UserFactory(), right=2)
    regrade = regrading.propose(version=version_of(3), policy="full", reason="x", by=trainer)
    regrading.decide(regrade=regrade, by=trainer)
    grades = regrading.work_out

    def fails_once(regrade, attempt, *rest):
        if attempt.pk == broken.pk:
            raise ValueError("broken")
        return grades(regrade, attempt, *rest)

    monkeypatch.setattr(regrading, "work_out", fails_once)
    assert regrading.apply_some(regrade.pk) is False
    other.refresh_from_db()
    assert other.passed
    assert regrading.owed_regrades() == []
    monkeypatch.undo()
    later = now() + timedelta(minutes=6)
    assert regrading.owed_regrades(at=later) == [regrade.pk]
    regrading.apply_some(regrade.pk, at=later)
    broken.refresh_from_db()
    regrade.refresh_from_db()
    assert broken.passed
    assert (regrade.state, regrade.done, regrade.total) == ("done", 2, 2)


def test_it_goes_on_where_it_stopped(made, trainer):
    for _number in range(3):
        take(made, UserFactory(), right=2)
    regrade = regrading.propose(version=version_of(3), policy="full", reason="x", by=trainer)
    regrading.decide(regrade=regrade, by=trainer)
    assert regrading.apply_some(regrade.pk, limit=1) is True
    regrade.refresh_from_db()
    assert (regrade.done, regrade.total, regrade.state) == (1, 3, "pending")
    assert regrading.owed_regrades() == [regrade.pk]
    assert regrading.apply_some(regrade.pk, limit=5) is False
    assert ScoreChange.objects.count() == 3
