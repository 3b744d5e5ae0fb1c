"""What the pages of our own in the admin have in common, whoever may open them."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views import View
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from academy.people.roles import has_role

PAGE_SIZE = 50


class RoleMenuItem(MenuItem):
    """A door that one role alone sees."""

    role: str

    def is_shown(self, request: HttpRequest) -> bool:
        return has_role(request.user, self.role)


class AdminPage(WagtailAdminTemplateMixin, View):
    """A page below the admin's home, and below `parents`: pairs of address and label."""

    parents: tuple[tuple[str, str], ...] = ()

    def get_breadcrumbs_items(self) -> list[dict]:
        above = [(reverse_lazy("wagtailadmin_home"), _("Home")), *self.parents]
        trail = [{"url": url, "label": label} for url, label in above]
        here = {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()}
        return [*trail, here]

    def show(self, status: int = 200, **context) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**context), status=status)


@dataclass(frozen=True)
class Newest:
    """A page of rows, newest first: the rows, and the addresses of what is older and of the first
    page; empty where there is none."""

    rows: list
    older_url: str
    first_url: str

    @classmethod
    def of(cls, rows: QuerySet, request: HttpRequest) -> "Newest":
        """The page that the address asks for: a keyset, so that it stays put while rows arrive."""
        older = request.GET.get("older", "")
        rows = rows.order_by("-id")
        if older.isdecimal():
            rows = rows.filter(id__lt=min(int(older), 2**63 - 1))
        found = list(rows[: PAGE_SIZE + 1])
        page = found[:PAGE_SIZE]
        return cls(
            page,
            f"?older={page[-1].pk}" if len(found) > PAGE_SIZE else "",
            request.path if older else "",
        )
