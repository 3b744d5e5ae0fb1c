"""The editor of questions in the admin: what it takes, shows, lists, and hands on for approval."""

import json
import uuid

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from wagtail.models import (
    GroupApprovalTask,
    Locale,
    Workflow,
    WorkflowContentType,
    WorkflowState,
    WorkflowTask,
)
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield
from wagtail_localize.models import StringTranslation, Translation, TranslationSource

from academy.people import roles
from academy.people.models import User
from assessments.models import Item, ItemBank, ItemContent
from cms.models import LessonPage
from tests.factories import kinds, teaching

pytestmark = pytest.mark.django_db

LIST = "wagtailsnippets_assessments_itemcontent"


@pytest.fixture
def skill():
    return teaching.competency()


@pytest.fixture
def bank(skill) -> ItemBank:
    return ItemBank.objects.create(code="bank", title={"en": "Bank", "fr": "Banque"})


def browser_of(email: str, *groups: str) -> Client:
    person = User.objects.create_user(email, "x", first_name="A", last_name="B")
    person.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def trainer() -> Client:
    return browser_of("trainer@academy.example", roles.TRAINER)


def sent(bank, skill, item_type: str, blocks: list[tuple[str, dict]], **fields) -> dict:
    """What the editor sends."""
    return nested_form_data(
        {
            "bank": bank.pk,
            "competency": skill.pk,
            "level": 2,
            "item_type": item_type,
            "stem": rich_text("<p>What?</p>"),
            "options": streamfield(blocks),
            "numeric_value": "",
            "numeric_tolerance": "0",
            "unit": "",
            "scoring": "all",
            "explanation": rich_text("<p>Because.</p>"),
            "lesson": "",
            "access_note": "",
            "status": "active",
            "difficulty": 0,
            "code": "",
            "action-publish": "publish",
            **fields,
        }
    )


PAIRS = [
    ("pair", {"prompt": "Age", "match": "Number", "feedback": ""}),
    ("pair", {"prompt": "Name", "match": "Text", "feedback": ""}),
]


def add() -> str:
    return reverse(f"{LIST}:add")


def test_a_question_is_written_with_all_that_belongs_to_it(trainer, bank, skill):
    module = teaching.module("Types", {skill: 2})
    page = LessonPage.objects.child_of(
        LessonPage.objects.filter(translation_key=module.lessons.first().uuid).first().get_parent()
    ).first()
    data = sent(bank, skill, "matching", PAIRS, scoring="each", lesson=page.pk, access_note="Long")
    reply = trainer.post(add(), {**data, "barriers": ["colour", "speed"]})
    assert reply.status_code == 302, reply.context["form"].errors
    item = Item.objects.get()
    content = ItemContent.objects.get()
    assert (item.item_type, item.barriers) == ("matching", ["colour", "speed"])
    assert item.current_version.content["settings"] == {"scoring": "each"}
    assert content.lesson_uuid == page.translation_key
    assert content.access_note == "Long"
    editor = trainer.get(reverse(f"{LIST}:edit", args=[content.pk])).content.decode()
    assert page.title in editor
    data = sent(bank, skill, "matching", PAIRS, scoring="each")
    trainer.post(reverse(f"{LIST}:edit", args=[content.pk]), data)
    content.refresh_from_db()
    assert (content.lesson_uuid, content.barriers) == (None, [])


@pytest.mark.parametrize(
    ("item_type", "blocks", "problem"),
    [
        ("ordering", PAIRS, "“Pair” does not belong to a question of the type “ordering”"),
        ("matching", PAIRS[:1], "at least two prompts"),
        (
            "cloze",
            [("gap", {"name": "a", "kind": "typed", "answers": "x", "feedback": ""})],
            "[[a]]",
        ),
        ("numeric", [], "Give the correct value"),
    ],
)
def test_what_is_wrong_is_said_at_publication_and_may_stay_in_a_draft(
    trainer, bank, skill, item_type, blocks, problem
):
    data = sent(bank, skill, item_type, blocks)
    reply = trainer.post(add(), data)
    assert reply.status_code == 200
    assert problem in str(reply.context["form"].errors)
    del data["action-publish"]
    assert trainer.post(add(), data).status_code == 302
    assert not ItemContent.objects.get().live


def test_the_editor_knows_what_each_kind_has(trainer):
    page = trainer.get(add()).content.decode()
    assert "data-question-kinds" in page
    assert "cms/admin/questions" in page
    assert page.count('name="barriers"') == 4


def test_questions_are_found_by_what_they_take(trainer, bank, skill):
    seeing = kinds.question(bank, skill, "short", barriers=["sight", "colour"])
    timed = kinds.question(bank, skill, "ordering", barriers=["speed"])
    free = kinds.question(bank, skill, "matching")

    def listed(*barriers: str) -> set[int]:
        reply = trainer.get(reverse(f"{LIST}:list"), {"barriers": barriers})
        return {one.pk for one in reply.context["object_list"]}

    assert listed() == {seeing.pk, timed.pk, free.pk}
    assert listed("colour") == {seeing.pk}
    assert listed("colour", "speed") == {seeing.pk, timed.pk}
    assert listed("none") == {free.pk}
    assert "sight, colours" in trainer.get(reverse(f"{LIST}:list")).content.decode()


def test_the_list_asks_no_more_for_more_questions(
    trainer, bank, skill, django_assert_num_queries, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    kinds.question(bank, skill, "short")
    trainer.get(reverse(f"{LIST}:list"))
    with CaptureQueriesContext(connection) as few:
        trainer.get(reverse(f"{LIST}:list"))
    for kind in ("matching", "ordering", "cloze"):
        kinds.question(bank, skill, kind, barriers=["speed"])
    with django_assert_max_num_queries(len(few)):
        trainer.get(reverse(f"{LIST}:list"))


# --- Preview --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(kinds.KINDS))
def test_a_question_is_previewed_as_asked_and_as_explained_in_each_language(
    trainer, bank, skill, kind
):
    content = kinds.question(bank, skill, kind)
    modes = [code for code, _name in content.preview_modes]
    assert modes == ["en", "fr"]
    path = reverse(f"{LIST}:preview_on_edit", args=[content.pk])
    live = ItemContent.objects.get(pk=content.pk)
    live.save_revision()
    blocks = [(one.block_type, {**one.value}) for one in live.options]
    data = sent(
        bank,
        skill,
        kind,
        blocks,
        stem=rich_text(live.stem),
        numeric_value=live.numeric_value or "",
        numeric_tolerance=live.numeric_tolerance,
        unit=live.unit,
        scoring=live.scoring,
    )
    assert trainer.post(path, data).json()["is_valid"]
    english = trainer.get(path, {"mode": "en"}).content.decode()
    french = trainer.get(path, {"mode": "fr"}).content.decode()
    assert "After grading" in english
    assert f"Question {kind}" in english
    assert f"Énoncé {kind}" in french
    assert 'lang="fr"' in french
    for page in (english, french):
        assert 'name="answer' in page
        assert "Because" in page


# --- Workflow and lock ----------------------------------------------------------------------------


@pytest.fixture
def workflow() -> Workflow:
    """Questions are approved by trainers."""
    workflow = Workflow.objects.create(name="Questions")
    task = GroupApprovalTask.objects.create(name="A trainer looks at it")
    task.groups.set(Group.objects.filter(name=roles.TRAINER))
    WorkflowTask.objects.create(workflow=workflow, task=task)
    WorkflowContentType.objects.create(
        workflow=workflow, content_type=ContentType.objects.get_for_model(ItemContent)
    )
    return workflow


@pytest.fixture
def writer() -> Client:
    """Writes questions and may not publish them."""
    group = Group.objects.create(name="Writers")
    group.permissions.set(
        Permission.objects.filter(
            codename__in=["access_admin", "add_itemcontent", "change_itemcontent", "view_itembank"]
        )
    )
    return browser_of("writer@academy.example", "Writers")


def test_who_may_not_publish_submits_and_a_moderator_approves(
    writer, trainer, workflow, bank, skill
):
    data = sent(bank, skill, "matching", PAIRS)
    assert "Submit to Questions" in writer.get(add()).content.decode()
    del data["action-publish"]
    reply = writer.post(add(), {**data, "action-submit": "1"})
    assert reply.status_code == 302, reply.context["form"].errors
    content = ItemContent.objects.get()
    assert not content.live
    assert content.current_workflow_state.status == WorkflowState.STATUS_IN_PROGRESS
    edit = reverse(f"{LIST}:edit", args=[content.pk])
    page = trainer.get(edit).content.decode()
    assert "Approve" in page
    task = content.current_workflow_task_state.task
    trainer.post(
        edit, {**data, "action-workflow-action": "true", "workflow-action-name": "approve"}
    )
    content.refresh_from_db()
    assert content.live, task
    assert Item.objects.get().current_version.number == 1


def test_a_question_that_is_unfinished_is_not_submitted(writer, workflow, bank, skill):
    data = sent(bank, skill, "matching", PAIRS[:1])
    del data["action-publish"]
    reply = writer.post(add(), {**data, "action-submit": "1"})
    assert reply.status_code == 200
    assert "at least two prompts" in str(reply.context["form"].errors)


def test_a_locked_question_is_not_changed_by_others(trainer, bank, skill):
    content = kinds.question(bank, skill, "matching")
    trainer.post(reverse(f"{LIST}:lock", args=[content.pk]))
    content.refresh_from_db()
    assert content.locked
    other = browser_of("other@academy.example", roles.TRAINER)
    other.post(
        reverse(f"{LIST}:edit", args=[content.pk]),
        sent(bank, skill, "matching", PAIRS, stem=rich_text("<p>Changed</p>")),
    )
    content.refresh_from_db()
    assert "Changed" not in content.stem


# --- Translation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(kinds.KINDS))
def test_a_translation_shows_every_text_and_publishes_into_the_same_version(bank, skill, kind):
    source = kinds.question(bank, skill, kind, ("en",), unit="km" if kind == "numeric" else "")
    before = Item.objects.get().current_version.content
    french = Locale.objects.get(language_code="fr")
    origin, _created = TranslationSource.get_or_create_from_instance(source)
    translation = Translation.objects.create(source=origin, target_locale=french)
    segments = list(origin.stringsegment_set.select_related("string", "context"))
    told = {one.string.data.replace("<br>", "\n").replace("<br/>", "\n") for one in segments}
    for part in source.options:
        for name, value in part.value.items():
            if isinstance(value, str) and value and name not in ("name", "kind"):
                assert value in told, f"{name} of {part.block_type} is not offered for translation"
    assert not told & {"a", "b", "choice", "typed", "each", "0.001"}
    for segment in segments:
        words = segment.string.data
        StringTranslation.objects.create(
            translation_of=segment.string,
            locale=french,
            context=segment.context,
            data="<br/>".join(
                f"fr {line}" for line in words.replace("<br>", "<br/>").split("<br/>")
            ),
        )
    translation.publish()
    item = Item.objects.get()
    content = item.current_version.content
    assert set(content["languages"]) == {"en", "fr"}
    assert content["key"] == before["key"]
    assert content["settings"] == before["settings"]
    copy = ItemContent.objects.get(locale=french)
    assert copy.live
    assert copy.scoring == source.scoring
    assert [one.id for one in copy.options] == [one.id for one in source.options]
    shape = json.dumps(content["languages"]["en"], sort_keys=True).count(":")
    assert json.dumps(content["languages"]["fr"], sort_keys=True).count(":") == shape
    assert "fr " in json.dumps(content["languages"]["fr"])


def test_what_an_author_changes_later_reaches_the_translation(bank, skill):
    source = kinds.question(bank, skill, "numeric", ("en",), unit="km")
    source.lesson_uuid = uuid.uuid4()
    source.barriers = ["speed"]
    source.save()
    origin, _created = TranslationSource.get_or_create_from_instance(source)
    translation = Translation.objects.create(
        source=origin, target_locale=Locale.objects.get(language_code="fr")
    )
    translation.save_target(publish=True)
    source.options[0].value["factor"] = 0.01
    source.barriers = []
    source.save_revision().publish()
    origin.update_from_db()
    translation.save_target(publish=True)
    copy = ItemContent.objects.get(locale__language_code="fr")
    assert copy.options[0].value["factor"] == 0.01
    assert (copy.barriers, copy.lesson_uuid) == ([], source.lesson_uuid)
