"""What publishing, moving, copying and deleting pages and questions does to what is tracked."""

import json
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Locale, Page
from wagtail_localize.models import Translation, TranslationSource
from wagtail_localize.operations import translate_object, translate_page_subtree

from academy.core.errors import AcademyError
from academy.people.roles import TRAINER
from assessments.models import Assessment, Item, ItemBank, ItemContent, Section
from assessments.services import start_attempt
from cms.desk import assessment_warnings, page_warnings
from cms.models import (
    CataloguePage,
    CourseModuleLink,
    CoursePage,
    LessonPage,
    LibraryPage,
    ModulePage,
    ModuleTeaches,
)
from courses.models import Course, Lesson, LessonProgress, LessonVersion, Module
from tests.factories import teaching, world
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def skill():
    return teaching.competency()


@pytest.fixture
def module(skill) -> Module:
    return teaching.module("Counting", {skill: 2}, lessons=3)


@pytest.fixture
def french_locale() -> Locale:
    return Locale.objects.get(language_code="fr")


def page_of(row: Module | Lesson | Course, language: str = "en") -> Page:
    page = Page.objects.get(translation_key=row.uuid, locale__language_code=language)
    return page.specific


def lesson_of(module: Module, number: int) -> Lesson:
    return module.lessons.get(title__en=f"Counting {number}")


def outline(module: Module) -> list[str]:
    """The titles of the live lessons in their order."""
    live = Lesson.objects.filter(module=module, is_live=True).order_by("order")
    return [lesson.title["en"] for lesson in live]


def publish(page: Page) -> None:
    page.save_revision().publish()


# --- Lessons --------------------------------------------------------------------------------------


def test_other_content_is_a_new_version_and_touches_no_progress():
    made = world.make()
    learner = UserFactory()
    world.learn(made, learner)
    lesson = made.module.lessons.first()
    before = LessonProgress.objects.filter(lesson=lesson).values().get()

    page = page_of(lesson)
    page.body = json.dumps([{"type": "text", "value": "<p>Said better.</p>"}])
    publish(page)

    lesson.refresh_from_db()
    assert lesson.current_version.number == 2
    assert LessonProgress.objects.filter(lesson=lesson).values().get() == before
    assert before["version_id"] == lesson.versions.get(number=1).pk


def test_the_same_content_is_no_new_version(module):
    lesson = lesson_of(module, 1)
    for _again in range(2):
        publish(page_of(lesson))
    page = page_of(lesson)
    page.minutes, page.slug = 50, "elsewhere"  # neither is content
    publish(page)

    assert lesson.versions.count() == 1
    module.refresh_from_db()
    assert module.minutes == 60


def test_publishing_a_translation_writes_no_version(module):
    lesson = lesson_of(module, 1)
    page = page_of(lesson, "fr")
    page.title, page.minutes = "Autre titre", 99
    page.body = json.dumps([{"type": "text", "value": "<p>Autre.</p>"}])
    publish(page)

    lesson.refresh_from_db()
    assert lesson.title == {"en": "Counting 1", "fr": "Autre titre"}
    assert lesson.minutes == 5
    assert lesson.versions.count() == 1


def test_an_unpublished_lesson_leaves_the_outline_and_keeps_its_history(module):
    lesson = lesson_of(module, 2)
    page_of(lesson).unpublish()

    lesson.refresh_from_db()
    module.refresh_from_db()
    assert not lesson.is_live
    assert lesson.versions.count() == 1
    assert outline(module) == ["Counting 1", "Counting 3"]
    assert module.minutes == 10

    publish(page_of(lesson))
    assert outline(module) == ["Counting 1", "Counting 2", "Counting 3"]
    assert lesson.versions.count() == 1


def test_unpublishing_a_translation_takes_nothing_off_the_outline(module):
    page_of(lesson_of(module, 2), "fr").unpublish()

    assert outline(module) == ["Counting 1", "Counting 2", "Counting 3"]


def test_lessons_put_in_another_order(module):
    first, last = (page_of(lesson_of(module, number)) for number in (1, 3))
    last.move(first, pos="left")

    assert outline(module) == ["Counting 3", "Counting 1", "Counting 2"]
    assert LessonVersion.objects.count() == 3


def test_translations_put_in_another_order_change_nothing(module):
    first, last = (page_of(lesson_of(module, number), "fr") for number in (1, 3))
    last.move(first, pos="left")
    publish(Page.objects.get(pk=last.pk).specific)
    publish(page_of(module, "fr"))

    assert outline(module) == ["Counting 1", "Counting 2", "Counting 3"]


def test_a_lesson_moved_to_another_module(module, skill):
    other = teaching.module("Other", {skill: 1}, lessons=1)
    lesson = lesson_of(module, 1)
    page_of(lesson).move(page_of(other), pos="last-child")

    lesson.refresh_from_db()
    for row in (module, other):
        row.refresh_from_db()
    assert lesson.module == other
    assert outline(module) == ["Counting 2", "Counting 3"]
    assert outline(other) == ["Other 1", "Counting 1"]
    assert (module.minutes, other.minutes) == (10, 10)
    assert [lesson_of(module, number).order for number in (2, 3)] == [0, 1]


def test_a_lesson_that_is_a_draft_is_no_lesson_yet(module):
    page_of(module).add_child(instance=LessonPage(title="Draft", slug="draft", live=False))

    assert outline(module) == ["Counting 1", "Counting 2", "Counting 3"]


# --- Modules and courses --------------------------------------------------------------------------


def test_a_course_published_before_its_module_gets_it_afterwards(skill):
    module = ModulePage(title="Late", slug="late", summary="S", outcome="O", live=False)
    module.teaches = [ModuleTeaches(competency=skill, level=1)]
    LibraryPage.objects.get(locale__language_code="en").add_child(instance=module)
    course = CoursePage(title="Early", slug="early", summary="S", outcome="O", live=False)
    course.module_links = [CourseModuleLink(module=module)]
    CataloguePage.objects.get(locale__language_code="en").add_child(instance=course)
    publish(course)
    row = Course.objects.get(uuid=course.translation_key)
    assert row.modules.count() == 0
    assert page_warnings(course) == ["“Late” is not published yet. The course shows it once it is."]

    publish(module)

    assert [str(one) for one in row.modules.all()] == ["Late"]
    assert page_warnings(CoursePage.objects.get(pk=course.pk)) == []


def test_a_module_taken_off_a_course_stays_off_when_it_is_published(module, skill):
    course = teaching.course("Course", module, teaching.module("Other", {skill: 1}))
    page = page_of(course)
    page.module_links.set(
        [link for link in page.module_links.all() if link.module.title == "Other"]
    )
    publish(page)
    publish(page_of(module))

    assert [str(one) for one in course.modules.all()] == ["Other"]


def test_modules_in_another_order_in_french_change_nothing(module, skill):
    course = teaching.course("Course", module, teaching.module("Other", {skill: 1}))
    page = page_of(course, "fr")
    links = list(page.module_links.all())
    for position, link in enumerate(reversed(links)):
        link.sort_order = position
    page.module_links.set(links)
    publish(page)

    rows = course.course_modules.order_by("order")
    assert [str(row.module) for row in rows] == ["Counting", "Other"]


def test_an_unpublished_course_leaves_the_catalogue_and_keeps_its_modules(module):
    course = teaching.course("Course", module)
    page_of(course).unpublish()

    course.refresh_from_db()
    assert not course.is_live
    assert course.modules.get() == module


def test_a_copied_course_is_a_course_of_its_own(module):
    course = teaching.course("Course", module)
    copy = page_of(course).copy(update_attrs={"title": "Copy", "slug": "copy"})

    new = Course.objects.get(uuid=copy.translation_key)
    assert new.pk != course.pk
    assert new.title == {"en": "Copy"}
    assert new.modules.get() == module
    course.refresh_from_db()
    assert course.title == {"en": "Course", "fr": "Course (fr)"}


def test_a_copied_module_has_lessons_of_its_own_and_no_final_assessment(skill):
    final = teaching.final("final", teaching.bank("bank", skill))
    module = teaching.module("Counting", {skill: 2}, assessment=final)
    copy = page_of(module).copy(
        recursive=True, update_attrs={"title": "Copy", "slug": "copy"}, copy_revisions=True
    )

    new = Module.objects.get(uuid=copy.translation_key)
    assert new.final_assessment is None
    assert copy.get_latest_revision_as_object().final_assessment is None
    assert outline(new) == ["Counting 1", "Counting 2"]
    assert not set(new.lessons.all()) & set(module.lessons.all())
    assert outline(module) == ["Counting 1", "Counting 2"]
    module.refresh_from_db()
    assert module.final_assessment == final


def test_an_alias_is_no_unit_of_its_own(client, module):
    course = teaching.course("Course", module)
    page = page_of(course)
    page.create_alias(update_slug="alias")
    publish(page_of(course))  # which publishes its aliases

    assert Course.objects.get() == course

    client.force_login(UserFactory(role=TRAINER))
    url = reverse("wagtailadmin_pages:copy", args=[page.pk])
    form = {"new_title": "New", "new_slug": "new", "new_parent_page": page.get_parent().pk}
    response = client.post(url, {**form, "alias": "on"}, follow=True)
    assert "cannot have an alias" in response.content.decode()
    assert not Page.objects.filter(slug="new").exists()
    client.post(url, form)
    assert Page.objects.filter(slug="new").exists()


def test_deleting_a_page_keeps_the_row_and_what_was_done():
    made = world.make()
    learner = UserFactory()
    world.learn(made, learner)
    lesson = made.module.lessons.order_by("order").first()
    page_of(lesson).delete()

    lesson.refresh_from_db()
    made.module.refresh_from_db()
    assert not lesson.is_live
    assert lesson.versions.count() == 1
    assert LessonProgress.objects.filter(lesson=lesson, learner=learner).exists()
    assert made.module.minutes == 5
    assert [one.order for one in made.module.lessons.filter(is_live=True)] == [0]


def test_deleting_a_module_keeps_its_rows(module):
    page_of(module).delete()

    module.refresh_from_db()
    assert not module.is_live
    assert module.lessons.count() == 3
    assert outline(module) == []


def test_a_module_that_a_course_has_cannot_be_deleted(module):
    teaching.course("Course", module)
    with pytest.raises(ProtectedError):
        page_of(module).delete()

    module.refresh_from_db()
    assert module.is_live


def test_deleting_a_course_keeps_its_enrollments():
    made = world.make()
    enrollment = world.learn(made, UserFactory())
    page_of(made.course).delete()

    made.course.refresh_from_db()
    enrollment.refresh_from_db()
    assert not made.course.is_live
    assert enrollment.course == made.course


# --- Translating ----------------------------------------------------------------------------------


def test_what_does_not_depend_on_the_language_arrives_in_french(
    skill, french_locale, django_capture_on_commit_callbacks
):
    final = teaching.final("final", teaching.bank("bank", skill))
    module = teaching.module("Counting", {skill: 2}, assessment=final, translate=False)
    course = teaching.course("Course", module, translate=False, validity_months=24)
    with django_capture_on_commit_callbacks(execute=True):
        translate_object(page_of(module), [french_locale])
        translate_page_subtree(page_of(module).pk, [french_locale], None, None)
        translate_object(page_of(course), [french_locale])

    french = page_of(module, "fr")
    assert french.final_assessment == final
    assert [(one.competency, one.level) for one in french.teaches.all()] == [(skill, 2)]
    french = page_of(course, "fr")
    assert french.validity_months == 24
    assert [one.module.translation_key for one in french.module_links.all()] == [module.uuid]
    assert [page_of(one, "fr").minutes for one in module.lessons.all()] == [5, 5]
    assert (Module.objects.count(), Course.objects.count(), Lesson.objects.count()) == (1, 1, 2)
    source = TranslationSource.objects.get_for_instance(page_of(module))
    assert not source.overridablesegment_set.filter(context__path__contains="teaches").exists()


def test_a_module_added_to_a_course_arrives_with_the_next_translation(
    module, skill, french_locale, django_capture_on_commit_callbacks
):
    course = teaching.course("Course", module, translate=False)
    page = page_of(course)
    with django_capture_on_commit_callbacks(execute=True):
        translate_object(page, [french_locale])
        page = page_of(course)
        other = teaching.module("Other", {skill: 1})
        page.module_links.add(CourseModuleLink(module=page_of(other)))
        publish(page)
        translation = Translation.objects.get(source__object_id=page.translation_key)
        translation.source.update_from_db()
        translation.save_target(publish=True)

    links = page_of(course, "fr").module_links.all()
    assert [one.module.translation_key for one in links] == [module.uuid, other.uuid]


# --- Final assessments ----------------------------------------------------------------------------


def module_page(**fields) -> ModulePage:
    fields = {"title": "Second", "slug": "second", "summary": "S", "outcome": "O", **fields}
    return ModulePage(**fields)


def test_a_final_assessment_of_another_module_is_refused(skill):
    final = teaching.final("final", teaching.bank("bank", skill))
    teaching.module("Counting", {skill: 2}, assessment=final)
    library = LibraryPage.objects.get(locale__language_code="en")
    with pytest.raises(ValidationError) as refused:
        library.add_child(instance=module_page(final_assessment=final))

    assert refused.value.message_dict == {
        "final_assessment": [
            "“Counting” has this final assessment already. Choose another, or write one for this "
            "module."
        ]
    }


def test_a_final_assessment_of_a_deleted_module_is_refused(skill):
    final = teaching.final("final", teaching.bank("bank", skill))
    page_of(teaching.module("Counting", {skill: 2}, assessment=final)).delete()
    library = LibraryPage.objects.get(locale__language_code="en")
    with pytest.raises(ValidationError, match="“Counting” has this final assessment already"):
        library.add_child(instance=module_page(final_assessment=final))


def test_the_author_is_told_in_the_form(skill, client):
    final = teaching.final("final", teaching.bank("bank", skill))
    module = teaching.module("Counting", {skill: 2}, assessment=final)
    client.force_login(UserFactory(role=TRAINER))
    response = client.post(
        reverse(
            "wagtailadmin_pages:add", args=["cms", "modulepage", page_of(module).get_parent().pk]
        ),
        {
            "title": "Second",
            "slug": "second",
            "summary": "S",
            "outcome": "O",
            "final_assessment": final.pk,
            "teaches-TOTAL_FORMS": "0",
            "teaches-INITIAL_FORMS": "0",
            "comments-TOTAL_FORMS": "0",
            "comments-INITIAL_FORMS": "0",
            "action-publish": "1",
        },
    )
    assert response.status_code == 200
    assert "“Counting” has this final assessment already" in response.content.decode()


def test_a_bank_that_is_too_small_is_said_before_and_at_the_start(skill):
    final = teaching.final("final", teaching.bank("bank", skill, items=3), count=4)
    final.refresh_from_db()
    module = teaching.module("Counting", {skill: 2}, assessment=final)

    warning = (
        "“Bank bank” has 3 active questions for this section, which draws 4. Nobody can start "
        "“Final final” before there are enough."
    )
    assert assessment_warnings(final) == [warning]
    assert page_warnings(page_of(module)) == [warning]
    with pytest.raises(AcademyError, match="The bank “Bank bank” has too few active questions"):
        start_attempt(assessment=final, learner=UserFactory(), registration=uuid.uuid4())


def test_a_bank_that_suffices_is_not_warned_of(skill):
    bank = teaching.bank("bank", skill, items=4)
    final = teaching.final("final", bank, count=2)
    more = Section.objects.create(assessment=final, bank=bank, order=1, count=2)
    assert assessment_warnings(Assessment.objects.get()) == []

    more.count = 3
    more.save()
    assert len(assessment_warnings(Assessment.objects.get())) == 1


# --- Questions ------------------------------------------------------------------------------------


@pytest.fixture
def bank(skill) -> ItemBank:
    return teaching.bank("bank", skill, items=4)


def question(bank: ItemBank, number: int = 1, language: str = "en") -> ItemContent:
    item = bank.items.order_by("pk")[number - 1]
    return ItemContent.objects.get(translation_key=item.uuid, locale__language_code=language)


def with_options(content: ItemContent, *options: dict) -> None:
    content.options = json.dumps([{"type": "option", **option} for option in options])


def option(text: str, correct: bool = False) -> dict:
    value = {"text": text, "correct": correct, "feedback": "Because."}
    return {"id": str(uuid.uuid4()), "value": value}


def test_other_options_are_a_new_version_and_running_attempts_keep_the_old(bank, skill):
    final = teaching.final("final", bank, count=4)
    module = teaching.module("Counting", {skill: 2}, assessment=final)
    teaching.course("Course", module)
    learner = UserFactory()
    attempt = start_attempt(assessment=final, learner=learner, registration=uuid.uuid4())
    item = bank.items.order_by("pk").first()
    old = item.current_version

    content = question(bank)
    with_options(content, option("New right", correct=True), option("New wrong"))
    content.save_revision().publish()

    item.refresh_from_db()
    assert item.current_version.number == 2
    response = attempt.responses.get(item_version__item=item)
    assert response.item_version == old
    assert set(response.option_order) == {one["id"] for one in old.words("en")["options"]}


def test_a_translation_with_other_options_is_left_out_until_it_agrees(bank):
    content = question(bank)
    with_options(content, option("New right", correct=True), option("New wrong"))
    content.save_revision().publish()
    item = bank.items.order_by("pk").first()
    assert set(item.current_version.content["languages"]) == {"en"}

    french = question(bank, language="fr")
    blocks = json.loads(json.dumps(list(question(bank).options.raw_data)))
    for block in blocks:
        block["value"]["text"] += " (fr)"
    french.options = json.dumps(blocks)
    french.save_revision().publish()

    item.refresh_from_db()
    words = item.current_version.content["languages"]
    assert set(words) == {"en", "fr"}
    assert words["fr"]["options"][0]["text"] == "New right (fr)"
    assert item.current_version.number == 3


def test_publishing_a_question_unchanged_writes_no_version(bank):
    for _again in range(2):
        question(bank).save_revision().publish()

    item = bank.items.order_by("pk").first()
    assert item.versions.count() == 1


def test_an_unpublished_question_is_drawn_no_more(bank):
    final = teaching.final("final", bank, count=4)
    question(bank).unpublish()

    assert bank.items.order_by("pk").first().status == "retired"
    with pytest.raises(AcademyError, match="too few active questions"):
        start_attempt(assessment=final, learner=UserFactory(), registration=uuid.uuid4())

    question(bank).save_revision().publish()
    assert bank.items.order_by("pk").first().status == "active"


def test_an_unpublished_translation_retires_nothing(bank):
    question(bank, language="fr").unpublish()

    assert bank.items.order_by("pk").first().status == "active"


def test_a_code_is_given_once_in_a_bank(bank, skill):
    first = question(bank)
    other = question(bank, number=2)
    other.code = first.code
    with pytest.raises(ValidationError) as refused:
        other.full_clean()
    assert refused.value.message_dict == {"code": ["Another question of this bank has this code."]}
    first.full_clean()
    french = question(bank, language="fr")
    french.full_clean()


def test_the_problem_of_a_question_stands_at_its_field(bank):
    content = question(bank)
    with_options(content, option("One"), option("Two"))
    content.level = 9
    with pytest.raises(ValidationError) as refused:
        content.full_clean()
    assert refused.value.message_dict == {
        "options": ["Mark exactly one option as correct."],
        "level": ["Skills has the levels 1 to 4."],
    }


def test_a_translated_question_keeps_the_options_and_their_key(
    bank, skill, french_locale, django_capture_on_commit_callbacks
):
    content = teaching.item(bank, skill, number=9, languages=("en",))
    with django_capture_on_commit_callbacks(execute=True):
        translate_object(content, [french_locale])

    french = content.get_translation(french_locale)
    assert [one.id for one in french.options] == [one.id for one in content.options]
    assert [bool(one.value["correct"]) for one in french.options] == [True, False, False]
    source = TranslationSource.objects.get_for_instance(content)
    assert not source.overridablesegment_set.exists()


# --- The desk -------------------------------------------------------------------------------------


@pytest.fixture
def trainer(client):
    client.force_login(UserFactory(role=TRAINER))
    return client


def test_the_first_page_leads_a_trainer_to_their_work(trainer, module):
    teaching.course("Course", module)
    page = trainer.get("/admin/").content.decode()
    assert "Make a course" in page
    for name in ("itembank", "itemcontent", "assessment"):
        assert reverse(f"wagtailsnippets_assessments_{name}:add") in page
    assert reverse("wagtailadmin_explore", args=[page_of(module).pk]) in page


def test_the_desk_asks_as_often_however_many_courses_there_are(
    trainer, module, skill, django_assert_num_queries
):
    teaching.course("Course", module)
    trainer.get("/admin/")
    with CaptureQueriesContext(connection) as few:
        trainer.get("/admin/")
    for title in ("Second", "Third"):
        teaching.course(title, module, teaching.module(f"{title} module", {skill: 1}))
    with django_assert_num_queries(len(few)):
        trainer.get("/admin/")


def test_the_desk_is_not_shown_to_others(client):
    client.force_login(UserFactory(role="Human resources"))
    assert "Make a course" not in client.get("/admin/").content.decode()


def test_questions_are_listed_once_with_their_languages(trainer, bank):
    only_english = teaching.item(bank, bank.items.first().competency, number=9, languages=("en",))
    url = reverse("wagtailsnippets_assessments_itemcontent:list")
    response = trainer.get(url)
    assert len(response.context["object_list"]) == 5
    page = response.content.decode()
    assert page.count('title="Live in Français"') == 4
    assert (
        reverse(
            "wagtail_localize:submit_snippet_translation",
            args=["assessments", "itemcontent", only_english.pk],
        )
        in page
    )


def test_the_list_of_questions_asks_as_often_however_many_there_are(
    trainer, bank, django_assert_num_queries
):
    url = reverse("wagtailsnippets_assessments_itemcontent:list")
    trainer.get(url)
    with CaptureQueriesContext(connection) as few:
        trainer.get(url)
    for number in range(10, 16):
        teaching.item(bank, bank.items.first().competency, number=number)
    with django_assert_num_queries(len(few)):
        trainer.get(url)


def test_many_questions_are_translated_at_once_into_drafts(trainer, bank, skill, french_locale):
    contents = [teaching.item(bank, skill, number=n, languages=("en",)) for n in (8, 9)]
    url = reverse("wagtail_bulk_action", args=["assessments", "itemcontent", "translate"])
    ids = "&".join(f"id={content.pk}" for content in [*contents, question(bank)])
    assert trainer.get(f"{url}?{ids}").status_code == 200
    assert trainer.post(f"{url}?{ids}&next=/admin/").status_code == 302

    drafts = ItemContent.objects.filter(locale=french_locale, live=False)
    assert {one.translation_key for one in drafts} == {one.translation_key for one in contents}
    for content in contents:
        item = Item.objects.get(uuid=content.translation_key)
        assert set(item.current_version.content["languages"]) == {"en"}


def test_a_copied_question_gets_a_number_of_its_own(trainer, bank):
    first = question(bank)
    url = reverse("wagtailsnippets_assessments_itemcontent:copy", args=[first.pk])
    form = trainer.get(url).context["form"]
    assert form.initial["stem"] == first.stem
    assert form.initial["code"] == ""
