"""The learning plan: made from the gap, kept in step with it, and the person's own decisions."""

from datetime import date, timedelta

import pytest

from academy.competencies.models import CompetencyRecord
from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict
from academy.xapi.models import Statement
from academy.xapi.vocabulary import streams, tincan
from assessments.models import Attempt
from courses import plans
from courses.models import LearningPlan, PlanItem
from courses.services import withdraw
from tests.factories import teaching
from tests.factories.people import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def module(school):
    """Asked for by the baseline, and offered in a course."""
    school.ask(2)
    module = school.module()
    school.course(module)
    return module


@pytest.fixture
def extra(school):
    """A module nobody asks for: it teaches something else."""
    extra = school.module()
    extra.teaches.update(competency=school.other_skill())
    school.course(extra)
    return extra


def renew(school):
    return plans.renew_plan(school.learner)


def item(school, module) -> PlanItem | None:
    return PlanItem.objects.filter(learner=school.learner, module=module).first()


def state(school, module) -> str | None:
    found = item(school, module)
    return found and found.state


def place(school, *, certain: float = 0.95) -> Attempt:
    """A finished placement that is so sure of the competency's second band of four (level 2)."""
    placement = teaching.placement((school.bank, school.skill))
    moment = now()
    return Attempt.objects.create(
        assessment=placement,
        learner=school.learner,
        registration=school.learner.uuid,
        status="graded",
        language="en",
        seed=1,
        cut_score="0.7",
        started_at=moment,
        submitted_at=moment,
        statement_id=school.learner.uuid,
        result={
            "calibrated": False,
            "areas": [
                {
                    "competency": school.skill.pk,
                    "theta": 0.5,
                    "se": 0.3,
                    "interval": [0, 1],
                    "band": 1,
                    "probabilities": [1 - certain, certain, 0, 0],
                    "cuts": [-1.2, 0.0, 1.2],
                    "items": 6,
                }
            ],
        },
    )


# --- Made from the gap ----------------------------------------------------------------------------


def test_what_is_asked_and_not_held_is_on_the_plan(school, module, extra):
    MembershipFactory(person=school.learner, valid_from=date(2025, 1, 1))
    plan = renew(school)
    [one] = plan.items.all()
    assert (one.module, one.state, one.origin) == (module, "to_do", "gap")
    assert one.reasons == [school.skill.pk]
    assert one.due_on == date(2025, 1, 1) + timedelta(days=180)
    assert plan.position == school.learner.memberships.get().position


def test_one_plan_a_person_however_often_it_is_renewed(school, module):
    assert renew(school) == renew(school)
    assert PlanItem.objects.count() == 1


@pytest.mark.parametrize("basis", ["held", "recognised", "waived"])
def test_what_is_held_is_not_planned(school, module, basis):
    school.learner.competency_records.create(
        competency=school.skill, level=2, basis=basis, valid_from=now()
    )
    assert not renew(school).items.exists()


def test_what_was_placed_is_planned_all_the_same(school, module):
    plans.record_placement(place(school))
    assert CompetencyRecord.objects.get().basis == "placed"
    assert item(school, module) is not None


def test_a_module_that_is_not_offered_is_not_planned(school):
    school.ask(2)
    school.module()
    gone = school.module()
    course = school.course(gone)
    withdraw(model=type(course), uuid=course.uuid)
    assert not renew(school).items.exists()


def test_a_module_in_two_courses_is_planned_once(school, module):
    school.course(module)
    assert renew(school).items.count() == 1


# --- Kept in step ---------------------------------------------------------------------------------


def test_what_was_proven_is_marked_at_once(school, module):
    renew(school)
    school.prove(module)
    assert state(school, module) == "proven"
    renew(school)
    assert state(school, module) == "proven"


def test_a_failed_attempt_leaves_it_to_do(school, module):
    renew(school)
    school.prove(module, right=0)
    assert state(school, module) == "to_do"


def test_what_is_asked_no_more_leaves(school, module):
    renew(school)
    school.ask_nothing()
    renew(school)
    assert item(school, module) is None


def test_what_is_asked_for_later_comes_in(school, module):
    school.ask_nothing()
    renew(school)
    school.ask(2)
    renew(school)
    assert state(school, module) == "to_do"


def test_a_module_taken_out_of_the_catalogue_leaves(school, module):
    renew(school)
    withdraw(model=type(module), uuid=module.uuid)
    renew(school)
    assert item(school, module) is None


# --- Skipping -------------------------------------------------------------------------------------


def test_a_sure_placement_offers_a_skip_and_decides_nothing(school, module):
    attempt = place(school)
    plans.record_placement(attempt)
    one = item(school, module)
    assert (one.state, one.skip_attempt) == ("skip_offered", attempt.uuid)
    assert one.is_open


def test_a_doubtful_placement_offers_none(school, module):
    plans.record_placement(place(school, certain=0.7))
    assert state(school, module) == "to_do"


def test_a_skip_accepted_twice_is_recorded_once(school, module):
    plans.record_placement(place(school))
    one = item(school, module)
    plans.accept_skip(item=one)
    plans.accept_skip(item=one)
    assert state(school, module) == "skipped"
    assert Statement.objects.filter(verb__endswith="/skipped").count() == 1


def test_a_skip_that_is_not_offered_is_refused(school, module):
    renew(school)
    with pytest.raises(Conflict, match="can no longer be skipped"):
        plans.accept_skip(item=item(school, module))
    assert state(school, module) == "to_do"
    assert not Statement.objects.filter(verb__endswith="/skipped").exists()


def test_renewing_keeps_a_skip(school, module):
    plans.record_placement(place(school))
    plans.accept_skip(item=item(school, module))
    renew(school)
    assert state(school, module) == "skipped"
    school.ask_nothing()
    renew(school)
    assert state(school, module) == "skipped"


def test_a_skip_can_be_taken_back_and_accepted_again(school, module):
    plans.record_placement(place(school))
    one = item(school, module)
    plans.accept_skip(item=one)
    plans.undo_skip(item=one)
    assert state(school, module) == "skip_offered"
    plans.accept_skip(item=one)
    assert state(school, module) == "skipped"


def test_there_is_nothing_to_take_back_where_nothing_was_skipped(school, module):
    renew(school)
    plans.undo_skip(item=item(school, module))
    assert state(school, module) == "to_do"


def test_a_skipped_module_can_be_proven_all_the_same(school, module):
    plans.record_placement(place(school))
    plans.accept_skip(item=item(school, module))
    school.prove(module)
    assert state(school, module) == "proven"


def test_a_skip_holds_nothing(school, module):
    plans.record_placement(place(school))
    plans.accept_skip(item=item(school, module))
    assert not CompetencyRecord.objects.holding().exists()


def test_a_weaker_placement_takes_the_offer_back(school, module):
    attempt = place(school)
    plans.record_placement(attempt)
    attempt.result["areas"][0]["probabilities"] = [0.6, 0.4, 0, 0]
    attempt.save()
    renew(school)
    one = item(school, module)
    assert (one.state, one.skip_attempt) == ("to_do", None)


# --- What the person adds -------------------------------------------------------------------------


def test_what_was_added_stays(school, module, extra):
    added = plans.add_to_plan(learner=school.learner, module=extra)
    assert (added.origin, added.state) == ("added", "to_do")
    renew(school)
    assert state(school, extra) == "to_do"
    assert [one.module for one in PlanItem.objects.order_by("order")] == [module, extra]


def test_adding_twice_is_adding_once(school, extra):
    assert plans.add_to_plan(learner=school.learner, module=extra) == plans.add_to_plan(
        learner=school.learner, module=extra
    )
    assert PlanItem.objects.count() == 1


def test_adding_what_is_asked_changes_nothing(school, module):
    renew(school)
    assert plans.add_to_plan(learner=school.learner, module=module).origin == "gap"


def test_adding_what_is_proven_says_so(school, module, extra):
    school.prove(extra)
    assert plans.add_to_plan(learner=school.learner, module=extra).state == "proven"


def test_what_was_added_is_marked_when_it_is_proven(school, module, extra):
    plans.add_to_plan(learner=school.learner, module=extra)
    school.prove(extra)
    assert state(school, extra) == "proven"


def test_what_was_added_can_be_removed(school, extra):
    plans.remove_from_plan(item=plans.add_to_plan(learner=school.learner, module=extra))
    assert item(school, extra) is None


def test_what_is_asked_cannot_be_removed(school, module):
    renew(school)
    with pytest.raises(AcademyError, match="defer it, not remove it"):
        plans.remove_from_plan(item=item(school, module))
    assert state(school, module) == "to_do"


def test_what_was_added_and_is_asked_for_since_cannot_be_removed(school, module):
    """And once it is asked for no more, it is the person's own again."""
    school.ask_nothing()
    plans.add_to_plan(learner=school.learner, module=module)
    school.ask(2)
    renew(school)
    with pytest.raises(AcademyError, match="defer it, not remove it"):
        plans.remove_from_plan(item=item(school, module))
    school.ask_nothing()
    renew(school)
    plans.remove_from_plan(item=item(school, module))
    assert item(school, module) is None


# --- Deferring ------------------------------------------------------------------------------------


def test_deferring_keeps_the_due_day_beside_it(school, module):
    MembershipFactory(person=school.learner, valid_from=date(2025, 1, 1))
    renew(school)
    due = item(school, module).due_on
    later = now().date() + timedelta(days=30)
    plans.defer(item=item(school, module), until=later)
    one = item(school, module)
    assert (one.deferred_to, one.due_on) == (later, due)
    renew(school)
    assert item(school, module).deferred_to == later


@pytest.mark.parametrize("days", [0, -1, -400])
def test_nothing_is_deferred_into_the_past(school, module, days):
    renew(school)
    with pytest.raises(AcademyError, match="Choose a day after today"):
        plans.defer(item=item(school, module), until=now().date() + timedelta(days=days))
    assert item(school, module).deferred_to is None


def test_what_a_person_decides_about_their_plan_is_recorded_once(school, module, extra):
    renew(school)
    later = now().date() + timedelta(days=30)
    for _twice in range(2):
        plans.add_to_plan(learner=school.learner, module=extra)
        plans.defer(item=item(school, module), until=later)
    plan = LearningPlan.objects.get()
    assert said(tincan.PLANNED) == [str(one.uuid) for one in (plan, extra, module)]
    mine = item(school, extra)
    for _twice in range(2):
        plans.remove_from_plan(item=mine)
    assert said(streams.REMOVED) == [str(extra.uuid)]


def said(verb) -> list[str]:
    """The ids of what was spoken of with this verb, in order."""
    rows = Statement.objects.filter(verb=verb.id).order_by("id")
    return [one.activity.rsplit("/", 1)[-1] for one in rows]


def test_a_renewal_is_recorded_when_it_changed_the_plan(school, module):
    for _twice in range(2):
        renew(school)
    assert len(said(tincan.PLANNED)) == 1
    school.ask_nothing()
    for _twice in range(2):
        renew(school)
    assert len(said(tincan.PLANNED)) == 2
