"""Who decides a skip: the learner, or on a calibrated bank a placement that is sure enough."""

import pytest

from academy.xapi.models import Statement
from academy.xapi.vocabulary import Extension, cmi5
from assessments.measurement.skipping import DECIDE_CERTAINTY, SKIP_CERTAINTY
from courses import plans
from courses.models import PlanItem
from courses.planning import Skip, skip_of
from tests.courses.test_plans import item, module, place, renew, state  # noqa: F401

pytestmark = pytest.mark.django_db

READ, COUNT = 1, 2


@pytest.mark.parametrize(
    ("probability", "calibrated", "allowed"),
    [
        (SKIP_CERTAINTY - 0.01, {READ}, Skip.NO),
        (SKIP_CERTAINTY, {READ}, Skip.OFFERED),
        (DECIDE_CERTAINTY - 0.01, {READ}, Skip.OFFERED),
        (DECIDE_CERTAINTY, {READ}, Skip.DECIDED),
        (1.0, set(), Skip.OFFERED),  # an author's estimates never decide
        (1.0, {COUNT}, Skip.OFFERED),
    ],
)
def test_what_a_placement_allows(probability, calibrated, allowed):
    assert skip_of({READ: 2}, {(READ, 2): probability}, calibrated) == allowed


def test_every_competency_has_to_be_sure_and_calibrated():
    sure = {(READ, 2): 0.95, (COUNT, 2): 0.95}
    assert skip_of({READ: 2, COUNT: 2}, sure, {READ, COUNT}) == Skip.DECIDED
    assert skip_of({READ: 2, COUNT: 2}, sure, {READ}) == Skip.OFFERED
    assert skip_of({READ: 2, COUNT: 2}, {**sure, (COUNT, 2): 0.85}, {READ, COUNT}) == Skip.OFFERED


def calibrated(school, *, certain=0.95):
    attempt = place(school, certain=certain)
    attempt.result["areas"][0]["calibrated"] = True
    attempt.save()
    plans.record_placement(attempt)
    return attempt


def test_a_calibrated_bank_skips_by_itself_and_says_why(school, module):  # noqa: F811
    attempt = calibrated(school)
    one = item(school, module)
    assert (one.state, one.skipped_by) == ("skipped", "placement")
    assert one.skip_attempt == attempt.uuid
    assert one.skip_grounds == [{"competency": school.skill.pk, "level": 2, "probability": 0.95}]
    [statement] = Statement.objects.filter(verb=cmi5.WAIVED.id)
    assert statement.document["result"]["extensions"] == {Extension.CMI5_REASON: "Tested Out"}
    renew(school)
    assert Statement.objects.filter(verb=cmi5.WAIVED.id).count() == 1


def test_less_sure_it_offers(school, module):  # noqa: F811
    calibrated(school, certain=0.85)
    assert state(school, module) == "skip_offered"


def test_what_was_skipped_by_itself_can_be_taken_back_for_good(school, module):  # noqa: F811
    calibrated(school)
    plans.undo_skip(item=item(school, module))
    renew(school)
    assert state(school, module) == "skip_offered"
    plans.accept_skip(item=item(school, module))
    renew(school)
    one = item(school, module)
    assert (one.state, one.skipped_by) == ("skipped", "person")


def test_what_was_skipped_by_itself_follows_the_placement(school, module):  # noqa: F811
    attempt = calibrated(school)
    attempt.result["areas"][0]["probabilities"] = [0.6, 0.4, 0, 0]
    attempt.save()
    renew(school)
    one = item(school, module)
    assert (one.state, one.skipped_by, one.skip_grounds) == ("to_do", "", [])


def test_what_a_person_skipped_stays_though_the_placement_weakens(school, module):  # noqa: F811
    attempt = place(school)
    plans.record_placement(attempt)
    plans.accept_skip(item=item(school, module))
    attempt.result["areas"][0]["probabilities"] = [0.6, 0.4, 0, 0]
    attempt.save()
    renew(school)
    assert PlanItem.objects.get().skipped_by == "person"
    assert state(school, module) == "skipped"
