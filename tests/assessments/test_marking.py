"""Marking by people: from handing in to the credential, once, twice and by a third."""

from datetime import timedelta

import pytest
from django.db import connection

from academy.competencies.models import CompetencyRecord
from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict, NotAllowed
from academy.people.services import anonymise
from academy.people.signals import person_erased
from academy.xapi.models import Statement
from academy.xapi.vocabulary import adl, streams
from assessments import marking
from assessments.models import AnswerFile, Attempt, Item, Mark
from assessments.services import refusal_to_start, submit_attempt
from courses.models import Enrollment, ModuleCompletion
from courses.services import complete_lesson, open_lesson, progress_of, start_final
from credentials.models import Credential
from tests.factories import marked, teaching
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def said(verb) -> list[dict]:
    return [row.document for row in Statement.objects.filter(verb=verb.id).order_by("stored")]


@pytest.fixture
def final():
    return marked.final()


@pytest.fixture
def learner():
    return UserFactory()


@pytest.fixture
def attempt(final, learner):
    return marked.hand_in(marked.start(final, learner))


@pytest.fixture
def response(attempt):
    return marked.marked_response(attempt)


def mark(response, *points, by=None, **words) -> Mark:
    by = by or marked.marker()
    taken = marking.claim(response=response, marker=by)
    return marking.give(mark=taken, marker=by, given=marked.given(response, *points, **words))


# --- Handing in -----------------------------------------------------------------------------------


def test_what_people_mark_waits_for_them(attempt, response):
    assert attempt.status == Attempt.Status.MARKING
    assert attempt.passed is None
    assert response.score is None
    assert attempt.mark_by - attempt.submitted_at == timedelta(days=10)
    assert len(said(streams.SUBMITTED)) == 1
    [essay] = [one for one in said(adl.ANSWERED) if "score" not in one["result"]]
    assert essay["result"] == {"response": "What I think."}
    assert essay["object"]["definition"]["interactionType"] == "long-fill-in"


def test_handing_in_twice_says_it_once(attempt):
    again = submit_attempt(attempt=attempt)
    assert again.status == Attempt.Status.MARKING
    assert len(said(streams.SUBMITTED)) == 1


def test_nothing_to_mark_is_graded_at_once(final, learner):
    attempt = submit_attempt(attempt=marked.start(final, learner))
    assert attempt.status == Attempt.Status.GRADED
    assert attempt.score_raw == 0


def test_no_new_attempt_while_one_is_being_marked(final, learner, attempt):
    assert "being marked" in refusal_to_start(final, learner, at=now())
    with pytest.raises(Conflict, match="being marked"):
        marked.start(final, learner)
    assert learner.attempts.count() == 1


def test_a_placement_asks_nothing_that_people_mark(final, learner):
    section = final.sections.get()
    placement = teaching.placement((section.bank, teaching.competency()), min_items=1, max_items=1)
    attempt = marked.start(placement, learner)
    essay = Item.objects.get(item_type="essay")
    assert essay.current_version_id not in attempt.pinned["versions"]


# --- From the mark to the credential --------------------------------------------------------------


def test_the_last_mark_grades_the_attempt_and_the_credential_follows(final, learner):
    module = marked.in_module(final)
    attempt = marked.hand_in(start_final(learner=learner, module=module))
    [progress] = progress_of(list(Enrollment.objects.filter(learner=learner)))
    assert progress.next_final is None, "it is being marked"
    assert not ModuleCompletion.objects.exists()
    mark(marked.marked_response(attempt), 2, 1, comment="Well argued.")
    attempt = learner.attempts.get()
    assert attempt.status == Attempt.Status.GRADED
    assert attempt.score_raw == 1.75  # the question with a key, and three points of four
    assert attempt.passed
    assert attempt.statement_id
    assert ModuleCompletion.objects.get().score == 0.875
    assert CompetencyRecord.objects.filter(learner=learner, basis="held").count() == 1
    [scored] = said(adl.SCORED)
    assert scored["result"] == {"score": {"scaled": 0.75}}
    assert len(said(adl.PASSED)) == 1
    lesson = module.lessons.get()
    enrollment = Enrollment.objects.get(learner=learner)
    open_lesson(enrollment=enrollment, lesson=lesson)
    complete_lesson(enrollment=enrollment, lesson=lesson)
    assert Credential.objects.filter(learner=learner).count() == 1


def test_no_statement_names_a_marker(attempt, response):
    by = marked.marker(first_name="Maria", last_name="Marker")
    mark(response, 2, 2, by=by)
    accounts = set(by.identities.values_list("name", flat=True))
    for row in Statement.objects.all():
        assert "Marker" not in str(row.document)
        assert not any(account in str(row.document) for account in accounts)
        assert "instructor" not in row.document.get("context", {})


def test_a_bad_mark_fails_the_attempt(learner, response):
    mark(response, 0, 1)
    attempt = learner.attempts.get()
    assert not attempt.passed
    assert refusal_to_start(attempt.assessment, learner, at=now()) is None


def test_every_criterion_that_counts_needs_a_level(attempt, response):
    by = marked.marker()
    taken = marking.claim(response=response, marker=by)
    with pytest.raises(marking.Unmarked, match="Choose a level for “Proof”") as refused:
        marking.give(mark=taken, marker=by, given=marked.given(response, 2))
    assert len(refused.value.criteria) == 1
    taken.refresh_from_db()
    assert taken.given_at is None


def test_a_level_of_another_criterion_is_no_level(attempt, response):
    by = marked.marker()
    taken = marking.claim(response=response, marker=by)
    good = marked.given(response, 2, 2)
    first, second = good.levels
    swapped = marking.Given({first: good.levels[second], second: good.levels[first]}, {})
    with pytest.raises(marking.Unmarked):
        marking.give(mark=taken, marker=by, given=swapped)


def test_given_marks_never_change(attempt, response):
    by = marked.marker()
    own = mark(response, 2, 2, by=by)
    for change in (marking.give, marking.save_draft):
        with pytest.raises(Conflict, match="can no longer change"):
            change(mark=own, marker=by, given=marked.given(response, 0, 0))
    with pytest.raises(Conflict, match="can no longer change"):
        marking.release(mark=own, marker=by)
    assert Mark.objects.get().score == 1


def test_a_changed_rubric_changes_nothing_that_was_handed_in(attempt, response):
    changed = Item.objects.get(item_type="essay")
    rubric = response.item_version.content["settings"]["rubric"]
    criterion = marked.Criterion.objects.first()
    criterion.levels.update(points=7)
    criterion.levels.filter(order=2).update(points=70)
    assert marking.refreeze(criterion.rubric) == 1
    changed.refresh_from_db()
    assert changed.current_version_id != response.item_version_id
    response.refresh_from_db()
    assert response.item_version.content["settings"]["rubric"] == rubric
    mark(response, 2, 0)
    response.refresh_from_db()
    assert response.score == 0.5
    assert marking.refreeze(criterion.rubric) == 0, "nothing changed since"


def test_safe_to_fail_scores_how_it_was_tried_and_not_how_it_came_out():
    rubric = marked.rubric("trial", kind="safe_to_fail", unscored=True)
    learner = UserFactory()
    attempt = marked.start(marked.final(by=rubric), learner)
    response = marked.marked_response(marked.hand_in(attempt, text="It failed."))
    outcome = response.item_version.content["settings"]["rubric"]["criteria"][-1]
    assert outcome["is_scored"] is False
    scored = marked.given(response, 2, 2, comments={outcome["id"]: "It did not work out."})
    worst = outcome["levels"][0]["id"]
    by = marked.marker()
    taken = marking.claim(response=response, marker=by)
    given = marking.Given({**scored.levels, outcome["id"]: worst}, scored.comments)
    marking.give(mark=taken, marker=by, given=given)
    response.refresh_from_db()
    assert response.score == 1, "the outcome counts nothing"
    [told] = marking.feedback_on(learner.attempts.get(), "en")[response.pk]
    assert told["criteria"][-1]["comment"] == "It did not work out."


# --- Who takes what -------------------------------------------------------------------------------


def test_an_answer_is_taken_by_one_person(attempt, response):
    first, second = marked.marker(), marked.marker()
    taken = marking.claim(response=response, marker=first)
    with pytest.raises(Conflict, match="Somebody else is marking"):
        marking.claim(response=response, marker=second)
    assert marking.claim(response=response, marker=first) == taken
    assert not marking.for_marker(second).exists()
    assert marking.waiting_for(first).mine == 1


def test_an_answer_let_go_is_free_again(attempt, response):
    first, second = marked.marker(), marked.marker()
    taken = marking.claim(response=response, marker=first)
    marking.save_draft(mark=taken, marker=first, given=marked.given(response, 2, 2))
    marking.release(mark=taken, marker=first)
    assert marking.claim(response=response, marker=second).levels == {}


def test_an_answer_left_too_long_goes_to_the_next_and_not_to_both(attempt, response, settings):
    first, second = marked.marker(), marked.marker()
    long_ago = now() - timedelta(hours=settings.MARKING_LEASE_HOURS + 1)
    old = marking.claim(response=response, marker=first, at=long_ago)
    marking.save_draft(
        mark=old, marker=first, given=marked.given(response, 0, 0, note="mine"), at=long_ago
    )
    assert marking.for_marker(second).count() == 1
    new = marking.claim(response=response, marker=second)
    assert (new.note, new.levels) == ("", {}), "nobody sees another's draft"
    with pytest.raises(Conflict, match="no longer yours"):
        marking.give(mark=old, marker=first, given=marked.given(response, 2, 2))
    assert Mark.objects.count() == 1


def test_a_draft_extends_the_lease(attempt, response, settings):
    first, second = marked.marker(), marked.marker()
    long_ago = now() - timedelta(hours=settings.MARKING_LEASE_HOURS + 1)
    taken = marking.claim(response=response, marker=first, at=long_ago)
    marking.save_draft(mark=taken, marker=first, given=marked.given(response, 1))
    with pytest.raises(Conflict):
        marking.claim(response=response, marker=second)


def test_nobody_marks_their_own_work(final):
    trainer = marked.marker()
    response = marked.marked_response(marked.hand_in(marked.start(final, trainer)))
    assert not marking.for_marker(trainer).exists()
    with pytest.raises(NotAllowed, match="own work"):
        marking.claim(response=response, marker=trainer)


def test_the_queue_begins_with_what_is_due_first(final):
    later, sooner = UserFactory(), UserFactory()
    for person in (later, sooner):
        marked.hand_in(marked.start(final, person))
    Attempt.objects.filter(learner=sooner).update(mark_by=now() - timedelta(days=1))
    trainer = marked.marker()
    assert [one.learner for one in marking.for_marker(trainer)] == [sooner, later]
    assert marking.waiting_for(trainer) == marking.Waiting(mine=0, free=2, late=1)


# --- Two markers and a third ----------------------------------------------------------------------


@pytest.fixture
def double(learner):
    final = marked.final(marking="double", adjudicates_from="0.5")
    return marked.marked_response(marked.hand_in(marked.start(final, learner)))


def test_two_who_agree_are_averaged(double, learner):
    mark(double, 2, 2)
    assert learner.attempts.get().status == Attempt.Status.MARKING
    mark(double, 2, 1)
    double.refresh_from_db()
    assert double.score == 0.875
    assert learner.attempts.get().status == Attempt.Status.GRADED
    assert len(marking.feedback_on(learner.attempts.get(), "en")[double.pk]) == 2


def test_two_take_the_same_answer_at_the_same_time_but_no_third(double):
    first, second, third = marked.marker(), marked.marker(), marked.marker()
    assert marking.claim(response=double, marker=first).role == "first"
    assert marking.for_marker(second).get().task == "mark"
    assert marking.claim(response=double, marker=second).role == "second"
    assert not marking.for_marker(third).exists()
    with pytest.raises(Conflict):
        marking.claim(response=double, marker=third)


def test_the_second_marker_is_another_person(double):
    by = marked.marker()
    mark(double, 2, 2, by=by)
    assert not marking.for_marker(by).exists()
    with pytest.raises(Conflict, match="already"):
        marking.claim(response=double, marker=by)


def test_a_third_person_settles_what_is_too_far_apart(double, learner):
    first, second, third = marked.marker(), marked.marker(), marked.marker()
    mark(double, 2, 2, by=first)
    mark(double, 1, 1, by=second)  # half the points apart: just far enough
    double.refresh_from_db()
    assert double.score is None
    assert not marking.for_marker(first).exists()
    assert not marking.for_marker(second).exists()
    assert marking.for_marker(third).get().task == "adjudicate"
    taken = marking.claim(response=double, marker=third)
    assert taken.role == "adjudicator"
    assert not marking.for_marker(marked.marker()).exists()
    marking.give(mark=taken, marker=third, given=marked.given(double, 1, 2))
    double.refresh_from_db()
    assert double.score == 0.75, "the third decides; there is no mean of three"
    assert learner.attempts.get().status == Attempt.Status.GRADED
    [told] = marking.feedback_on(learner.attempts.get(), "en")[double.pk]
    assert told["mark"].role == "adjudicator"


def test_how_it_is_marked_was_settled_when_it_was_handed_in(double, learner):
    assessment = learner.attempts.get().assessment
    assessment.marking = "single"
    assessment.save()
    mark(double, 2, 2)
    assert learner.attempts.get().status == Attempt.Status.MARKING
    mark(double, 2, 2)
    assert learner.attempts.get().status == Attempt.Status.GRADED


# --- Moderation -----------------------------------------------------------------------------------


@pytest.fixture
def two_answers(learner):
    return marked.hand_in(marked.start(marked.final(("essay", "essay")), learner))


def test_a_moderator_marks_again_and_the_first_mark_stays(two_answers, learner):
    first, second = (marked.marked_response(two_answers, number) for number in (0, 1))
    mark(first, 2, 2)
    moderator = marked.marker()
    with pytest.raises(AcademyError, match="reason"):
        marking.moderate(response=first, moderator=moderator, given=marked.given(first, 1, 1))
    marking.moderate(
        response=first, moderator=moderator, given=marked.given(first, 1, 1, note="Too kind.")
    )
    first.refresh_from_db()
    assert first.score == 0.5
    assert sorted(first.marks.values_list("role", "score")) == [("first", 1.0), ("moderator", 0.5)]
    assert learner.attempts.get().status == Attempt.Status.MARKING
    mark(second, 2, 2)
    assert learner.attempts.get().score_raw == 2.5


def test_the_marker_does_not_moderate(two_answers):
    response, by = marked.marked_response(two_answers), marked.marker()
    mark(response, 2, 2, by=by)
    with pytest.raises(Conflict, match="Somebody else"):
        marking.moderate(
            response=response, moderator=by, given=marked.given(response, 0, 0, note="Changed.")
        )


def test_a_graded_attempt_is_changed_by_a_regrade_only(attempt, response):
    mark(response, 2, 2)
    with pytest.raises(Conflict, match="regrade"):
        marking.moderate(
            response=response,
            moderator=marked.marker(),
            given=marked.given(response, 0, 0, note="Too late."),
        )
    response.refresh_from_db()
    assert response.score == 1


def test_a_mark_is_not_looked_at_before_the_second_is_given(double):
    mark(double, 2, 2)
    with pytest.raises(Conflict, match="not been marked"):
        marking.moderate(
            response=double,
            moderator=marked.marker(),
            given=marked.given(double, 0, 0, note="Early."),
        )


# --- Figures --------------------------------------------------------------------------------------


def test_turnaround_says_how_long_answers_waited(final):
    days = (1, 4, 20)
    for waited in days:
        handed_in = marked.hand_in(marked.start(final, UserFactory()))
        Attempt.objects.filter(pk=handed_in.pk).update(
            submitted_at=now() - timedelta(days=waited),
            mark_by=now() - timedelta(days=waited - 10),
        )
        mark(marked.marked_response(handed_in), 2, 2)
    marked.hand_in(marked.start(final, UserFactory()))
    [row] = marking.turnaround(since=now() - timedelta(days=90))
    assert (row.settled, row.waiting, row.late) == (3, 1, 0)
    assert row.median_days == pytest.approx(4, abs=0.01)
    assert row.in_time == pytest.approx(2 / 3)


def test_the_queue_asks_no_more_of_the_database_for_more_answers(final, django_assert_num_queries):
    trainer = marked.marker()
    trainer.has_perm(marking.PERMISSION)
    for size in (1, 4):
        while marking.awaiting().count() < size:
            marked.hand_in(marked.start(final, UserFactory()))
        with django_assert_num_queries(2):
            assert marking.waiting_for(trainer).free == size


# --- Erasure --------------------------------------------------------------------------------------


def test_erasure_takes_the_words_and_ends_what_is_being_marked(final, learner, response):
    other = UserFactory()
    open_one = marked.hand_in(marked.start(final, other))
    mark(response, 2, 2, comment="Dear Sam")
    for person in (learner, other):
        anonymise(person)
        person_erased.send(sender=type(person), person=person)
    response.refresh_from_db()
    assert response.answer is None
    assert response.score == 1, "the figures stay"
    assert not Mark.objects.exclude(comment="").exists()
    assert not Attempt.objects.filter(pk=open_one.pk).exists()
    assert not marking.awaiting().exists()
    assert not AnswerFile.objects.exists()


def test_an_erased_marker_is_forgotten_and_their_marks_stand(two_answers):
    by = marked.marker()
    mark(marked.marked_response(two_answers, 0), 2, 2, by=by)
    marking.claim(response=marked.marked_response(two_answers, 1), marker=by)
    anonymise(by)
    person_erased.send(sender=type(by), person=by)
    assert list(Mark.objects.values_list("marker", "score")) == [(None, 1.0)]


# --- Races ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="one writer at a time anyway")
@pytest.mark.parametrize("mode", ["single", "double"])
def test_of_many_who_take_an_answer_at_once_as_many_get_it_as_it_needs(mode):
    import threading

    attempt = marked.start(marked.final(marking=mode), UserFactory())
    response = marked.marked_response(marked.hand_in(attempt))
    people = [marked.marker() for _ in range(6)]
    start, won = threading.Barrier(len(people)), []

    def take(person):
        start.wait()
        try:
            won.append(marking.claim(response=response, marker=person).marker_id)
        except Conflict:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = 2 if mode == "double" else 1
    assert len(won) == len(set(won)) == expected == Mark.objects.count()
