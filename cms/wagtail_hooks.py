"""The trainers' desk in the Wagtail admin: its menu, its first page, and what it warns of."""

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.ui.sidebar import LinkMenuItem
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from assessments.allowances import renew_deadlines
from assessments.marking import may_mark, refreeze
from assessments.models import Assessment, Rubric
from cms import deletion, exchange, integrity, lrs_clients, regrades, users
from cms.builder import item_chooser
from cms.delivery import RETRY
from cms.desk import (
    DeskPanel,
    assessment_warnings,
    page_warnings,
    shelf,
    writes_pages,
    writes_questions,
)
from cms.marking import MarkingMenuItem, MarkingPanel
from cms.models import CataloguePage, CoursePage, LessonPage, LibraryPage, ModulePage
from cms.operators import OperatorMenuItem
from cms.trainers import TrainerMenuItem
from cms.viewsets import AssessmentDesk, OrganisationDesk, TranslateQuestions

register_snippet(AssessmentDesk)
register_snippet(OrganisationDesk)
hooks.register("register_bulk_action", TranslateQuestions)
hooks.register("register_bulk_action", exchange.ExportQuestions)
for action in users.BULK_ACTIONS:
    hooks.register("register_bulk_action", action, order=10)  # in the place of Wagtail's
hooks.register("before_delete_snippet", deletion.refuse_snippets)
hooks.register("before_delete_user", deletion.refuse_person)
hooks.register("before_bulk_action", deletion.refuse_people)
hooks.register("register_log_actions", lrs_clients.register_actions)
hooks.register("register_log_actions", integrity.register_actions)
hooks.register("register_log_actions", regrades.register_actions)


@hooks.register("insert_global_admin_css")
def desk_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', versioned_static("cms/desk.css"))


# --- Menu -----------------------------------------------------------------------------------------


class ShelfMenuItem(MenuItem):
    """The pages below the catalogue or the module library, for those who write them."""

    def __init__(self, model: type[Page], label, **kwargs):
        self.model = model
        super().__init__(label, "", name=f"shelf-{model._meta.model_name}", **kwargs)

    def is_shown(self, request: HttpRequest) -> bool:
        return writes_pages(request.user, shelf(self.model))

    def render_component(self, request: HttpRequest) -> LinkMenuItem:
        url = reverse("wagtailadmin_explore", args=[shelf(self.model).pk])
        return LinkMenuItem(self.name, self.label, url, icon_name=self.icon_name)


@hooks.register("register_admin_menu_item")
def courses_menu_item() -> MenuItem:
    return ShelfMenuItem(CataloguePage, _("Courses"), icon_name="form", order=201)


@hooks.register("register_admin_menu_item")
def modules_menu_item() -> MenuItem:
    return ShelfMenuItem(LibraryPage, _("Modules"), icon_name="folder-open-1", order=202)


@hooks.register("register_admin_menu_item")
def marking_menu_item() -> MenuItem:
    return MarkingMenuItem(
        _("Marking"), reverse("marking:index"), name="marking", icon_name="edit", order=205
    )


@hooks.register("register_settings_menu_item")
def delivery_menu_item() -> MenuItem:
    return OperatorMenuItem(
        _("Delivery to other stores"),
        reverse("delivery:index"),
        name="delivery",
        icon_name="resubmit",
        order=700,
    )


@hooks.register("register_settings_menu_item")
def clients_menu_item() -> MenuItem:
    return OperatorMenuItem(
        _("Learning record clients"),
        reverse("lrs_clients:index"),
        name="lrs-clients",
        icon_name="key",
        order=705,
    )


@hooks.register("register_settings_menu_item")
def erasures_menu_item() -> MenuItem:
    return OperatorMenuItem(
        _("Erased people"),
        reverse("erasures:index"),
        name="erasures",
        icon_name="user",
        order=710,
    )


@hooks.register("register_reports_menu_item")
def simulations_menu_item() -> MenuItem:
    return TrainerMenuItem(
        _("Simulated placements"),
        reverse("simulations:index"),
        name="simulations",
        icon_name="cogs",
        order=130,
    )


@hooks.register("register_admin_urls")
def operator_urls() -> list:
    return [
        path("builder/", include("cms.builder_urls")),
        path("placement-reviews/", include("cms.placement_review_urls")),
        path("simulations/", include("cms.simulation_urls")),
        path("delivery/", include("cms.delivery_urls")),
        path("erasures/", include("cms.erasure_urls")),
        path("lrs-clients/", include("cms.lrs_client_urls")),
        path("running/", include("cms.running_urls")),
        path("regrades/", include("cms.regrade_urls")),
        path("item-statistics/", include("cms.item_statistics_urls")),
        path("marking/", include("cms.marking_urls")),
        path("exchange/", include("cms.exchange_urls")),
    ]


@hooks.register("register_admin_viewset")
def item_chooser_viewset():
    return item_chooser


@hooks.register("register_log_actions")
def delivery_log_actions(actions) -> None:
    actions.register_action(
        RETRY, _("Send refused statements again"), _("Refused statements sent again")
    )


# --- Choosers -------------------------------------------------------------------------------------


@hooks.register("construct_page_chooser_queryset")
def modules_at_once(pages: QuerySet[Page], request: HttpRequest) -> QuerySet[Page]:
    """Choosing a module shows each of them at once, as first written, not the tree they hang in."""
    is_first_view = not request.resolver_match.kwargs and not request.GET.get("q")
    if request.GET.get("page_type") != "cms.modulepage" or not is_first_view:
        return pages
    older = Page.objects.filter(translation_key=OuterRef("translation_key"), pk__lt=OuterRef("pk"))
    modules = Page.objects.type(ModulePage).filter(~Exists(older))
    return modules.specific().select_related("locale").order_by("title")


# --- Copying --------------------------------------------------------------------------------------


@hooks.register("before_copy_page")
def refuse_alias(request: HttpRequest, page: Page) -> HttpResponse | None:
    """A course, module or lesson in two places would be two units with one content, or none."""
    tracked = (CoursePage, ModulePage, LessonPage)
    if request.POST.get("alias") and issubclass(page.specific_class, tracked):
        messages.error(request, _("This kind of page cannot have an alias. Make a copy of it."))
        return redirect("wagtailadmin_pages:copy", page.pk)
    return None


# --- First page -----------------------------------------------------------------------------------


@hooks.register("construct_homepage_panels")
def desk_panel(request: HttpRequest, panels: list) -> None:
    if may_mark(request.user):
        panels.append(MarkingPanel(request))
    if writes_questions(request.user):
        panels.append(DeskPanel())


# --- Warnings -------------------------------------------------------------------------------------


@hooks.register("after_publish_page")
def warn_of_page(request: HttpRequest, page: Page) -> None:
    for warning in page_warnings(page):
        messages.warning(request, warning)


@hooks.register("after_create_snippet")
@hooks.register("after_edit_snippet")
def warn_of_assessment(request: HttpRequest, instance) -> None:
    if isinstance(instance, Assessment):
        for warning in assessment_warnings(instance):
            messages.warning(request, warning)


@hooks.register("after_edit_snippet")
def move_close(request: HttpRequest, instance) -> None:
    """A later close counts for what is under way, too."""
    if isinstance(instance, Assessment):
        renew_deadlines(instance)


@hooks.register("after_edit_snippet")
def use_changed_rubric(request: HttpRequest, instance) -> None:
    """Attempts that begin from now on are marked by the rubric as it is now."""
    if isinstance(instance, Rubric) and (changed := refreeze(instance)):
        words = ngettext(
            "%(count)d question uses the changed rubric, in attempts that begin from now on.",
            "%(count)d questions use the changed rubric, in attempts that begin from now on.",
            changed,
        )
        messages.success(request, words % {"count": changed})
