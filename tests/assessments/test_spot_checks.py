"""Questions about what was skipped: planned by chance, asked later, counting for nobody."""

from datetime import timedelta

import pytest

from academy.core.clock import now
from academy.xapi.models import Statement
from assessments import spot_checks
from assessments.models import SpotCheck
from assessments.services import forget_person
from courses import plans
from courses.models import PlanItem
from tests.factories import world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

LATER = timedelta(days=60)


@pytest.fixture
def made():
    made = world.make(items=20)
    made.placement.spot_check_share = 1
    made.placement.save()
    return made


@pytest.fixture
def learner():
    return UserFactory()


def skip(made, learner) -> PlanItem:
    world.take_placement(made, learner, able=True)
    item = PlanItem.objects.get(learner=learner)
    plans.accept_skip(item=item)
    item.refresh_from_db()
    return item


def test_a_skip_is_checked_some_weeks_later_with_what_was_not_seen(made, learner):
    item = skip(made, learner)
    checks = list(SpotCheck.objects.all())
    assert len(checks) == 4
    assert {check.skipped for check in checks} == {made.module.uuid}
    assert {check.band for check in checks} == {1}
    seen = set(learner.attempts.get().responses.values_list("item_version", flat=True))
    assert not seen & {check.item_version_id for check in checks}
    assert spot_checks.next_spot_check(learner) is None
    assert spot_checks.next_spot_check(learner, at=now() + LATER) == checks[0]
    plans.undo_skip(item=item)
    assert not SpotCheck.objects.exists(), "what is taken up after all needs no check"


def test_none_are_planned_where_the_share_is_nought(made, learner):
    made.placement.spot_check_share = 0
    made.placement.save()
    skip(made, learner)
    assert not SpotCheck.objects.exists()


def test_the_share_is_drawn_by_the_attempt_and_not_again(made, learner):
    made.placement.spot_check_share = "0.5"
    made.placement.save()
    planned = 0
    for _person in range(12):
        person = UserFactory()
        item = skip(made, person)
        first = SpotCheck.objects.filter(learner=person).count()
        plans.undo_skip(item=item)
        plans.accept_skip(item=item)
        assert SpotCheck.objects.filter(learner=person).count() == first
        planned += bool(first)
    assert 0 < planned < 12


def test_an_answer_is_kept_once_and_changes_nothing_else(made, learner):
    skip(made, learner)
    check = SpotCheck.objects.first()
    before = PlanItem.objects.values().get(), learner.competency_records.count()
    key = check.item_version.content["key"]
    assert spot_checks.answer_spot_check(check=check, answer=None, language="en")
    assert not spot_checks.answer_spot_check(check=check, answer=key, language="en")
    check.refresh_from_db()
    assert (check.score, check.answer) == (0, None)
    assert Statement.objects.by_ids([check.statement_id]).exists()
    assert (PlanItem.objects.values().get(), learner.competency_records.count()) == before


def test_what_is_put_off_comes_later(made, learner):
    skip(made, learner)
    then = now() + LATER
    check = spot_checks.next_spot_check(learner, at=then)
    spot_checks.put_off(check=check, at=then)
    assert spot_checks.next_spot_check(learner, at=then) is None
    assert spot_checks.next_spot_check(learner, at=then + LATER) is not None


def test_a_module_that_is_proven_needs_no_check(made, learner):
    skip(made, learner)
    world.take_final(made, learner)
    assert not SpotCheck.objects.exists()


def test_a_rate_is_published_from_ten_checked_skips_on(made, django_assert_max_num_queries):
    for number in range(10):
        person = UserFactory()
        skip(made, person)
        for check in SpotCheck.objects.filter(learner=person):
            key = check.item_version.content["key"]
            answer = None if number == 0 else key
            spot_checks.answer_spot_check(check=check, answer=answer, language="en")
        if number == 8:
            assert spot_checks.checked_skips()[None].rate is None
    with django_assert_max_num_queries(3):
        figures = spot_checks.checked_skips()
    assert set(figures) == {None, made.module.uuid}
    total = figures[None]
    assert (total.planned, total.answered, total.answers) == (10, 10, 40)
    assert total.right == pytest.approx(0.9)
    assert 0 < total.rate.low < total.rate.rate < total.rate.high < 0.7


def test_erasing_a_person_takes_their_checks(made, learner):
    skip(made, learner)
    answered = SpotCheck.objects.first()
    spot_checks.answer_spot_check(
        check=answered, answer=answered.item_version.content["key"], language="en"
    )
    forget_person(learner)
    kept = SpotCheck.objects.get()
    assert (kept.answer, kept.score) == (None, 1)
