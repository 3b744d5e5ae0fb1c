"""The operator's pages about people who were erased: what was done, and which stores have to be asked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from academy.xapi.erasure import confirm_request
from academy.xapi.models import Erasure, ErasureRequest

PAGE_SIZE = 50


class ErasureView(WagtailAdminTemplateMixin, View):
    """A page about erasures. Every view is for operators alone (see `erasure_urls`)."""

    header_icon = "user"

    def get_breadcrumbs_items(self) -> list[dict]:
        home = {"url": reverse_lazy("wagtailadmin_home"), "label": _("Home")}
        return [home, {"url": "", "label": self.get_page_title()}]

    def show(self, **context) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**context))


class IndexView(ErasureView):
    """Every erasure, the latest first, with what is asked of other stores. Two queries a page."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/erasure_index.html"
    page_title = gettext_lazy("Erased people")

    def get(self, request: HttpRequest) -> HttpResponse:
        older = request.GET.get("older", "")
        rows = Erasure.objects.order_by("-id").select_related("erased_by")
        if older.isdecimal():
            rows = rows.filter(id__lt=min(int(older), 2**63 - 1))
        page = list(rows.prefetch_related("requests")[: PAGE_SIZE + 1])
        more = len(page) > PAGE_SIZE
        page = page[:PAGE_SIZE]
        return self.show(
            erasures=page,
            older_url=f"?older={page[-1].pk}" if more else "",
            first_url=request.path if older else "",
        )


class ConfirmView(ErasureView):
    """Who to ask for by which names; and, once that store has erased them, to say so."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/erasure_confirm.html"
    page_title = gettext_lazy("Erasure at another store")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = get_object_or_404(ErasureRequest.objects.select_related("erasure"), pk=pk)
        return self.show(asked=asked)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        asked = confirm_request(pk=pk)
        messages.success(
            request,
            _("“%(store)s” has confirmed. The names are forgotten here too.")
            % {"store": asked.destination},
        )
        return redirect("erasures:index")
