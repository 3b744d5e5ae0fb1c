"""How often a placement uses its items: counted, pinned, and replayed."""

import pytest
from django.db import transaction

from academy.core.errors import AcademyError
from assessments import placement as module
from assessments.models import Attempt, Exposure, Item, Response
from assessments.placement import pin_placement, placement_warnings, rebuild_run, replay_run
from assessments.services import start_attempt
from tests.factories import teaching, world
from tests.factories.people import UserFactory
from tests.test_assessments_http import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return world.make(items=16)


def counts(field: str) -> dict[int, int]:
    return dict(Exposure.objects.values_list("item", field))


def responses_of(attempt: Attempt) -> list[Response]:
    return list(attempt.responses.order_by("position"))


def test_a_finished_placement_is_counted_once(made):
    attempt = world.take_placement(made, UserFactory())
    asked = set(attempt.responses.values_list("item_version__item", flat=True))
    assert set(counts("runs").values()) == {1}
    assert len(counts("runs")) == 16
    assert {item for item, count in counts("administered").items() if count} == asked
    assert sum(counts("eligible").values()) == sum(attempt.pinned["eligible"])
    world.take_placement(made, UserFactory())
    assert set(counts("runs").values()) == {2}


def test_one_that_is_not_finished_is_not_counted(made):
    start_attempt(assessment=made.placement, learner=UserFactory(), registration=made.module.uuid)
    assert not Exposure.objects.exists()


def test_an_item_used_too_often_is_kept_back_by_what_is_pinned(made):
    worn = Item.objects.order_by("pk").first()
    Exposure.objects.create(
        assessment=made.placement, item=worn, administered=100, eligible=200, runs=200
    )
    kept_back = [pin_placement(made.placement, seed=seed)["eligible"][0] for seed in range(40)]
    assert 0 < sum(kept_back) < 20
    others = [pin_placement(made.placement, seed=seed)["eligible"][1] for seed in range(40)]
    assert all(others), "an item that was never used is always allowed"


def test_a_placement_that_may_not_use_every_item_can_be_replayed(made):
    for item in Item.objects.all():
        Exposure.objects.create(
            assessment=made.placement, item=item, administered=45, eligible=100, runs=100
        )
    learner = UserFactory()
    start_attempt(assessment=made.placement, learner=learner, registration=made.module.uuid, seed=3)
    attempt = world.take_placement(made, learner)
    assert 0 < sum(attempt.pinned["eligible"]) < 16
    before = attempt.pinned["eligible"]
    responses = responses_of(attempt)
    for count, response in enumerate(responses):
        index = replay_run(attempt, responses[:count]).next_item()
        assert index == rebuild_run(attempt, responses[:count]).next_item()
        assert attempt.pinned["versions"][index] == response.item_version_id
        assert before[index]
    assert replay_run(attempt, responses).next_item() is None


def test_an_attempt_from_before_these_were_pinned_goes_on(made):
    attempt = world.take_placement(made, UserFactory())
    for name in ("eligible", "rho", "calibrated_areas"):
        del attempt.pinned[name]
    run = rebuild_run(attempt, responses_of(attempt))
    assert run.bank.rho == 0.7
    assert run.eligible.all()
    assert (
        module.placement_result(attempt, responses_of(attempt))["areas"][0]["calibrated"] is False
    )


def test_what_is_only_partly_right_is_not_right(made):
    attempt = world.take_placement(made, UserFactory())
    attempt.responses.update(score=0.5)
    half = module.placement_result(attempt, responses_of(attempt))
    attempt.responses.update(score=0)
    assert half == module.placement_result(attempt, responses_of(attempt))


def test_what_people_mark_is_never_asked_in_a_placement(made, monkeypatch):
    from assessments.item_types import item_type_for

    monkeypatch.setattr(type(item_type_for("single")), "is_marked", True)
    with pytest.raises(AcademyError, match="no active questions"):
        pin_placement(made.placement)


def test_a_bank_that_is_not_calibrated_claims_less(made):
    from academy.core.clock import now

    before = pin_placement(made.placement)["a"][0]
    Item.objects.update(calibrated_at=now(), difficulty_se=0.0)
    assert before < pin_placement(made.placement)["a"][0] == 1.0


def test_cuts_that_do_not_ascend_are_told_to_the_author(made, monkeypatch):
    monkeypatch.setitem(module.CUTS, 4, [0.0, -1.0, 1.0])
    with pytest.raises(AcademyError, match="must ascend"):
        pin_placement(made.placement)
    [warning] = placement_warnings(made.placement)
    assert "must ascend" in warning


def test_authors_are_told_of_a_bank_that_is_too_small(made):
    assert placement_warnings(made.placement) == []
    made.placement.max_items = 15
    [warning] = placement_warnings(made.placement)
    assert "16 active questions" in warning


def test_counting_asks_the_same_however_large_the_bank(made, django_assert_max_num_queries):
    attempt = world.take_placement(made, UserFactory())
    teaching.item(made.placement.sections.get().bank, made.skill, number=99)
    with django_assert_max_num_queries(9):
        module.count_exposure(attempt)


@pytest.mark.django_db(transaction=True)
def test_placements_that_finish_at_the_same_moment_are_all_counted():
    """Their rows are locked in one order: none waits in a circle, and none is lost."""
    made = world.make(items=8)
    attempts = [world.take_placement(made, UserFactory()) for _person in range(4)]
    before = counts("runs")
    results = at_once(*[lambda one=one: _count(one) for one in attempts])
    assert results == [None] * 4
    assert counts("runs") == {item: runs + 4 for item, runs in before.items()}


def _count(attempt: Attempt) -> None:
    with transaction.atomic():
        module.count_exposure(attempt)
