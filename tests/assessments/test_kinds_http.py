"""Each kind of question from its page to its explained result, as a browser sends it."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from academy.people.models import User
from academy.xapi.models import Statement
from assessments.models import Attempt, Item, ItemBank, Response
from assessments.services import start_attempt
from tests.factories import kinds, teaching

pytestmark = pytest.mark.django_db
ALL = tuple(kinds.KINDS)


@pytest.fixture
def skill():
    return teaching.competency()


@pytest.fixture
def bank(skill) -> ItemBank:
    """One question of each kind."""
    bank = ItemBank.objects.create(code="kinds", title={"en": "Kinds"})
    for kind in ALL:
        kinds.question(bank, skill, kind)
    return bank


@pytest.fixture
def learner() -> User:
    return User.objects.create_user("a@academy.example", "x", first_name="A", last_name="B")


@pytest.fixture
def browser(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


@pytest.fixture
def attempt(bank, learner) -> Attempt:
    final = teaching.final("kinds", bank, count=0, time_limit_minutes=None)
    return start_attempt(assessment=final, learner=learner, registration=final.uuid, seed=3)


def by_kind(attempt: Attempt) -> dict[str, Response]:
    responses = attempt.responses.select_related("item_version__item")
    return {one.item_version.content["type"]: one for one in responses}


def address(response: Response) -> str:
    return reverse("assessments:question", args=[response.attempt.uuid, response.position + 1])


def choice_of(page: str, label: str) -> str:
    """The value of an option as the page has it."""
    return re.search(rf'<option value="([^"]+)"[^>]*>{re.escape(label)}</option>', page)[1]


def ids(response: Response, name: str) -> list[str]:
    return [part["id"] for part in response.item_version.words("en")[name]]


def right_form(response: Response, page: str, *, last_wrong: bool = False) -> dict:
    """What a browser sends for the right answer, with its last part wrong if so asked."""
    kind = response.item_version.content["type"]
    if kind == "multiple":
        chosen = list(response.item_version.content["key"])
        return {"answer": chosen[:-1] if last_wrong else chosen}
    if kind == "numeric":
        return {
            "answer": "12 450" if not last_wrong else "12.45",
            "answer-unit": ids(response, "units")[0],
        }
    if kind == "matching":
        first, last = ids(response, "prompts")
        return {
            f"answer-{first}": choice_of(page, "Number"),
            f"answer-{last}": choice_of(page, "Date" if last_wrong else "Text"),
        }
    if kind == "ordering":
        order = ids(response, "steps")
        order = [order[2], *order[:2]] if last_wrong else order
        return {f"answer-{step}": str(place) for place, step in enumerate(order, 1)}
    if kind == "short":
        return {"answer": "mean" if last_wrong else " The Médian "}
    first, last = ids(response, "gaps")
    return {
        f"answer-{first}": choice_of(page, "median"),
        f"answer-{last}": "inliers" if last_wrong else "OUTLIERS",
    }


def answer_all(browser: Client, attempt: Attempt, **how) -> None:
    for response in by_kind(attempt).values():
        page = browser.get(address(response)).content.decode()
        reply = browser.post(address(response), {**right_form(response, page, **how), "go": "next"})
        assert reply.status_code == 302, reply.content.decode()


def test_every_kind_is_asked_answered_graded_recorded_and_explained(browser, attempt):
    answer_all(browser, attempt)
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    attempt.refresh_from_db()
    assert {kind: one.score for kind, one in by_kind(attempt).items()} == dict.fromkeys(ALL, 1.0)
    page = browser.get(reverse("assessments:result", args=[attempt.uuid])).content.decode()
    for kind in ALL:
        assert f"Because of {kind}." in page
    for told in ("It counts.", "First.", "Middle.", "Far off.", "12 450 m", "The right order:"):
        assert told in page
    assert "[[" not in page
    statements = Statement.objects.filter(verb__endswith="/answered")
    found = {json.loads(one.raw)["object"]["definition"]["interactionType"] for one in statements}
    assert found == {"choice", "numeric", "matching", "sequencing", "fill-in"}


def test_an_answer_that_is_partly_right_counts_in_part(browser, attempt):
    answer_all(browser, attempt, last_wrong=True)
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    scores = {kind: round(one.score, 3) for kind, one in by_kind(attempt).items()}
    assert scores == {
        "multiple": 0.667,
        "numeric": 0,
        "matching": 0.5,
        "ordering": 0.5,
        "short": 0.5,
        "cloze": 0.5,
    }
    attempt.refresh_from_db()
    assert attempt.score_raw == pytest.approx(2 / 3 + 4 / 2)
    assert attempt.passed is False
    page = browser.get(reverse("assessments:result", args=[attempt.uuid])).content.decode()
    assert "Partly right" in page
    assert "Because of" not in page
    assert "The right order:" not in page
    assert "Far off." not in page  # says what is right


@pytest.mark.parametrize("kind", ALL)
def test_an_answer_is_shown_again(browser, attempt, kind):
    response = by_kind(attempt)[kind]
    page = browser.get(address(response)).content.decode()
    browser.post(address(response), right_form(response, page))
    kept = Response.objects.get(pk=response.pk).answer
    page = browser.get(address(response)).content.decode()
    data = right_form(response, page)
    assert ("selected" in page) is (kind in ("numeric", "matching", "ordering", "cloze"))
    browser.post(address(response), data)
    assert Response.objects.get(pk=response.pk).answer == kept


@pytest.mark.parametrize("kind", ["matching", "ordering", "cloze"])
def test_the_page_does_not_give_the_key_away(browser, attempt, kind):
    """Neither the values of a form nor their order say what is right."""
    response = by_kind(attempt)[kind]
    page = browser.get(address(response)).content.decode()
    key = response.item_version.content["key"]
    if kind == "ordering":
        shown = re.findall(r'name="answer-([^"]+)"', page)
        assert shown != key
        assert sorted(shown) == sorted(key)
    else:
        values = set(re.findall(r'<option value="([^"]+)"', page))
        assert values <= {str(place) for place in range(1, 9)}


def test_steps_at_the_same_place_are_asked_about_and_nothing_is_lost(browser, attempt):
    response = by_kind(attempt)["ordering"]
    save = reverse("assessments:save", args=[attempt.uuid, response.position + 1])
    first, second, third = ids(response, "steps")
    browser.post(save, {f"answer-{first}": "1", "seq": "1"})
    reply = browser.post(save, {f"answer-{first}": "1", f"answer-{second}": "1", "seq": "2"})
    assert reply.status_code == 400
    assert "place 1" in reply.json()["error"]
    assert Response.objects.get(pk=response.pk).answer == [first, None, None]
    page = browser.post(address(response), {f"answer-{second}": "2", f"answer-{third}": "2"})
    assert page.status_code == 422
    assert 'href="#answer-1"' in page.content.decode()


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    "text", ["x" * 200_000, "\x00", "%ED%A0%80", "<script>alert(1)</script>", "²"]
)
def test_hostile_text_is_refused_or_kept_as_text(browser, attempt, kind, text):
    response = by_kind(attempt)[kind]
    names = ["answer", "answer-unit", "answer-z"]
    for parts in response.item_version.words("en").values():
        if isinstance(parts, list):
            names += [f"answer-{part['id']}" for part in parts]
    reply = browser.post(address(response), dict.fromkeys(names, text))
    assert reply.status_code in (302, 422)
    page = browser.get(address(response)).content.decode()
    assert "<script>alert" not in page
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    result = browser.get(reverse("assessments:result", args=[attempt.uuid]))
    assert result.status_code == 200
    assert "<script>alert" not in result.content.decode()


def test_a_question_in_french_is_answered_in_french(browser, attempt):
    response = by_kind(attempt)["cloze"]
    browser.cookies["django_language"] = "fr"
    path = address(response).replace("/en/", "/fr/")
    page = browser.get(path).content.decode()
    first, last = ids(response, "gaps")
    reply = browser.post(
        path, {f"answer-{first}": choice_of(page, "médiane"), f"answer-{last}": "Valeurs extremes"}
    )
    assert reply.status_code == 302
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    graded = by_kind(attempt)["cloze"]
    assert (graded.language, graded.score) == ("fr", 1)


def test_the_lesson_that_teaches_a_question_is_named_with_its_result(
    browser, attempt, skill, bank, django_assert_max_num_queries
):
    module = teaching.module("Averages", {skill: 2})
    teaching.course("Data", module)
    lesson = module.lessons.order_by("order").first()
    for content in bank.contents.filter(item_type="short"):
        content.lesson_uuid = lesson.uuid
        content.save()
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    result = reverse("assessments:result", args=[attempt.uuid])
    browser.get(result)  # warms what every page shares
    with django_assert_max_num_queries(15):
        page = browser.get(reverse("assessments:result", args=[attempt.uuid])).content.decode()
    assert page.count("Learn it here:") == 1
    assert reverse("cms:lesson_any", args=[lesson.uuid]) in page
    module.courses.update(is_live=False)
    page = browser.get(reverse("assessments:result", args=[attempt.uuid])).content.decode()
    assert "Learn it here:" not in page


def test_a_fixed_translation_of_a_gap_is_taken_up(bank):
    """A translation that lost a gap is left out; once it has it again, it is asked."""
    from assessments.services import publish_item

    source, french = bank.contents.filter(item_type="cloze").order_by("pk")
    french.stem = "<p>Énoncé [[a]]</p>"
    french.save()
    assert list(publish_item(source).content["languages"]) == ["en"]
    french.stem = "<p>Énoncé [[b]] [[a]]</p>"
    french.save()
    assert set(publish_item(source).content["languages"]) == {"en", "fr"}


def test_a_block_of_another_kind_is_refused_at_publication(bank):
    from academy.core.errors import AcademyError
    from assessments.services import publish_item

    source = bank.contents.filter(item_type="short").order_by("pk").first()
    source.item_type = "ordering"
    source.save()
    with pytest.raises(AcademyError, match="does not belong to a question of the type"):
        publish_item(source)


def test_no_kind_freezes_more_than_text_and_numbers(bank):
    for item in Item.objects.select_related("current_version"):
        document = item.current_version.content
        assert json.loads(json.dumps(document)) == document
        assert 0 <= item.guessing < 1
