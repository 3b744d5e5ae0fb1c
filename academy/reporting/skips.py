"""How often skips were wrong, by what was skipped: figures about modules, never about people."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from assessments.spot_checks import FEWEST, SMALLEST, CheckedSkips, checked_skips
from courses.models import Module


@dataclass(frozen=True)
class SkipRow:
    """A module and what its checks tell."""

    module: Module
    checked: CheckedSkips


def skip_rows() -> tuple[CheckedSkips, list[SkipRow]]:
    """All skips together, and module by module, by title. Four queries."""
    figures = checked_skips()
    modules = Module.objects.filter(uuid__in=[one for one in figures if one is not None])
    rows = [SkipRow(module, figures[module.uuid]) for module in modules]
    return figures[None], sorted(rows, key=lambda row: str(row.module.title))


class SkipsView(WagtailAdminTemplateMixin, View):
    """The wrong-skip rate with its interval, for HR and trainers."""

    http_method_names = ["get", "head", "options"]
    template_name = "reporting/skips.html"
    page_title = _("Skips that were checked")
    header_icon = "tick-inverse"
    breadcrumbs_items = [{"url": reverse_lazy("wagtailadmin_home"), "label": _("Home")}]

    def get_breadcrumbs_items(self) -> list[dict]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def get(self, request: HttpRequest) -> HttpResponse:
        total, rows = skip_rows()
        return self.render_to_response(
            self.get_context_data(total=total, rows=rows, smallest=SMALLEST, fewest=FEWEST)
        )
