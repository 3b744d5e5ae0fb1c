"""Keeping the tracked rows in step with the pages.

The source of a page is the page it was first written as: the oldest of its translations.
"""

from django.db import transaction
from django.dispatch import receiver
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished, post_page_move

from cms.models import CoursePage, LessonPage, ModulePage
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
    if model is None:
        return
    language = instance.locale.language_code
    if not is_source(instance):
        services.sync_title(
            model=model, uuid=instance.translation_key, language=language, title=instance.title
        )
        return
    with transaction.atomic():
        if sender is CoursePage:
            services.sync_course(
                uuid=instance.translation_key,
                title=instance.title,
                outcome=instance.outcome,
                language=language,
                validity_months=instance.validity_months,
                modules=[
                    link.module.translation_key
                    for link in instance.module_links.select_related("module").order_by("sort_order")
                ],
            )
        elif sender is ModulePage:
            sync_module(instance, language)
        else:
            sync_lesson(instance, language)


def sync_module(page: ModulePage, language: str) -> None:
    lessons = LessonPage.objects.child_of(page).live()
    services.sync_module(
        uuid=page.translation_key,
        title=page.title,
        language=language,
        minutes=sum(lessons.values_list("minutes", flat=True)),
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
    sync_order(module)
    if module.live:
        sync_module(module, module.locale.language_code)


def sync_order(module: Page) -> None:
    lessons = LessonPage.objects.child_of(module).live().order_by("path")
    services.reorder_lessons(order=list(lessons.values_list("translation_key", flat=True)))


@receiver(page_unpublished, dispatch_uid="cms.withdraw")
def withdraw(sender, instance: Page, **kwargs):
    model = TRACKED.get(sender)
    if model is None or not is_source(instance):
        return
    services.withdraw(model=model, uuid=instance.translation_key)
    if sender is LessonPage:
        module = instance.get_parent().specific
        if module.live:
            sync_module(module, module.locale.language_code)


@receiver(post_page_move, dispatch_uid="cms.sync_move")
def sync_move(sender, instance: Page, **kwargs):
    """Lessons were put in another order, or under another module."""
    page = instance.specific
    if isinstance(page, LessonPage) and page.live and is_source(page):
        sync_lesson(page, page.locale.language_code)
