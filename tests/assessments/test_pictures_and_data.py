"""Places on a picture, labels put on it, and data tasks: written, answered and graded."""

import csv
import io
import uuid
from copy import deepcopy

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import translation
from wagtail.models import Locale
from wagtail_localize.models import StringTranslation, Translation, TranslationSource

from academy.people import roles
from academy.people.models import User
from academy.xapi.models import Statement
from assessments import services
from assessments.item_types import Asked, item_type_for
from assessments.models import Attempt, Item, ItemBank, ItemContent
from tests.factories import pictures, teaching
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def skill():
    return teaching.competency()


@pytest.fixture
def bank() -> ItemBank:
    return ItemBank.objects.create(code="bank", title={"en": "Bank"})


@pytest.fixture
def learner() -> User:
    return UserFactory(role=roles.LEARNER)


@pytest.fixture
def browser(learner) -> Client:
    client = Client()
    client.force_login(learner)
    return client


@pytest.fixture
def publish(bank, skill):
    return lambda *args, **kwargs: pictures.publish(bank, skill, *args, **kwargs)


def version_of(content: ItemContent):
    return Item.objects.get(uuid=content.translation_key).current_version


def asked(content: ItemContent, **fields) -> Asked:
    return Asked(document=version_of(content).content, language="en", **fields)


def ids(content: ItemContent, part: str, name: str) -> dict[str, str]:
    """Words → id of the parts of a question."""
    return {one[name]: one["id"] for one in version_of(content).words("en")[part]}


def begin(bank: ItemBank, learner: User, **final) -> Attempt:
    assessment = teaching.final(f"final-{uuid.uuid4()}", bank, count=0, **final)
    return services.start_attempt(
        assessment=assessment, learner=learner, registration=uuid.uuid4(), seed=11
    )


def page_of(attempt: Attempt, number: int = 1) -> str:
    return reverse("assessments:question", args=[attempt.uuid, number])


def graded(item_type: str, content: ItemContent, answer, **fields) -> float:
    kind, one = item_type_for(item_type), asked(content, **fields)
    return kind.grade(kind.key_for(one), answer)


# --- Hotspot --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scoring", "scores"),
    [("all", (1, 0, 0, 0, 0)), ("each", (1, 0.5, 1, 0.5, 0)), ("penalty", (1, 0.5, 0.5, 0, 0))],
)
def test_places_add_up_as_their_author_says(publish, scoring, scores):
    """Two of three places are right: both; one; both and a wrong one; one and a wrong one; none."""
    content = publish("hotspot", pictures.spots(True, False, True), scoring=scoring)
    places = ids(content, "spots", "label")
    one, wrong, other = places["Bar 1"], places["Bar 2"], places["Bar 3"]
    answers = ([one, other], [other], [one, wrong, other], [one, wrong], None)
    for answer, score in zip(answers, scores, strict=True):
        assert graded("hotspot", content, answer) == score, answer


def test_one_right_place_is_asked_for_as_one(publish):
    one, two = (
        publish("hotspot", pictures.spots(*right)) for right in ((True, False), (True, True))
    )
    hotspot = item_type_for("hotspot")
    assert hotspot.context(asked(one))["widget"] == "radio"
    assert hotspot.context(asked(two))["widget"] == "checkbox"
    both = QueryDict(mutable=True)
    both.setlist("answer", ids(one, "spots", "label").values())
    with pytest.raises(ValueError, match="one place"):
        hotspot.parse(both, asked(one))
    with pytest.raises(ValueError, match="places"):
        hotspot.parse(QueryDict("answer=elsewhere"), asked(one))
    assert hotspot.parse(QueryDict("answer="), asked(one)) is None
    assert hotspot.guessing(version_of(one).content["key"], version_of(one).words("en")) == 1 / 2


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"options": []}, "at least two places"),
        ({"options": pictures.spots(True)}, "at least two places"),
        ({"options": pictures.spots(False, False)}, "at least one place"),
        ({"image": None}, "Choose a picture"),
        ({"image_alt": "  "}, "what the picture shows"),
        ({"options": pictures.spots(True, False, False, False)}, "beyond the picture"),
        ({"options": [*pictures.spots(True, False), *pictures.spots(True)]}, "Two places"),
        (
            {
                "options": [
                    *pictures.spots(True),
                    pictures.block(
                        "spot", label="Dot", x=1, y=1, width=0.1, height=5, correct=0, feedback="."
                    ),
                ]
            },
            "too small",
        ),
    ],
)
def test_an_unfinished_picture_cannot_be_published(publish, change, problem):
    content = publish("hotspot", pictures.spots(True, False), languages=("en",))
    for name, value in change.items():
        setattr(content, name, value)
    with pytest.raises(ValidationError) as refused:
        content.clean()
    assert problem in str(refused.value)


def test_a_picture_has_no_barrier_of_its_own(publish):
    for kind, options in (
        ("hotspot", pictures.spots(True, False)),
        ("dragdrop", pictures.placing()),
    ):
        assert Item.objects.get(uuid=publish(kind, options).translation_key).barriers == []


def test_what_was_asked_keeps_its_picture_whatever_becomes_of_the_image(publish):
    content = publish("hotspot", pictures.spots(True, False))
    frozen = version_of(content).content["settings"]["image"]
    assert (frozen["width"], frozen["height"], frozen["title"]) == (400, 200, "Bars")
    before = default_storage.open(frozen["file"]).read()
    image = content.image
    image.file = ContentFile(pictures.BARS.replace("#457b9d", "red").encode(), "other.svg")
    image.save()
    image.renditions.all().delete()
    ItemContent.objects.update(image=None)
    image.delete()
    assert default_storage.open(frozen["file"]).read() == before


# --- Drag and drop --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scoring", "scores"),
    [
        ("all", (1, 0, 0, 0, 0)),
        ("each", (1, 0.5, 1, 0.5, 0)),
        ("penalty", (1, 0.5, 0.5, 0, 0)),
    ],
)
def test_labels_add_up_as_their_author_says(publish, scoring, scores):
    """All in place; one left out; a label that belongs nowhere put somewhere; one right and one
    wrong; nothing done."""
    content = publish("dragdrop", pictures.placing(), scoring=scoring)
    zones, tokens = ids(content, "zones", "label"), ids(content, "tokens", "text")
    left, right = zones["Left bar"], zones["Right bar"]
    small, large, absent = tokens["Small"], tokens["Large"], tokens["Absent"]
    answers = (
        {small: left, large: right},
        {small: left},
        {small: left, large: right, absent: left},
        {small: left, large: left},
        None,
    )
    for answer, score in zip(answers, scores, strict=True):
        assert graded("dragdrop", content, answer) == score, answer


def test_labels_are_read_from_lists(publish):
    content = publish("dragdrop", pictures.placing())
    zones, tokens = ids(content, "zones", "label"), ids(content, "tokens", "text")
    dragdrop, one = item_type_for("dragdrop"), asked(content)
    small, left = tokens["Small"], zones["Left bar"]
    posted = QueryDict(f"answer-{small}={left}&answer-{tokens['Large']}=&answer-unknown={left}")
    assert dragdrop.parse(posted, one) == {small: left}
    assert dragdrop.pattern({small: left}) == f"{small}[.]{left}"
    assert dragdrop.parse(QueryDict(""), one) is None
    with pytest.raises(ValueError, match="places"):
        dragdrop.parse(QueryDict(f"answer-{small}={small}"), one)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda blocks: blocks[:1] + blocks[2:], "at least two places"),
        (lambda blocks: blocks[:3], "at least two labels"),
        (lambda blocks: [*blocks, blocks[2]], "same text"),
        (
            lambda blocks: [*blocks, pictures.block("token", text="X", zone="Up", feedback=".")],
            "“Up”, which is not there",
        ),
        (
            lambda blocks: [
                *blocks[:2],
                pictures.block("token", text="X", zone="", feedback="."),
                pictures.block("token", text="Y", zone="", feedback="."),
            ],
            "where it belongs",
        ),
    ],
)
def test_unfinished_labels_cannot_be_published(publish, change, problem):
    content = publish("dragdrop", pictures.placing(), languages=("en",))
    content.options = change(pictures.placing())
    with pytest.raises(ValidationError) as refused:
        content.clean()
    assert problem in str(refused.value)


def test_a_translated_label_belongs_where_it_belonged(publish):
    """Places are called otherwise in another language; labels name them as the first one does."""
    blocks = pictures.placing()
    french = deepcopy(blocks)
    for block, words in zip(
        french, ("Gauche", "Droite", "Petite", "Grande", "Absente"), strict=True
    ):
        block["value"]["label" if block["type"] == "zone" else "text"] = words
    content = publish("dragdrop", blocks, translated=french)
    other = ItemContent.objects.get(
        translation_key=content.translation_key, locale__language_code="fr"
    )
    other.clean()
    assert services.document_of(other)["key"] == version_of(content).content["key"] != {}
    zones = version_of(content).words("fr")["zones"]
    assert [one["label"] for one in zones] == ["Gauche", "Droite"]


# --- On the page ----------------------------------------------------------------------------------


def test_a_picture_is_answered_by_a_form_and_explained_part_by_part(
    publish, bank, learner, browser
):
    content = publish("hotspot", pictures.spots(True, False))
    attempt = begin(bank, learner, cut_score="0.5")
    page = browser.get(page_of(attempt)).content.decode()
    frozen = version_of(content).content["settings"]["image"]["file"]
    assert f'src="{default_storage.url(frozen)}"' in page
    assert 'alt="Three bars."' in page
    assert 'data-picture="hotspot"' in page
    assert "1. Bar 1</label>" in page
    right = ids(content, "spots", "label")["Bar 1"]
    browser.post(page_of(attempt), {"answer": right, "go": "review"})
    assert f'value="{right}" checked' in browser.get(page_of(attempt)).content.decode()
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    result = browser.get(reverse("assessments:result", args=[attempt.uuid])).content.decode()
    assert "About bar 1." in result
    assert "About bar 2." not in result
    said = Statement.objects.get(verb__endswith="/answered").received["result"]
    assert said["response"] == right
    assert said["success"] is True


@pytest.mark.parametrize("setting", ["no_dragging", "alternative_version"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [("hotspot", pictures.spots(True, False)), ("dragdrop", pictures.placing())],
)
def test_a_setting_leaves_the_form_alone(publish, bank, learner, browser, setting, kind, options):
    publish(kind, options)
    path = page_of(begin(bank, learner))
    assert f'data-picture="{kind}"' in browser.get(path).content.decode()
    User.objects.filter(pk=learner.pk).update(**{setting: True})
    page = browser.get(path).content.decode()
    assert "data-picture=" not in page
    assert "pictures.js" not in page
    assert 'alt="Three bars."' in page
    assert 'name="answer' in page


def test_labels_are_put_by_lists_and_explained_one_by_one(publish, bank, learner, browser):
    content = publish("dragdrop", pictures.placing(), scoring="each")
    zones, tokens = ids(content, "zones", "label"), ids(content, "tokens", "text")
    attempt = begin(bank, learner, cut_score="0.9")
    browser.post(
        page_of(attempt),
        {
            f"answer-{tokens['Small']}": zones["Left bar"],
            f"answer-{tokens['Large']}": zones["Left bar"],
            "go": "review",
        },
    )
    page = browser.get(page_of(attempt)).content.decode()
    assert page.count(f'value="{zones["Left bar"]}" selected') == 2
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    attempt.refresh_from_db()
    assert attempt.score_raw == 0.5
    result = browser.get(reverse("assessments:result", args=[attempt.uuid])).content.decode()
    assert "It is the small one." in result
    assert "It is the large one." not in result  # not passed: where it belongs is not told
    assert "It belongs in" not in result
    assert "Partly right" in result


def test_many_pictures_cost_no_more_queries_than_few(
    publish, bank, learner, browser, django_assert_max_num_queries
):
    def queries(count: int) -> list[int]:
        """Of the question's page and of the result's."""
        for _number in range(count):
            publish("hotspot", pictures.spots(True, False), languages=("en",))
        attempt = begin(bank, learner)
        with django_assert_max_num_queries(15) as asking:
            browser.get(page_of(attempt))
        services.submit_attempt(attempt=attempt)
        with django_assert_max_num_queries(15) as telling:
            browser.get(reverse("assessments:result", args=[attempt.uuid]))
        return [len(asking), len(telling)]

    queries(1)  # the first pages fill the caches of the frame
    assert queries(1) == queries(5)


# --- Data tasks -----------------------------------------------------------------------------------


@pytest.fixture
def task(publish) -> ItemContent:
    return publish("data", [*pictures.table(), *pictures.questions()], scoring="each")


def file_of(attempt: Attempt, format: str = "csv", number: int = 1) -> str:
    return reverse("assessments:data", args=[attempt.uuid, number, format])


def rows_in(reply, delimiter: str = ",") -> list[dict[str, str]]:
    text = reply.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def worked_out(rows: list[dict[str, str]]) -> dict[str, str]:
    """The four answers, as a careful person finds them in the file."""
    once = [dict(pairs) for pairs in dict.fromkeys(tuple(row.items()) for row in rows)]
    regions = [row["Region"].strip().casefold() for row in once if row["Region"]]
    days = [int(row["Days"]) for row in once]
    return {
        "How many requests came from the North?": str(regions.count("north")),
        "How long did they take on average?": f"{sum(days) / len(days):.2f}",
        "Which region sent the most?": max(set(regions), key=regions.count),
        "When did the last one come?": max(row["Received"] for row in once),
    }


def test_who_works_it_out_from_the_file_is_right(task, bank, learner, browser):
    attempt = begin(bank, learner, cut_score="0.9")
    reply = browser.get(file_of(attempt))
    assert reply["Content-Type"] == "text/csv; charset=utf-8"
    assert reply["Content-Disposition"] == 'attachment; filename="requests.csv"'
    questions = ids(task, "questions", "text")
    answers = {
        f"answer-{questions[text]}": answer for text, answer in worked_out(rows_in(reply)).items()
    }
    browser.post(page_of(attempt), {**answers, "go": "review"})
    browser.post(reverse("assessments:submit", args=[attempt.uuid]))
    attempt.refresh_from_db()
    assert attempt.score_raw == 1
    result = browser.get(reverse("assessments:result", args=[attempt.uuid])).content.decode()
    assert "How: mean." in result


def test_the_same_attempt_gives_the_same_file_and_another_one_another(task, bank, learner, browser):
    attempt, other = begin(bank, learner), begin(bank, UserFactory(role=roles.LEARNER))
    before = browser.get(file_of(attempt)).content, browser.get(file_of(attempt, "xlsx")).content
    services.submit_attempt(attempt=attempt)
    after = browser.get(file_of(attempt)).content, browser.get(file_of(attempt, "xlsx")).content
    assert before == after
    Attempt.objects.filter(pk=other.pk).update(learner=learner, seed=12)
    Attempt.objects.filter(pk=attempt.pk).delete()
    assert browser.get(file_of(other)).content != before[0]


def test_each_part_counts_by_itself(task, bank, learner, browser):
    attempt = begin(bank, learner)
    right = worked_out(rows_in(browser.get(file_of(attempt))))
    questions = ids(task, "questions", "text")
    answer = {questions[text]: value for text, value in right.items()}
    seed = f"{attempt.seed}:0"
    assert graded("data", task, answer, seed=seed) == 1
    answer[questions["How many requests came from the North?"]] = "9999"
    del answer[questions["When did the last one come?"]]
    assert graded("data", task, answer, seed=seed) == 0.5
    assert graded("data", task, None, seed=seed) == 0
    assert graded("data", task, {"unknown": "1"}, seed=seed) == 0


def test_the_tables_of_a_language_speak_it_and_its_answers_count(publish, bank, learner, browser):
    blocks = [*pictures.table(), *pictures.questions()]
    french = deepcopy(blocks)
    for value, label in zip(
        french[2]["value"]["values"], ("Nord", "Sud", "Île-de-France"), strict=True
    ):
        value["value"]["label"] = label
    french[2]["value"]["name"], french[3]["value"]["name"] = "Région", "Jours"
    content = publish("data", blocks, translated=french)
    assert set(version_of(content).content["languages"]) == {"en", "fr"}
    attempt = begin(bank, learner)
    with translation.override("fr"):
        path = file_of(attempt)
    rows = rows_in(browser.get(path), ";")
    assert {row["Région"].strip().casefold() for row in rows} >= {"nord", "sud"}
    assert "Jours" in rows[0]
    most = worked_out([{**row, "Region": row["Région"], "Days": row["Jours"]} for row in rows])
    question = ids(content, "questions", "text")["Which region sent the most?"]
    kind = item_type_for("data")
    key = kind.key_for(asked(content, seed=f"{attempt.seed}:0")).key[question]
    assert most["How many requests came from the North?"] == "0"  # they are called Nord here
    assert {one.casefold() for one in key["values"]} >= {most["Which region sent the most?"]}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("1 234,5", "1 234,5"),
        ("1,234.5", "1234.5"),
        ("12 days", "12"),
        ("", None),
        ("about twelve", ValueError),
        ("1e400", ValueError),
    ],
)
def test_numbers_are_read_as_people_write_them(task, text, kept):
    kind, one = item_type_for("data"), asked(task)
    question = ids(task, "questions", "text")["How long did they take on average?"]
    data = QueryDict(mutable=True)
    data[f"answer-{question}"] = text
    if kept is ValueError:
        with pytest.raises(ValueError, match="Question 2"):
            kind.parse(data, one)
    else:
        assert kind.parse(data, one) == ({question: kept} if kept else None)


def test_a_date_that_is_none_is_refused(task):
    kind, one = item_type_for("data"), asked(task)
    question = ids(task, "questions", "text")["When did the last one come?"]
    with pytest.raises(ValueError, match="2024-03-31"):
        kind.parse(QueryDict(f"answer-{question}=31.3.2024"), one)
    assert kind.parse(QueryDict(f"answer-{question}=2024/03/31"), one) == {question: "2024-03-31"}


def test_only_its_owner_gets_a_table(task, bank, learner):
    attempt = begin(bank, learner)
    for role in roles.ALL_ROLES:
        client = Client()
        client.force_login(UserFactory(role=role))
        assert client.get(file_of(attempt)).status_code == 404, role
    client = Client()
    client.force_login(learner)
    assert client.get(file_of(attempt, number=2)).status_code == 404
    assert client.get(file_of(attempt, "exe")).status_code == 404
    assert client.get(file_of(attempt, number=10**30)).status_code == 404
    assert client.post(file_of(attempt)).status_code == 405


def test_a_question_without_a_table_has_no_file(publish, bank, learner, browser):
    publish("hotspot", pictures.spots(True, False))
    assert browser.get(file_of(begin(bank, learner))).status_code == 404


def test_fetching_the_table_is_said_in_the_record(task, bank, learner, browser):
    browser.get(file_of(begin(bank, learner), "xlsx"))
    said = Statement.objects.get(verb__endswith="/interacted").received
    assert said["object"]["definition"]["interactionType"] == "other"


# --- Its author -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda blocks: blocks[1:], "Add a table"),
        (lambda blocks: [*pictures.table(rows=10**9), *pictures.questions()], "5 to 20000 rows"),
        (lambda blocks: blocks[:5], "at least one question"),
        (lambda blocks: [blocks[0], *blocks[2:]], "tells rows apart"),
        (
            lambda blocks: [*blocks[:5], pictures.asked("?", "sum", column="Dais")],
            "There are: Request, Region, Days, Received",
        ),
        (
            lambda blocks: [
                *blocks[:5],
                pictures.asked("How many?", "count"),
                pictures.asked(
                    "?",
                    "median",
                    column="Days",
                    where=[pictures.condition("Days", "above", "5000")],
                ),
            ],
            "Question 2 has no answer",
        ),
    ],
)
def test_an_unfinished_data_task_cannot_be_published(task, change, problem):
    task.options = change([*pictures.table(), *pictures.questions()])
    with pytest.raises(ValidationError) as refused:
        task.clean()
    assert problem in str(refused.value)


def test_a_preview_shows_rows_and_answers_and_leads_to_a_file(task):
    from django.template.loader import render_to_string
    from django.test import RequestFactory

    from assessments.preview import preview_of

    request = RequestFactory().get("/")
    request.user = UserFactory(role=roles.TRAINER)
    page = render_to_string("assessments/item_preview.html", preview_of(task), request)
    assert "The first 10 of 60 rows" in page
    assert "R-01" in page
    assert "The answer is" in page
    assert reverse("assessments:data_sample", args=[task.pk, "xlsx"]) in page


def test_a_trainer_takes_a_sample_of_the_draft(task, learner, browser):
    path = reverse("assessments:data_sample", args=[task.pk, "csv"])
    assert browser.get(path).status_code == 403
    client = Client()
    client.force_login(UserFactory(role=roles.TRAINER))
    task.options = [*pictures.table(rows=30), *pictures.questions()]
    task.save_revision()
    assert len(rows_in(client.get(path))) == 30
    assert client.get(path).content == client.get(path).content
    assert client.get(path).content != client.get(f"{path}?seed=another").content
    task.options, task.is_unfinished = pictures.table(rows=10**9), True
    task.save_revision()
    assert client.get(path).status_code == 400


def test_a_translation_names_columns_as_the_first_language_does(task):
    """What its conditions name is not translated, so it is checked against the first language."""
    french = ItemContent.objects.get(
        translation_key=task.translation_key, locale__language_code="fr"
    )
    french.clean()
    french.options = [
        *french.options.raw_data[:2],
        {
            **french.options.raw_data[2],
            "value": {
                **french.options.raw_data[2]["value"],
                "values": french.options.raw_data[2]["value"]["values"][:2],
            },
        },
        *french.options.raw_data[3:],
    ]
    with pytest.raises(ValidationError, match="as many values"):
        french.clean()


def test_a_translator_is_asked_for_words_and_not_for_what_they_refer_to(
    publish, django_capture_on_commit_callbacks
):
    content = publish("data", [*pictures.table(), *pictures.questions()], languages=("en",))
    source, _created = TranslationSource.get_or_create_from_instance(content)
    asked_for = set(source.stringsegment_set.values_list("string__data", flat=True))
    assert {"Region", "North", "How long did they take on average?", "requests"} <= asked_for
    assert not {"R-", "north", "Île"} & asked_for
    translation_row = Translation.objects.create(
        source=source, target_locale=Locale.objects.get(language_code="fr")
    )
    for word, translated in (("North", "Nord"), ("Region", "Région")):
        segment = source.stringsegment_set.get(string__data=word)
        StringTranslation.objects.create(
            translation_of=segment.string,
            context=segment.context,
            locale=translation_row.target_locale,
            data=translated,
        )
    with django_capture_on_commit_callbacks(execute=True):
        translation_row.save_target(publish=True)
    words = version_of(content).words("fr")
    assert [one["name"] for one in words["columns"]] == ["Request", "Région", "Days", "Received"]
    assert words["columns"][1]["labels"][0] == "Nord"
