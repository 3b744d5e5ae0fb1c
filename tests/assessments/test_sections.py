"""Sections: what each rule asks, what is pinned, and that all of it can be replayed."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from academy.core.errors import AcademyError, Conflict
from assessments import services
from assessments.drawing import (
    assign,
    question_count,
    replay_attempt,
    saved_plans,
    supply,
    window_refusal,
)
from assessments.grading import settle
from assessments.measurement.domain import ability_at, domain_score
from assessments.models import (
    Assessment,
    Attempt,
    Item,
    ItemContent,
    Response,
    Section,
    SectionItem,
)
from assessments.services import go_on, publish_item, save_answer, start_attempt, submit_attempt
from tests.factories import teaching, world
from tests.factories.competencies import CompetencyFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def skill():
    return teaching.competency()


@pytest.fixture
def bank(skill):
    return teaching.bank("bank", skill, items=12)


def made_of(bank, *sections: dict, **fields) -> Assessment:
    """A final of these sections; `items` are the places in the bank of a fixed one."""
    final = teaching.final("final", bank, **fields)
    final.sections.all().delete()
    rows = list(bank.items.order_by("pk"))
    for order, section in enumerate(sections):
        places = section.pop("items", ())
        row = Section.objects.create(assessment=final, bank=bank, order=order, **section)
        for place, number in enumerate(places):
            SectionItem.objects.create(section=row, item=rows[number], order=place)
    return final


def start(assessment, learner=None, *, seed=None, at=NOON) -> Attempt:
    return start_attempt(
        assessment=assessment,
        learner=learner or UserFactory(),
        registration=uuid4(),
        at=at,
        seed=seed,
    )


def shown(attempt) -> list[Response]:
    return list(attempt.responses.select_related("item_version").order_by("position"))


def answer(attempt, response, *, right: bool, at=NOON) -> None:
    save_answer(
        attempt=attempt,
        position=response.position,
        answer=world.right(response) if right else world.wrong(response),
        sequence=response.sequence + 1,
        language="en",
        at=at,
    )
    go_on(attempt=attempt, position=response.position, at=at)


def answer_all(attempt, ability, but=()) -> None:
    """Answer what is shown until nothing more is; `ability(response)` says whether rightly."""
    done = set(but)
    while left := [one for one in shown(attempt) if one.position not in done]:
        answer(attempt, left[0], right=ability(left[0]))
        done.add(left[0].position)


def as_shown(attempt) -> list[tuple]:
    return [
        (one.position, one.section, one.item_version_id, one.option_order) for one in shown(attempt)
    ]


def as_replayed(attempt) -> list[tuple]:
    return [
        (one.position, one.section, one.version, one.option_order)
        for one in replay_attempt(attempt)
    ]


def change_everything(bank, assessment) -> None:
    """The bank is written anew, calibrated and half retired; the assessment is another."""
    for number, content in enumerate(ItemContent.objects.filter(locale__language_code="en")):
        content.stem = f"<p>Changed {number}</p>"
        content.save()
        publish_item(content)
    Item.objects.update(difficulty=1.5, discrimination=2, guessing=0.1)
    Item.objects.filter(pk__in=list(bank.items.values_list("pk", flat=True)[::2])).update(
        status="retired"
    )
    assessment.sections.all().delete()
    Assessment.objects.filter(pk=assessment.pk).update(
        navigation="forward", shuffles_items=False, cut_score="0.01"
    )


# --- Replay ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [3, 2**53 - 1])
def test_every_selection_is_reproduced_whatever_changed_since(bank, seed):
    Item.objects.filter(pk__in=list(bank.items.values_list("pk", flat=True)[9:])).update(
        status="pilot"
    )
    final = made_of(
        bank,
        {"rule": "random", "count": 2, "pilot_count": 1},
        {"rule": "fixed", "items": [5, 0]},
        {"rule": "adaptive", "count": 4},
    )
    attempt = start(final, seed=seed)
    dice = random.Random(seed)
    answer_all(attempt, lambda response: dice.random() < 0.6)
    submit_attempt(attempt=attempt, at=NOON)
    asked = as_shown(attempt)
    assert len(asked) > 5
    assert as_replayed(attempt) == asked
    change_everything(bank, final)
    attempt = Attempt.objects.get(pk=attempt.pk)
    assert as_replayed(attempt) == asked


def test_an_attempt_under_way_goes_on_by_what_it_pinned(bank):
    final = made_of(bank, {"rule": "random", "count": 2}, {"rule": "adaptive", "count": 4})
    attempt = start(final, seed=11)
    answer(attempt, shown(attempt)[0], right=True)
    change_everything(bank, final)
    attempt = Attempt.objects.get(pk=attempt.pk)
    answer_all(attempt, lambda response: True)
    graded = submit_attempt(attempt=attempt, at=NOON)
    assert as_replayed(graded) == as_shown(graded)
    assert graded.passed


def test_a_placement_is_replayed_whatever_changed_since(bank, skill):
    placement = teaching.placement((bank, skill), min_items=4, max_items=8)
    attempt = start(placement)
    while attempt.status == Attempt.Status.IN_PROGRESS:
        one = shown(attempt)[-1]
        attempt = services.answer_placement(
            attempt=attempt,
            position=one.position,
            answer=world.right(one) if one.position % 2 else None,
            language="en",
            at=NOON,
        )
    asked = as_shown(attempt)
    change_everything(bank, placement)
    assert as_replayed(Attempt.objects.get(pk=attempt.pk)) == asked


def test_an_attempt_of_before_sections_were_pinned_goes_on(bank):
    attempt = start(teaching.final("final", bank, count=3))
    Attempt.objects.filter(pk=attempt.pk).update(pinned={})
    attempt = Attempt.objects.get(pk=attempt.pk)
    for one in shown(attempt):
        answer(attempt, one, right=True)
    assert submit_attempt(attempt=attempt, at=NOON).passed
    with pytest.raises(AcademyError, match="began before"):
        replay_attempt(attempt)


# --- Rules ----------------------------------------------------------------------------------------


def test_a_fixed_section_asks_its_questions_in_their_order_and_no_other_section_does(bank):
    final = made_of(bank, {"rule": "random", "count": 9}, {"rule": "fixed", "items": [4, 2, 7]})
    rows = list(bank.items.order_by("pk"))
    for seed in range(3):
        attempt = start(final, seed=seed)
        items = [one.item_version.item_id for one in shown(attempt)]
        assert items[9:] == [rows[4].pk, rows[2].pk, rows[7].pk]
        assert len(set(items)) == 12


def test_a_level_narrows_the_draw(bank, skill):
    Item.objects.filter(pk__in=list(bank.items.values_list("pk", flat=True)[:3])).update(level=4)
    attempt = start(made_of(bank, {"rule": "random", "count": 3, "level": 4}))
    levels = attempt.responses.values_list("item_version__item__level", flat=True)
    assert list(levels) == [4, 4, 4]


def test_a_draw_that_can_be_filled_is_filled(bank, skill):
    """The first section could take the only question that the second one can."""
    other = CompetencyFactory(framework=skill.framework, area=skill.area, code="A.9")
    rare = teaching.item(bank, other, number=99)
    Item.objects.exclude(uuid=rare.translation_key).filter(
        pk__in=list(bank.items.values_list("pk", flat=True)[:10])
    ).update(status="retired")
    final = made_of(bank, {"rule": "random", "count": 2}, {"rule": "random", "count": 1})
    final.sections.filter(order=1).update(competency=other)
    assert question_count(final) == 3
    for seed in range(6):
        items = [one.item_version.item.uuid for one in shown(start(final, seed=seed))]
        assert items[2] == rare.translation_key
        assert len(set(items)) == 3


def test_shares_are_of_different_items_and_as_large_as_they_can_be():
    assert assign([2, 1], [[1, 2, 3], [1]]) == [[2, 3], [1]]
    assert assign([1, 1, 1], [[1, 2], [1], [2, 3]]) == [[2], [1], [3]]
    assert [len(share) for share in assign([2, 2], [[1, 2], [2, 3]])] == [2, 1]


def test_trial_questions_are_asked_among_the_others_and_never_count(bank):
    pilots = list(bank.items.order_by("pk")[:2])
    Item.objects.filter(pk__in=[one.pk for one in pilots]).update(status="pilot")
    attempt = start(made_of(bank, {"rule": "random", "count": 4, "pilot_count": 5}))
    assert len(shown(attempt)) == 6
    on_trial = {one.current_version_id for one in pilots}
    assert set(attempt.pinned["sections"][0]["pilots"]) == on_trial
    answer_all(attempt, lambda response: response.item_version_id not in on_trial)
    graded = submit_attempt(attempt=attempt, at=NOON)
    assert (graded.score_raw, graded.score_max, graded.passed) == (4, 4, True)


def test_who_needs_an_alternative_is_spared_barriers_as_far_as_there_are_others(bank):
    hard = list(bank.items.order_by("pk").values_list("pk", flat=True)[:8])
    Item.objects.filter(pk__in=hard).update(barriers=["sight"])
    learner = UserFactory(alternative_version=True)
    few = start(made_of(bank, {"rule": "random", "count": 4}), learner)
    assert not {one.item_version.item_id for one in shown(few)} & set(hard)
    Assessment.objects.update(code="before")
    many = start(made_of(bank, {"rule": "random", "count": 6}), learner)
    assert len({one.item_version.item_id for one in shown(many)} & set(hard)) == 2


def test_the_alternative_version_is_taken_in_its_place_and_counts_with_it(bank):
    other = teaching.final("other", bank, count=2)
    final = teaching.final("final", bank, count=2, alternative=other, max_attempts=1)
    learner = UserFactory(alternative_version=True)
    attempt = start(final, learner)
    assert attempt.assessment == other
    assert start(final, learner) == attempt
    submit_attempt(attempt=attempt, at=NOON)
    with pytest.raises(Conflict, match="used all your attempts"):
        start(final, learner)
    assert start(final).assessment == final


# --- Adaptive sections ----------------------------------------------------------------------------


def test_an_adaptive_section_asks_one_by_one_and_no_more_than_it_may(bank):
    attempt = start(made_of(bank, {"rule": "adaptive", "count": 6}, {"rule": "random", "count": 2}))
    assert [one.section for one in shown(attempt)] == [0, 0, 1], "adaptive sections come last"
    answer_all(attempt, lambda response: True)
    adaptive = [one for one in shown(attempt) if one.section == 1]
    assert 5 <= len(adaptive) <= 6
    assert len({one.item_version_id for one in shown(attempt)}) == len(shown(attempt))


def test_the_score_of_an_adaptive_section_is_what_the_whole_pool_would_give(bank):
    attempt = start(made_of(bank, {"rule": "adaptive", "count": 6}, cut_score=Decimal("0.5")))
    answer_all(attempt, lambda response: True)
    graded = submit_attempt(attempt=attempt, at=NOON)
    [section] = graded.result["sections"]
    engine = attempt.pinned["sections"][0]["engine"]
    share = domain_score(section["theta"], engine["a"], engine["b"], engine["c"])
    assert section["raw"] == pytest.approx(6 * share)
    assert (graded.score_raw, graded.score_max) == (section["raw"], 6)
    assert graded.passed
    weak = start(attempt.assessment)
    answer_all(weak, lambda response: False)
    weak = submit_attempt(attempt=weak, at=NOON)
    assert weak.passed is False
    assert weak.score_raw < graded.score_raw - 1.5


def test_submitting_early_never_pays(bank):
    final = made_of(bank, {"rule": "adaptive", "count": 8})
    early, late = start(final, seed=5), start(final, seed=5)
    for attempt in (early, late):
        answer(attempt, shown(attempt)[0], right=True)
    graded = submit_attempt(attempt=early, at=NOON)
    answer_all(late, lambda response: False, but=[0])
    assert graded.score_raw == pytest.approx(submit_attempt(attempt=late, at=NOON).score_raw)
    assert graded.score_raw < 4


def test_an_engine_renewed_meanwhile_asks_no_more_and_grades_what_there_is(bank):
    attempt = start(made_of(bank, {"rule": "adaptive", "count": 6}))
    attempt.pinned["engine"] = 0
    attempt.save()
    with pytest.raises(AcademyError, match="Submit what you have"):
        answer(attempt, shown(attempt)[0], right=True)
    assert submit_attempt(attempt=attempt, at=NOON).score_max == 6


def test_an_answer_of_an_adaptive_section_stays(bank):
    attempt = start(made_of(bank, {"rule": "adaptive", "count": 6}))
    first = shown(attempt)[0]
    answer(attempt, first, right=True)
    go_on(attempt=attempt, position=0, at=NOON)
    assert len(shown(attempt)) == 2, "leaving twice is leaving once"
    with pytest.raises(Conflict, match="moved on"):
        save_answer(
            attempt=attempt,
            position=0,
            answer=world.wrong(first),
            sequence=9,
            language="en",
            at=NOON,
        )


def test_the_domain_score_and_its_inverse():
    """One item, a = 1, b = 0, c = 0: the logistic function, whose values are known."""
    assert domain_score(0.0, [1], [0], [0]) == pytest.approx(0.5)
    assert domain_score(1.0, [1, 1], [0, 1], [0, 0]) == pytest.approx((0.7310585786 + 0.5) / 2)
    assert ability_at(0.7310585786, [1], [0], [0]) == pytest.approx(1, abs=1e-5)
    assert ability_at(0.2, [1], [0], [0.25]) is None, "nobody scores below guessing"


# --- Cuts -----------------------------------------------------------------------------------------


def test_passing_takes_the_whole_and_each_section(bank):
    final = made_of(
        bank,
        {"rule": "random", "count": 4, "cut_score": Decimal("0.500")},
        {"rule": "fixed", "items": [0, 1]},
        cut_score=Decimal("0.5"),
    )
    attempt = start(final)
    answer_all(attempt, lambda response: response.section == 1 or response.position == 0)
    graded = submit_attempt(attempt=attempt, at=NOON)
    assert (graded.score_raw, graded.score_max) == (3, 6)
    first, second = graded.result["sections"]
    assert (first["raw"], first["max"], first["cut"], first["passed"]) == (1, 4, 0.5, False)
    assert (second["cut"], second["passed"]) == (None, None)
    assert graded.passed is False
    Response.objects.filter(attempt=graded, position=1).update(score=1)
    settle(graded, shown(graded))
    assert graded.passed is True


# --- Moving about, and when -----------------------------------------------------------------------


def test_forward_only_refuses_what_was_left_and_what_comes_later(bank):
    attempt = start(made_of(bank, {"rule": "random", "count": 3}, navigation="forward"))
    first, second, _third = shown(attempt)
    keep = {"language": "en", "at": NOON, "attempt": attempt}
    save_answer(position=0, answer=world.wrong(first), sequence=1, **keep)
    save_answer(position=0, answer=world.right(first), sequence=2, **keep)
    with pytest.raises(Conflict, match="in their order"):
        save_answer(position=1, answer=world.right(second), sequence=1, **keep)
    go_on(attempt=attempt, position=2, at=NOON)
    go_on(attempt=attempt, position=0, at=NOON)
    with pytest.raises(Conflict, match="moved on"):
        save_answer(position=0, answer=world.wrong(first), sequence=3, **keep)
    save_answer(position=1, answer=world.right(second), sequence=1, **keep)
    assert submit_attempt(attempt=attempt, at=NOON).score_raw == 2


def test_dates_refuse_a_start_with_the_date(bank):
    final = made_of(
        bank,
        {"rule": "random", "count": 2},
        opens_at=NOON,
        closes_at=NOON + timedelta(days=2),
    )
    with pytest.raises(Conflict, match="opens on 1 June 2025"):
        start(final, at=NOON - timedelta(hours=1))
    with pytest.raises(Conflict, match="closed on 3 June 2025"):
        start(final, at=NOON + timedelta(days=2))
    assert start(final, at=NOON).number == 1
    later = NOON + timedelta(days=9)
    assert window_refusal(final, at=NOON + timedelta(days=3), closes_at=later) is None


# --- What the builder is told ---------------------------------------------------------------------


def test_the_supply_counts_what_each_section_gets(bank):
    Item.objects.filter(pk=bank.items.order_by("pk")[0].pk).update(status="retired")
    final = made_of(bank, {"rule": "fixed", "items": [0, 1, 2]}, {"rule": "random", "count": 10})
    fixed, drawn = supply(saved_plans(final))
    assert (fixed.found, fixed.plan.missing, fixed.is_short) == (2, 1, False)
    assert (drawn.found, drawn.plan.wanted, drawn.is_short) == (9, 10, True)
    with pytest.raises(AcademyError, match="too few active questions"):
        start(final)
    assert not Attempt.objects.exists()
