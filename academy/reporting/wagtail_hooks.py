"""The reports' place in the admin: addresses, and entries of the Reports menu."""

from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from academy.people.roles import HR, TRAINER, has_role


class HRMenuItem(MenuItem):
    def is_shown(self, request) -> bool:
        return has_role(request.user, HR)


class SkipsMenuItem(MenuItem):
    def is_shown(self, request) -> bool:
        return has_role(request.user, HR) or has_role(request.user, TRAINER)


@hooks.register("register_admin_urls")
def report_urls():
    return [path("reports/", include("academy.reporting.urls"))]


@hooks.register("register_reports_menu_item")
def coverage_item():
    return HRMenuItem(
        _("Coverage"), reverse("reporting:coverage"), name="coverage", icon_name="table", order=100
    )


@hooks.register("register_reports_menu_item")
def completions_item():
    return HRMenuItem(
        _("Completions"),
        reverse("reporting:completions"),
        name="completions",
        icon_name="success",
        order=110,
    )


@hooks.register("register_reports_menu_item")
def skips_item():
    return SkipsMenuItem(
        _("Skips that were checked"),
        reverse("reporting:skips"),
        name="skips",
        icon_name="tick-inverse",
        order=120,
    )
