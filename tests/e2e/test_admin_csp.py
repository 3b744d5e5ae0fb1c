"""Wagtail's admin works under `script-src 'self'`: every widget starts, the browser refuses nothing.

The `console` fixture fails each of these tests if anything inline was refused.
"""

import pytest
from django.core.files.base import ContentFile
from wagtail.images import get_image_model
from wagtail.models import Locale, Page

from cms.models import CataloguePage, CoursePage, LessonPage, LibraryPage, ModulePage
from tests.e2e.helpers import sign_in

PASSWORD = "the-desk-of-a-trainer"
SQUARE = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40"/></svg>'
ADMIN_PAGES = [
    "/admin/",
    "/admin/pages/",
    "/admin/images/",
    "/admin/images/multiple/add/",
    "/admin/documents/",
    "/admin/documents/multiple/add/",
    "/admin/snippets/assessments/itembank/add/",
    "/admin/snippets/assessments/itemcontent/add/",
    "/admin/snippets/assessments/assessment/add/",
    "/admin/redirects/add/",
    "/admin/users/",
    "/admin/groups/new/",
    "/admin/reports/site-history/",
    "/admin/reports/workflow/",
    "/admin/reports/aging-pages/",
    "/admin/workflows/add/",
    "/admin/settings/cms/brandsettings/",
    "/admin/account/",
    "/admin/lrs-clients/",
    "/admin/lrs-clients/add/",
    "/admin/delivery/",
    "/admin/delivery/new/",
    "/admin/exchange/",
]


@pytest.fixture
def desk(live, page, settings, django_user_model):
    """A browser signed in to the admin as someone who may do everything."""
    settings.WAGTAIL_AUTOSAVE_INTERVAL = 0  # it would save half a form in the middle of a test
    django_user_model.objects.create_superuser(email="root@academy.example", password=PASSWORD)
    sign_in(page, "root@academy.example", PASSWORD)
    return page


@pytest.fixture
def module(live) -> ModulePage:
    library = LibraryPage.objects.get(locale=Locale.objects.get(language_code="en"))
    return library.add_child(
        instance=ModulePage(title="Counting", slug="counting", summary="s", outcome="o")
    )


def close_welcome(desk) -> None:
    """Wait until the editor's scripts are through."""
    desk.wait_for_function("() => document.body.classList.contains('ready')")


def open_modal(desk, button) -> None:
    button.click()
    desk.locator(".modal.in, .modal.show, .modal").first.wait_for()


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_page_opens_without_a_refused_script(desk, path: str) -> None:
    response = desk.goto(path)
    assert response.status == 200
    close_welcome(desk)
    assert "script-src 'self';" in response.headers["content-security-policy"] + ";"


def test_only_the_admin_allows_inline_styles(desk) -> None:
    policies = {
        path: desk.goto(path).headers["content-security-policy"] for path in ("/admin/", "/en/")
    }
    assert "style-src 'self' 'unsafe-inline'" in policies["/admin/"]
    assert "unsafe-inline" not in policies["/en/"]


def test_course_editor(desk, module: ModulePage) -> None:
    """Image chooser, inline panels with page choosers (also added ones), the date of publication."""
    square = get_image_model().objects.create(
        title="Square", file=ContentFile(SQUARE, "square.svg")
    )
    square.get_rendition("max-165x165")  # before two requests at once want to make it
    catalogue = CataloguePage.objects.get(locale__language_code="en")
    desk.goto(f"/admin/pages/add/cms/coursepage/{catalogue.pk}/")
    close_welcome(desk)
    desk.locator("[name=title]").fill("A course")
    desk.locator("[name=summary]").fill("Short")
    desk.locator("[name=outcome]").fill("Able")

    desk.locator("#id_image-chooser [data-chooser-action-choose]").first.click()
    desk.locator(".modal-body a[data-chooser-modal-choice]").first.click()
    desk.locator("#id_image-chooser:not(.blank)").wait_for()

    desk.locator("#id_module_links-ADD").click()
    added = desk.locator("#id_module_links-1-module-chooser")
    for chooser in (desk.locator("#id_module_links-0-module-chooser"), added):
        chooser.locator("[data-chooser-action-choose]").first.click()
        modal = desk.locator(".modal-body")
        modal.locator("[name=q]").fill("Counting")
        modal.locator("a.choose-page", has_text="Counting").click()
        modal.wait_for(state="hidden")
    assert desk.locator("[name=module_links-1-module]").input_value() == str(module.pk)
    added.locator("xpath=ancestor::section[1]").locator("button[id$=DELETE-button]").click()

    desk.get_by_role("button", name="Toggle status").click()
    desk.get_by_role("button", name="Set schedule").click()
    date = desk.locator("[name=go_live_at]")
    date.click()
    desk.locator(".xdsoft_datetimepicker:visible .xdsoft_date.xdsoft_today").click()
    assert date.input_value()
    date.fill("")
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")

    desk.locator("button", has_text="Save draft").first.click()
    desk.wait_for_url("**/edit/")
    course = CoursePage.objects.get(title="A course")
    assert course.image.title == "Square"
    assert course.module_links.count() == 1


def test_lesson_editor(desk, module: ModulePage) -> None:
    """StreamField blocks, among them Draftail and an image chooser, added in the browser."""
    desk.goto(f"/admin/pages/add/cms/lessonpage/{module.pk}/")
    close_welcome(desk)
    desk.locator("[name=title]").fill("A lesson")
    for block in ("Text", "Image"):
        desk.locator("button[title='Insert a block']").last.click()
        desk.get_by_role("option", name=block, exact=True).click()
    desk.locator(".Draftail-Editor [contenteditable=true]").first.fill("Words")
    desk.locator("[id$=-image-chooser] [data-chooser-action-choose]").first.click()
    desk.locator(".modal-body").wait_for()
    desk.locator(".modal [data-dismiss=modal]").first.click()
    desk.locator("button", has_text="Save draft").first.click()
    desk.locator(".messages .success, .messages .error, .messages .warning").first.wait_for()


def test_translation_editor(desk, module: ModulePage) -> None:
    """wagtail-localize: submit a page for translation, open the editor, translate a string."""
    home = Page.objects.get(pk=module.get_parent().pk)
    assert home.locale.language_code == "en"
    lesson = module.add_child(
        instance=LessonPage(
            title="A lesson", slug="a-lesson", summary="Short", body=[("text", "<p>Words</p>")]
        )
    )
    desk.goto(f"/admin/localize/submit/page/{module.pk}/")
    close_welcome(desk)
    desk.locator("[name=locales]").first.check()
    desk.locator("[type=submit][value=Submit]").click()
    desk.wait_for_url(lambda url: "/localize/submit/" not in url)
    assert ModulePage.objects.filter(locale__language_code="fr", title="Counting").exists()

    french = ModulePage.objects.get(
        locale__language_code="fr", translation_key=module.translation_key
    )
    desk.goto(f"/admin/pages/{french.pk}/edit/")
    desk.locator(".js-translation-editor").get_by_text("Counting").first.wait_for()
    desk.get_by_role("button", name="Translate", exact=True).first.click()
    desk.locator(".js-translation-editor textarea").first.fill("Compter")
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.locator(".js-translation-editor").get_by_text("Compter").first.wait_for()
    assert desk.evaluate("() => window.chooserUrls.pageChooser") == "/admin/choose-page/"
    assert lesson.locale.language_code == "en"
