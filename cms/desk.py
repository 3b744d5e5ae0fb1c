"""What the admin's first page shows a trainer, and what it warns of when something is published."""

from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.ui.components import Component
from wagtail.models import Page

from assessments.drawing import saved_plans, supply
from assessments.item_statistics import misbehaving
from assessments.models import Assessment
from assessments.placement import placement_warnings
from cms.models import CataloguePage, CoursePage, LibraryPage, ModulePage

COURSES_SHOWN = 12


def writes_questions(user: AbstractBaseUser) -> bool:
    return user.has_perm("assessments.add_itemcontent")


def writes_pages(user: AbstractBaseUser, page: Page | None) -> bool:
    return page is not None and page.permissions_for_user(user).can_add_subpage()


def shelf(model: type[Page]) -> Page | None:
    """The catalogue or the module library, in the language that is written first."""
    pages = model.objects.order_by("pk")
    return pages.filter(locale__language_code=settings.LANGUAGE_CODE).first() or pages.first()


# --- The first page -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One thing to do on the way to a course."""

    icon: str
    title: str
    words: str
    url: str
    add_url: str = ""
    add_words: str = ""


@dataclass
class CourseRow:
    page: CoursePage
    modules: list[ModulePage] = field(default_factory=list)
    languages: list[CoursePage] = field(default_factory=list)


class DeskPanel(Component):
    """The way to a course, step by step, and the courses there are."""

    order = 50
    template_name = "cms/admin/desk.html"

    def get_context_data(self, parent_context):
        return {"steps": self.steps, "courses": course_rows(), "misbehaving": misbehaving()}

    @cached_property
    def steps(self) -> list[Step]:
        library, catalogue = shelf(LibraryPage), shelf(CataloguePage)
        return [
            _snippet_step(
                "itembank",
                "folder-open-inverse",
                _("Item bank"),
                _("A set of questions about one subject."),
                _("Add an item bank"),
            ),
            _snippet_step(
                "itemcontent",
                "help",
                _("Questions"),
                _("With feedback on every option. Translate many at once from the list."),
                _("Add a question"),
            ),
            _snippet_step(
                "assessment",
                "clipboard-list",
                _("Final assessment"),
                _("Draws its questions from the bank. Say what is needed to pass."),
                _("Add an assessment"),
            ),
            _page_step(
                library,
                "folder-open-1",
                _("Module and lessons"),
                _(
                    "A module names the competencies it teaches. Its lessons are the pages below it."
                ),
                _("Add a module"),
            ),
            _page_step(
                catalogue,
                "form",
                _("Course"),
                _("What people enrol in: one or more modules, in order."),
                _("Add a course"),
            ),
            Step(
                "wagtail-localize-language",
                _("Translations"),
                _(
                    "Choose “Translate this page” in the menu of a page. Each language is published "
                    "by itself; both stay one course."
                ),
                reverse("wagtail_localize:translations_report"),
            ),
        ]


def _snippet_step(model: str, icon: str, title: str, words: str, add_words: str) -> Step:
    names = f"wagtailsnippets_assessments_{model}"
    return Step(icon, title, words, reverse(f"{names}:list"), reverse(f"{names}:add"), add_words)


def _page_step(parent: Page | None, icon: str, title: str, words: str, add_words: str) -> Step:
    if parent is None:
        return Step(icon, title, words, "")
    return Step(
        icon,
        title,
        words,
        reverse("wagtailadmin_explore", args=[parent.pk]),
        reverse("wagtailadmin_pages:add_subpage", args=[parent.pk]),
        add_words,
    )


def course_rows() -> list[CourseRow]:
    """The courses last worked on, each once, with its modules and its languages. Three queries."""
    rows: dict = {}
    pages = CoursePage.objects.select_related("locale").prefetch_related("module_links__module")
    for page in pages.order_by("pk"):
        row = rows.setdefault(page.translation_key, CourseRow(page))
        row.languages.append(page)
        if row.page is page:
            row.modules = [link.module for link in page.module_links.all()]
    newest = sorted(rows.values(), key=lambda row: row.page.latest_revision_id or 0, reverse=True)
    return newest[:COURSES_SHOWN]


# --- Warnings -------------------------------------------------------------------------------------


def assessment_warnings(assessment: Assessment) -> list[str]:
    """Why an assessment could not be started now, in words for its author."""
    if assessment.kind == Assessment.Kind.PLACEMENT:
        return placement_warnings(assessment)
    return [
        _(
            "“%(bank)s” has %(count)d active questions for this section, which draws "
            "%(wanted)d. Nobody can start “%(assessment)s” before there are enough."
        )
        % {
            "bank": one.plan.section.bank,
            "count": one.found,
            "wanted": max(1, one.plan.wanted),
            "assessment": assessment,
        }
        for one in supply(saved_plans(assessment))
        if one.is_short
    ]


def page_warnings(page: Page) -> list[str]:
    """What a page just published still lacks before people can learn from it."""
    if isinstance(page, CoursePage):
        return [
            _("“%(module)s” is not published yet. The course shows it once it is.")
            % {"module": link.module}
            for link in page.module_links.select_related("module")
            if not link.module.live
        ]
    if isinstance(page, ModulePage):
        if page.final_assessment is None:
            return [_("This module has no final assessment: it proves no competency.")]
        return assessment_warnings(page.final_assessment)
    return []
