"""Knowledge checks in the lesson player: answered, explained, recorded; they count for nothing."""

import json
import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from academy.people.models import User
from academy.xapi.models import Statement
from academy.xapi.vocabulary import adl
from cms.models import LessonPage
from courses.models import LessonProgress
from courses.services import enroll
from tests.factories import world

pytestmark = pytest.mark.django_db

SINGLE, MULTIPLE, NUMERIC = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


def option(text: str, *, correct: bool = False) -> dict:
    return {"text": text, "correct": correct, "feedback": f"On {text}."}


def check(id: str, kind: str, *options: dict, **changes) -> dict:
    value = {
        "kind": kind,
        "stem": "<p>Which <b>one</b>?</p>",
        "options": list(options),
        "value": None,
        "tolerance": None,
        "unit": "",
        "explanation": "<p>That is why.</p>",
        **changes,
    }
    return {"type": "check", "id": id, "value": value}


@pytest.fixture
def learner() -> User:
    return User.objects.create_user("amina@academy.example", "x", first_name="Amina", last_name="D")


@pytest.fixture
def browser(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


@pytest.fixture
def lesson(learner):
    """The address parts of a lesson with one check of each kind, taken by the learner."""
    made = world.make()
    row = made.module.lessons.first()
    page = LessonPage.objects.get(translation_key=row.uuid, locale__language_code="en")
    page.body = json.dumps(
        [
            check(SINGLE, "single", option("mean"), option("median", correct=True)),
            check(
                MULTIPLE,
                "multiple",
                option("a", correct=True),
                option("b"),
                option("c", correct=True),
            ),
            check(NUMERIC, "numeric", value="12.5", tolerance="0.1", unit="kg"),
        ]
    )
    page.save_revision().publish()
    return {"enrollment": enroll(learner=learner, course=made.course).uuid, "lesson": row.uuid}


def send(browser: Client, lesson: dict, check: str, *answers: str, token: str = ""):
    url = reverse("cms:check", kwargs={**lesson, "check": check})
    return browser.post(url, {"answer": answers, "token": token or str(uuid4())})


def answered() -> list[dict]:
    return [one.document for one in Statement.objects.filter(verb=adl.ANSWERED.id).order_by("id")]


@pytest.mark.parametrize(
    ("check", "answers", "is_right", "response", "shown"),
    [
        (SINGLE, ["1"], True, "1", ["Right.", "On median."]),
        (SINGLE, ["0"], False, "0", ["Not quite.", "On mean."]),
        (MULTIPLE, ["0", "2"], True, "0[,]2", ["On a.", "On c."]),
        (MULTIPLE, ["0"], False, "0", ["On a.", "Something that is right is missing."]),
        (MULTIPLE, ["0", "1", "2"], False, "0[,]1[,]2", ["Not quite.", "On b."]),
        (NUMERIC, ["12,45"], True, "12.45", ["Right.", "The answer is 12.5 kg."]),
        (NUMERIC, ["13"], False, "13", ["Not quite.", "The answer is 12.5 kg."]),
    ],
)
def test_an_answer_is_explained_and_recorded(
    browser, lesson, check, answers, is_right, response, shown
):
    answer = send(browser, lesson, check, *answers)
    assert answer.status_code == 302
    assert answer.url.endswith(f"#check-{check}")
    page = browser.get(answer.url).content.decode()
    outcome = re.search(r'role="status">(.*?)</form>', page, re.DOTALL)[1]
    for words in [*shown, "That is why."]:
        assert words in outcome
    [statement] = answered()
    assert statement["result"] == {"success": is_right, "response": response}
    assert statement["object"]["id"].endswith(f"/checks/{check}")
    assert statement["object"]["definition"]["name"] == {"en": "Which one?"}
    assert statement["context"]["registration"] == str(lesson["enrollment"])
    assert not LessonProgress.objects.filter(completed_at__isnull=False).exists()


def test_reading_the_answer_again_records_nothing(browser, lesson):
    url = send(browser, lesson, SINGLE, "1").url
    for _reload in range(2):
        browser.get(url)
    assert len(answered()) == 1


def test_a_double_click_is_recorded_once_and_another_answer_again(browser, lesson):
    token = str(uuid4())
    for choice in ("0", "0", "1"):
        send(browser, lesson, SINGLE, choice, token=token)
    assert [one["result"]["response"] for one in answered()] == ["0", "1"]


@pytest.mark.parametrize(
    ("check", "answers", "says"),
    [
        (SINGLE, [], "Choose an answer."),
        (SINGLE, ["7"], "Choose an answer."),
        (NUMERIC, [], "Write a number, such as 12.5."),
        (NUMERIC, ["a lot"], "Write a number, such as 12.5."),
        (NUMERIC, ["NaN"], "Write a number, such as 12.5."),
    ],
)
def test_what_is_no_answer_is_asked_again(browser, lesson, check, answers, says):
    page = browser.get(send(browser, lesson, check, *answers).url).content.decode()
    assert says in page
    assert 'role="status"' not in page
    assert answered() == []


def test_the_answers_are_not_in_the_page_before(browser, lesson):
    page = browser.get(reverse("cms:lesson", kwargs=lesson)).content.decode()
    assert page.count("Check my answer") == 3
    for words in ("On median.", "That is why.", "12.5 kg"):
        assert words not in page


def test_a_check_that_is_gone_says_so(browser, lesson):
    assert send(browser, lesson, str(uuid4()), "0").status_code == 404
    assert answered() == []


def test_after_signing_in_again_the_lesson_is_shown(browser, lesson):
    """An expired session leads to the sign-in page, and from there here, with a GET."""
    response = browser.get(reverse("cms:check", kwargs={**lesson, "check": SINGLE}))
    assert response.status_code == 302
    assert response.url.endswith(f"#check-{SINGLE}")
