"""What a final assessment draws, when one may start again, and what a placement pins."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from academy.competencies.models import ProficiencyLevel
from academy.core.errors import AcademyError, Conflict
from assessments.models import Attempt, Item, Response, Section
from assessments.placement import open_placement, pin_placement, placed_competencies
from assessments.services import refusal_to_start, start_attempt, submit_attempt
from tests.factories import teaching
from tests.factories.competencies import CompetencyFactory, FrameworkFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def skill():
    return teaching.competency()


@pytest.fixture
def bank(skill):
    return teaching.bank("bank", skill, items=6)


@pytest.fixture
def learner():
    return UserFactory()


def start(assessment, learner, *, at=NOON, seed=None) -> Attempt:
    return start_attempt(
        assessment=assessment, learner=learner, registration=uuid4(), at=at, seed=seed
    )


def drawn(attempt) -> list[int]:
    return list(attempt.responses.order_by("position").values_list("item_version__item", flat=True))


# --- Drawing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "expected"), [(4, 4), (6, 6), (1, 1), (0, 6)])
def test_as_many_are_drawn_as_asked_for_none_twice(bank, learner, count, expected):
    items = drawn(start(teaching.final("final", bank, count=count), learner))
    assert len(items) == len(set(items)) == expected


def test_two_sections_of_one_bank_draw_different_questions(bank, learner):
    final = teaching.final("final", bank, count=3)
    Section.objects.create(assessment=final, bank=bank, count=3, order=1)
    items = drawn(start(final, learner))
    assert sorted(items) == sorted(Item.objects.values_list("pk", flat=True))


def test_a_section_can_ask_for_one_competency(bank, learner, skill):
    other = CompetencyFactory(framework=skill.framework, area=skill.area, code="A.9")
    wanted = teaching.item(bank, other, number=99)
    final = teaching.final("final", bank, count=1)
    final.sections.update(competency=other)
    assert drawn(start(final, learner)) == [Item.objects.get(uuid=wanted.translation_key).pk]


@pytest.mark.parametrize("status", ["retired", "draft", "pilot"])
def test_only_active_questions_are_drawn(bank, learner, status):
    kept = Item.objects.order_by("pk").first()
    Item.objects.exclude(pk=kept.pk).update(status=status)
    assert drawn(start(teaching.final("final", bank, count=1), learner)) == [kept.pk]


@pytest.mark.parametrize("active", [0, 3])
def test_a_bank_that_is_too_small_says_so_and_starts_nothing(bank, learner, active):
    keep = Item.objects.order_by("pk").values_list("pk", flat=True)[:active]
    Item.objects.exclude(pk__in=list(keep)).update(status="retired")
    final = teaching.final("final", bank, count=4)
    with pytest.raises(AcademyError) as refused:
        start(final, learner)
    assert refused.value.message == (
        "The bank “Bank bank” has too few active questions. Tell your trainer."
    )
    assert not Attempt.objects.exists()


def test_all_of_an_empty_bank_is_too_few(bank, learner):
    Item.objects.update(status="retired")
    with pytest.raises(AcademyError, match="too few active questions"):
        start(teaching.final("final", bank, count=0), learner)


def test_an_assessment_without_sections_says_so(bank, learner):
    final = teaching.final("final", bank)
    final.sections.all().delete()
    with pytest.raises(AcademyError, match="has no questions yet"):
        start(final, learner)


def test_the_seed_reproduces_the_draw_and_the_order_of_the_options(bank):
    """A complaint can be looked into: what was shown can be drawn again."""
    final = teaching.final("final", bank, count=4)
    shown = [
        [
            (one.item_version_id, one.option_order)
            for one in start(final, UserFactory(), seed=seed).responses.order_by("position")
        ]
        for seed in (7, 7, 8)
    ]
    assert shown[0] == shown[1]
    assert shown[0] != shown[2]


def test_every_option_is_shown_once_in_an_order_of_its_own(bank, learner):
    attempt = start(teaching.final("final", bank, count=6), learner)
    orders = []
    for response in attempt.responses.select_related("item_version"):
        ids = [option["id"] for option in response.item_version.words("en")["options"]]
        assert sorted(response.option_order) == sorted(ids)
        orders.append([ids.index(one) for one in response.option_order])
    assert len({tuple(order) for order in orders}) > 1


def test_two_people_are_not_asked_the_same_by_default(bank):
    """The seed is drawn by the system's own generator, not left to be guessed."""
    random.seed(1)
    final = teaching.final("final", bank, count=6)
    first = start(final, UserFactory())
    random.seed(1)
    second = start(final, UserFactory())
    assert first.seed != second.seed


def test_a_draw_is_counted_on_each_question(bank, learner):
    start(teaching.final("final", bank, count=6), learner)
    assert set(Item.objects.values_list("exposure", flat=True)) == {1}


def test_an_attempt_keeps_the_version_it_was_drawn_with(bank, learner):
    from assessments.models import ItemContent
    from assessments.services import publish_item

    attempt = start(teaching.final("final", bank, count=0), learner)
    for content in ItemContent.objects.filter(locale__language_code="en"):
        content.stem = "<p>Changed</p>"
        content.save()
        publish_item(content)
    for response in attempt.responses.select_related("item_version"):
        assert response.item_version.words("en")["stem"] != "<p>Changed</p>"


# --- Taking it again ------------------------------------------------------------------------------


def fail(assessment, learner, at=NOON) -> Attempt:
    return submit_attempt(attempt=start(assessment, learner, at=at), at=at)


def test_attempts_are_counted_and_then_refused(bank, learner):
    final = teaching.final("final", bank, max_attempts=2, cooldown_hours=0)
    assert [fail(final, learner).number, fail(final, learner).number] == [1, 2]
    with pytest.raises(Conflict, match="used all your attempts"):
        start(final, learner)
    assert start(final, UserFactory()).number == 1


def test_without_a_limit_one_may_try_for_ever(bank, learner):
    final = teaching.final("final", bank, cooldown_hours=0)
    assert [fail(final, learner).number for _ in range(4)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (timedelta(0), "in about 24 hours."),
        (timedelta(hours=1), "in about 23 hours."),
        (timedelta(hours=22, minutes=50), "in about 1 hour."),
        (timedelta(hours=23, minutes=59), "in about 1 hour."),
        (timedelta(hours=24), None),
        (timedelta(days=9), None),
    ],
)
def test_the_wait_is_told_in_hours(bank, learner, later, words):
    final = teaching.final("final", bank, cooldown_hours=24)
    fail(final, learner)
    refusal = refusal_to_start(final, learner, at=NOON + later)
    assert refusal == (words and f"You can try again {words}")
    if words:
        with pytest.raises(Conflict, match=words):
            start(final, learner, at=NOON + later)
    else:
        assert start(final, learner, at=NOON + later).number == 2


def test_the_wait_counts_from_the_last_attempt(bank, learner):
    final = teaching.final("final", bank, cooldown_hours=2)
    fail(final, learner)
    fail(final, learner, at=NOON + timedelta(hours=2))
    assert refusal_to_start(final, learner, at=NOON + timedelta(hours=3))


def test_a_closed_assessment_is_not_started(bank, learner):
    with pytest.raises(Conflict, match="closed"):
        start(teaching.final("final", bank, is_open=False), learner)


def test_an_attempt_under_way_is_gone_on_with_whatever_the_rule_became(bank, learner):
    final = teaching.final("final", bank)
    attempt = start(final, learner)
    final.is_open = False
    final.save()
    assert start(final, learner) == attempt


def test_an_attempt_past_its_time_is_submitted_and_counts(bank, learner):
    final = teaching.final("final", bank, time_limit_minutes=30, max_attempts=2, cooldown_hours=0)
    start(final, learner)
    over = start(final, learner, at=NOON + timedelta(hours=1))
    assert (over.number, over.status) == (1, "graded"), "its result is shown first"
    assert over.submitted_at == over.deadline_at
    assert start(final, learner, at=NOON + timedelta(hours=1)).number == 2
    start(final, learner, at=NOON + timedelta(hours=2))
    with pytest.raises(Conflict, match="used all your attempts"):
        start(final, learner, at=NOON + timedelta(hours=2))


def test_after_passing_the_count_begins_anew(bank, learner):
    """For the renewal of a certificate that ran out."""
    final = teaching.final("final", bank, max_attempts=1, cooldown_hours=24)
    fail(final, learner)
    Attempt.objects.update(passed=True)
    assert start(final, learner).number == 2


@pytest.mark.parametrize(("cut", "right", "passed"), [("0.75", 3, True), ("0.75", 2, False)])
def test_the_cut_itself_passes(bank, learner, cut, right, passed):
    attempt = start(teaching.final("final", bank, count=4, cut_score=Decimal(cut)), learner)
    for response in attempt.responses.select_related("item_version")[:right]:
        Response.objects.filter(pk=response.pk).update(
            answer=response.item_version.content["key"], answered_at=NOON
        )
    assert submit_attempt(attempt=attempt, at=NOON).passed is passed


# --- Placement: what is pinned --------------------------------------------------------------------


def test_a_placement_pins_versions_parameters_cuts_and_rules(bank, skill):
    teaching.item(bank, CompetencyFactory(framework=skill.framework, code="A.9"), number=50)
    Item.objects.filter(pk=Item.objects.order_by("pk").first().pk).update(status="retired")
    pinned = pin_placement(teaching.placement((bank, skill)))
    items = Item.objects.filter(competency=skill, status="active").order_by("pk")
    assert pinned["versions"] == [one.current_version_id for one in items]
    assert pinned["b"] == [one.difficulty for one in items]
    assert pinned["area"] == [0] * 5
    assert pinned["cuts"] == [[-1.2, 0.0, 1.2]]
    assert pinned["competencies"] == [skill.pk]
    assert pinned["rules"]["min_per_area"] == 2
    assert pinned["calibrated"] is False


def test_one_bank_that_is_not_calibrated_makes_the_result_an_offer(bank, skill):
    second = CompetencyFactory(framework=skill.framework, area=skill.area, code="A.9")
    other = teaching.bank("other", second, items=3)
    placement = teaching.placement((bank, skill), (other, second))
    for calibrated, expected in ((bank, False), (other, True)):
        calibrated.is_calibrated = True
        calibrated.save()
        assert pin_placement(placement)["calibrated"] is expected


def test_a_placement_over_an_empty_bank_says_which(bank, skill, learner):
    Item.objects.update(status="retired")
    with pytest.raises(AcademyError) as refused:
        start(teaching.placement((bank, skill)), learner)
    assert "The bank “Bank bank” has no active questions" in refused.value.message
    assert not Attempt.objects.exists()


def test_a_section_without_a_competency_is_refused(bank, learner):
    with pytest.raises(AcademyError, match="measures one competency"):
        start(teaching.placement((bank, None)), learner)


def test_a_placement_without_sections_is_refused(learner):
    with pytest.raises(AcademyError, match="measures nothing yet"):
        start(teaching.placement(), learner)


@pytest.mark.parametrize("levels", [1, 2, 11, 12])
def test_a_framework_whose_bands_have_no_cuts_is_refused_in_words(learner, levels):
    """FrameworkFactory makes bands of two levels: one band, or six, cannot be placed."""
    competency = CompetencyFactory(framework=FrameworkFactory(levels=levels))
    bank = teaching.bank("odd", competency, items=2)
    with pytest.raises(AcademyError) as refused:
        start(teaching.placement((bank, competency)), learner)
    assert str(competency.framework) in refused.value.message
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(("levels", "cuts"), [(4, 1), (6, 2), (8, 3), (10, 4)])
def test_between_so_many_bands_there_is_a_cut(levels, cuts):
    competency = CompetencyFactory(framework=FrameworkFactory(levels=levels))
    bank = teaching.bank("odd", competency, items=2)
    [found] = pin_placement(teaching.placement((bank, competency)))["cuts"]
    assert len(found) == cuts
    assert found == sorted(found)


def test_only_one_placement_is_open(bank, skill):
    from django.db import IntegrityError, transaction

    assert open_placement() is None
    placement = teaching.placement((bank, skill))
    assert open_placement() == placement
    placement.pk, placement.uuid, placement.code = None, uuid4(), "second"
    with pytest.raises(IntegrityError), transaction.atomic():
        placement.save()


# --- Placement: what is shown of it ---------------------------------------------------------------


def placed(*areas) -> Attempt:
    """An attempt with this result; it need not be saved to be read."""
    return Attempt(
        result={
            "areas": [
                {
                    "competency": competency.pk,
                    "theta": 0.5,
                    "se": 0.3,
                    "interval": [0.0, 1.0],
                    "band": band,
                    "probabilities": probabilities,
                    "cuts": [-1.2, 0.0, 1.2],
                    "items": 6,
                }
                for competency, band, probabilities in areas
            ]
        }
    )


def test_a_band_is_told_by_its_highest_level_and_its_name():
    competency = CompetencyFactory(framework=FrameworkFactory(levels=8))
    [one] = placed_competencies(placed((competency, 2, [0.1, 0.2, 0.4, 0.3])))
    assert (one.competency, one.level, one.n_items) == (competency, 6, 6)
    assert str(one.band_title) == "Band 3"
    assert one.at_least == pytest.approx([1.0, 0.9, 0.7, 0.3])
    assert one.probability == pytest.approx(0.7)


def test_two_frameworks_in_one_placement_keep_their_own_levels(django_assert_num_queries):
    eight = CompetencyFactory(framework=FrameworkFactory(levels=8))
    six = CompetencyFactory(framework=FrameworkFactory(levels=6))
    attempt = placed((eight, 0, [0.7, 0.1, 0.1, 0.1]), (six, 2, [0.1, 0.1, 0.8]))
    with django_assert_num_queries(2):
        found = placed_competencies(attempt)
    assert [one.level for one in found] == [0, 6], "nothing is known of the lowest band"
    assert [len(one.band_titles) for one in found] == [4, 3]


def test_a_placement_under_way_shows_nothing():
    assert placed_competencies(Attempt()) == []
    assert ProficiencyLevel.objects.count() == 0
