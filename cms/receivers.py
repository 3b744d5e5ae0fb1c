"""Keeping the tracked rows in step with the pages; forgetting an erased person.

The source of a page is the page it was first written as: the oldest of its translations.
"""

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from wagtail.admin.models import EditingSession, FormState
from wagtail.models import ModelLogEntry, Page
from wagtail.signals import page_published, page_unpublished, post_page_move
from wagtail.users.models import UserProfile

from academy.people.models import User
from academy.people.signals import person_erased
from cms.context_processors import forget_brand
from cms.course_context import forget_sheets
from cms.models import BrandSettings, CourseModuleLink, CoursePage, LessonPage, ModulePage
from courses import services
from courses.models import Course, Lesson, Module

TRACKED = {CoursePage: Course, ModulePage: Module, LessonPage: Lesson}


def is_source(page: Page) -> bool:
    """Whether the page is the one its translations were made from."""
    oldest = Page.objects.filter(translation_key=page.translation_key).order_by("pk").first()
    return oldest is None or oldest.pk == page.pk


@receiver(page_published, dispatch_uid="cms.sync_outline")
def sync_outline(sender, instance: Page, **kwargs):
    model = TRACKED.get(sender)
    if model is None or instance.alias_of_id is not None:  # an alias is no unit of its own
        return
    language = instance.locale.language_code
    if not is_source(instance):
        services.sync_title(
            model=model, uuid=instance.translation_key, language=language, title=instance.title
        )
        return
    with transaction.atomic():
        if sender is CoursePage:
            sync_course(instance, language)
        elif sender is ModulePage:
            sync_module(instance, language)
            sync_courses_of(instance)
        else:
            sync_lesson(instance, language)


def sync_course(page: CoursePage, language: str) -> None:
    links = page.module_links.select_related("module").order_by("sort_order")
    services.sync_course(
        uuid=page.translation_key,
        title=page.title,
        outcome=page.outcome,
        language=language,
        validity_months=page.validity_months,
        modules=[link.module.translation_key for link in links],
    )


def sync_courses_of(module: ModulePage) -> None:
    """A course published before one of its modules gets it when the module is published."""
    waiting = (
        CourseModuleLink.objects.filter(
            module__translation_key=module.translation_key, course__live=True
        )
        .exclude(
            course__translation_key__in=Course.objects.filter(
                modules__uuid=module.translation_key
            ).values("uuid")
        )
        .select_related("course__locale")
    )
    for page in {link.course for link in waiting}:
        if is_source(page):
            sync_course(page, page.locale.language_code)


def sync_module(page: ModulePage, language: str) -> None:
    services.sync_module(
        uuid=page.translation_key,
        title=page.title,
        language=language,
        minutes=sum(lessons_of(page).values_list("minutes", flat=True)),
        final_assessment=page.final_assessment,
        teaches=[(row.competency, row.level) for row in page.teaches.select_related("competency")],
    )


def sync_lesson(page: LessonPage, language: str) -> None:
    module = page.get_parent().specific
    services.sync_lesson(
        module_uuid=module.translation_key,
        lesson=services.LessonOutline(
            page.translation_key, page.title, page.minutes, page.content_hash
        ),
        order=0,
        language=language,
    )
    sync_lessons_of(module)


def sync_lessons_of(module: ModulePage) -> None:
    """The order of the module's lessons, and its length, which is theirs together.

    A module that was withdrawn is not brought back by what happens to its lessons.
    """
    lessons = lessons_of(module)
    services.reorder_lessons(order=list(lessons.values_list("translation_key", flat=True)))
    is_live = Module.objects.filter(uuid=module.translation_key, is_live=True).exists()
    if is_live and is_source(module):
        sync_module(module, module.locale.language_code)


def lessons_of(module: ModulePage) -> QuerySet[LessonPage]:
    """Its lessons in order. Rows tell what is live: a page that is being deleted says it is."""
    live = Lesson.objects.filter(is_live=True).values("uuid")
    return (
        LessonPage.objects.child_of(module).live().filter(translation_key__in=live).order_by("path")
    )


@receiver(page_unpublished, dispatch_uid="cms.withdraw")
def withdraw(sender, instance: Page, **kwargs):
    model = TRACKED.get(sender)
    if model is None or not is_source(instance):
        return
    services.withdraw(model=model, uuid=instance.translation_key)
    if sender is LessonPage:
        sync_lessons_of(instance.get_parent().specific)


@receiver(post_page_move, dispatch_uid="cms.sync_move")
def sync_move(sender, instance: Page, parent_page_before: Page, **kwargs):
    """Lessons were put in another order, or under another module."""
    page = instance.specific
    if not isinstance(page, LessonPage) or not page.live or not is_source(page):
        return
    with transaction.atomic():
        sync_lesson(page, page.locale.language_code)
        before = parent_page_before.specific
        if isinstance(before, ModulePage) and before.pk != page.get_parent().pk:
            sync_lessons_of(before)


# --- What is kept in the cache --------------------------------------------------------------------


def forget_pages(sender, **kwargs) -> None:
    """A page changed: course pages are put together anew once the change is committed."""
    transaction.on_commit(forget_sheets)


for _signal in (page_published, page_unpublished, post_page_move, post_delete):
    _signal.connect(
        forget_pages,
        sender=None if _signal is not post_delete else CoursePage,
        dispatch_uid="cms.forget_pages",
    )


@receiver(post_save, sender=BrandSettings, dispatch_uid="cms.forget_brand")
def forget_colours(sender, instance: BrandSettings, **kwargs):
    """The identity was saved: pages show it, and its stylesheet gets a new address."""
    BrandSettings.objects.filter(pk=instance.pk).update(revision=F("revision") + 1)
    transaction.on_commit(forget_brand)


@receiver(person_erased, sender=User, dispatch_uid="cms.forget_person")
def forget_person(sender, person: User, **kwargs):
    """The admin's own traces: picture and settings, and the name in the log of changes to the account."""
    profile = UserProfile.objects.filter(user=person).first()
    if profile is not None:
        if profile.avatar:
            profile.avatar.delete(save=False)
        profile.delete()
    for model in (EditingSession, FormState):
        model.objects.filter(user=person).delete()
    ModelLogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk)
    ).update(label="", data={})
