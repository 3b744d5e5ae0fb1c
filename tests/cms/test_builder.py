"""The assessment builder: what it warns of while one writes, what it refuses, and what it previews."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from academy.people import roles
from assessments.models import Assessment, Attempt, Item, Section, SectionItem
from cms.builder import saved_outline
from tests.factories import teaching
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def skill():
    return teaching.competency()


@pytest.fixture
def bank(skill):
    return teaching.bank("bank", skill, items=6)


@pytest.fixture
def desk() -> Client:
    client = Client()
    client.force_login(UserFactory(role=roles.TRAINER))
    return client


def section(of, number: int = 0, *, items=(), **fields) -> dict:
    prefix = f"sections-{number}-"
    data = {"bank": of.pk, "rule": "random", "count": 4, "pilot_count": 0, "ORDER": number + 1}
    rows = {f"items-{place}-item": pk for place, pk in enumerate(items)}
    rows |= {f"items-{place}-ORDER": place + 1 for place in range(len(items))}
    rows |= {
        "items-TOTAL_FORMS": len(items),
        "items-INITIAL_FORMS": 0,
        "items-MIN_NUM_FORMS": 0,
        "items-MAX_NUM_FORMS": 1000,
    }
    return {f"{prefix}{name}": value for name, value in (data | fields | rows).items()}


def posted(*sections: dict, **fields) -> dict:
    """The whole form of an assessment, with these sections."""
    data = {
        "title_en": "Counting",
        "title_fr": "Compter",
        "code": "counting",
        "kind": "final",
        "cut_score": "0.7",
        "cooldown_hours": 24,
        "navigation": "free",
        "feedback": "passed",
        "pause_minutes": 15,
        "marking": "single",
        "marking_days": 10,
        "adjudicates_from": "0.2",
        "exposure_target": "0.25",
        "review_days": 10,
        "spot_check_share": "0.1",
        "min_items": 5,
        "max_items": 10,
        "is_open": "on",
        "sections-TOTAL_FORMS": len(sections),
        "sections-INITIAL_FORMS": 0,
        "sections-MIN_NUM_FORMS": 1,
        "sections-MAX_NUM_FORMS": 1000,
    }
    for one in sections:
        data |= one
    return data | fields


def check(desk, *sections, **fields) -> str:
    reply = desk.post(reverse("builder:check"), posted(*sections, **fields))
    assert reply.status_code == 200
    return " ".join(reply.content.decode().split())


def add(desk, *sections, **fields):
    address = reverse("wagtailsnippets_assessments_assessment:add")
    return desk.post(address, posted(*sections, **fields))


def items(bank) -> list[int]:
    return list(bank.items.order_by("pk").values_list("pk", flat=True))


# --- While it is written --------------------------------------------------------------------------


def test_a_draw_that_cannot_be_filled_is_said_with_numbers_before_anything_is_saved(desk, bank):
    page = check(desk, section(bank, count=4), section(bank, 1, count=4))
    assert "Only 2 active questions are left for this section. Nobody can start." in page
    assert "can be filled" not in check(desk, section(bank, count=9))
    assert not Assessment.objects.exists()


def test_what_fits_is_said_with_its_length_and_difficulty(desk, bank):
    page = check(
        desk, section(bank, count=2), section(bank, 1, rule="fixed", items=items(bank)[:2])
    )
    assert page.count("can be filled") == 2
    assert "<dt>Questions</dt><dd>4</dd>" in page
    assert "a guess: there are not enough answers yet" in page
    assert "very hard: " in page


def test_a_draw_of_nearly_everything_is_noted(desk, bank):
    assert "people will see much the same questions" in check(desk, section(bank, count=5))


def test_a_fixed_question_that_is_retired_is_said_to_be_left_out(desk, bank):
    Item.objects.filter(pk=items(bank)[0]).update(status="retired")
    page = check(desk, section(bank, rule="fixed", items=items(bank)[:3]))
    assert "1 of the fixed questions is not active" in page


def test_barriers_and_missing_pilots_are_noted(desk, bank):
    Item.objects.filter(pk__in=items(bank)[:4]).update(barriers=["sight"])
    page = check(desk, section(bank, count=3, pilot_count=2))
    assert "Without the 4 questions that not everybody can answer" in page
    assert "There are 0 pilot questions for the 2 places on trial." in page


def test_a_form_full_of_nonsense_is_an_empty_one(desk, bank):
    assert "Add a section" in check(desk, section(bank, bank="x", count="-1", level="99999999999"))
    reply = desk.post(reverse("builder:check"), {"sections-TOTAL_FORMS": "999999999"})
    assert "Add a section" in reply.content.decode()


def test_the_page_itself_says_it_when_it_is_opened(desk, bank):
    final = teaching.final("final", bank, count=9)
    page = desk.get(reverse("wagtailsnippets_assessments_assessment:edit", args=[final.pk]))
    text = page.content.decode()
    assert "Only 6 active questions are left for this section" in text
    assert reverse("builder:preview", args=[final.pk]) in text


def test_the_outline_takes_as_many_queries_for_a_large_bank(skill, django_assert_num_queries):
    sizes = []
    for number, size in enumerate((6, 14)):
        final = teaching.final(f"final-{number}", teaching.bank(f"b-{number}", skill, items=size))
        Section.objects.create(assessment=final, bank=final.sections.get().bank, count=1, order=1)
        with django_assert_num_queries(5):
            sizes.append(saved_outline(final).questions)
    assert sizes == [5, 5]


# --- What is kept and what is refused -------------------------------------------------------------


def test_a_final_of_every_rule_is_kept_with_its_fixed_questions_in_order(desk, bank):
    chosen = items(bank)
    reply = add(
        desk,
        section(bank, count=2, cut_score="0.5", level=2),
        section(bank, 1, rule="fixed", items=[chosen[3], chosen[1]]),
        section(bank, 2, rule="adaptive", count=2),
        navigation="forward",
        opens_at="2026-01-01 09:00",
        closes_at="2026-02-01 09:00",
    )
    assert reply.status_code == 302, reply.context["form"].errors
    final = Assessment.objects.get()
    drawn, fixed, adaptive = final.sections.all()
    assert (drawn.rule, drawn.level, float(drawn.cut_score)) == ("random", 2, 0.5)
    assert [one.item_id for one in fixed.items.all()] == [chosen[3], chosen[1]]
    assert (adaptive.rule, adaptive.count) == ("adaptive", 2)
    assert (final.navigation, final.closes_at.month) == ("forward", 2)


@pytest.mark.parametrize(
    ("fields", "form", "words"),
    [
        ({"rule": "fixed"}, {}, "Choose the fixed questions of this section."),
        ({"rule": "adaptive", "count": 0}, {}, "Say how many questions it may ask at most."),
        ({"rule": "adaptive", "pilot_count": 2}, {}, "has no questions on trial"),
        (
            {},
            {"opens_at": "2026-02-01 09:00", "closes_at": "2026-01-01 09:00"},
            "It closes before it opens.",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(desk, bank, fields, form, words):
    reply = add(desk, section(bank, **fields), **form)
    assert reply.status_code == 200
    assert words in reply.content.decode()
    assert not Assessment.objects.exists()


# --- Choosing and previewing ----------------------------------------------------------------------


def test_the_chooser_finds_active_questions_by_their_words(desk, bank):
    Item.objects.filter(pk=items(bank)[0]).update(status="retired")
    address = reverse("item_chooser:choose_results")
    page = desk.get(address).content.decode()
    assert "Question 2" in page
    assert "Question 1<" not in page
    page = desk.get(address, {"q": "noncé 3"}).content.decode()
    assert ("bank-003" in page, "bank-002" in page) == (True, False)


@pytest.mark.parametrize("role", [roles.HR, roles.OPERATOR])
def test_nobody_but_trainers_looks_through_the_questions(bank, role):
    client = Client()
    client.force_login(UserFactory(role=role))
    reply = client.get(reverse("item_chooser:choose"))
    assert reply.status_code in (302, 403)


def test_the_preview_draws_a_sample_in_each_language_and_makes_no_attempt(desk, bank):
    final = teaching.final("final", bank, count=2)
    fixed = Section.objects.create(assessment=final, bank=bank, order=1, rule="fixed")
    SectionItem.objects.create(section=fixed, item_id=items(bank)[5])
    Section.objects.create(assessment=final, bank=bank, order=2, rule="adaptive", count=3)
    address = reverse("builder:preview", args=[final.pk])
    page = desk.get(address, {"n": 3}).content.decode()
    assert "Question 3 of 6" in page
    assert "Question 6</p>" in page
    page = desk.get(address, {"n": 3, "language": "fr"}).content.decode()
    assert "Énoncé 6" in page
    same = desk.get(address, {"seed": 4}).context["response"].item_version_id
    assert desk.get(address, {"seed": 4}).context["response"].item_version_id == same
    assert "Right 6" in page
    assert "correct" not in json.dumps(page)
    assert not Attempt.objects.exists()
    assert set(Item.objects.values_list("exposure", flat=True)) == {0}


def test_a_preview_of_what_cannot_be_drawn_says_why(desk, bank):
    final = teaching.final("final", bank, count=40)
    page = desk.get(reverse("builder:preview", args=[final.pk])).content.decode()
    assert "too few active questions" in page
