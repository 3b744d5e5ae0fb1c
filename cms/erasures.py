"""The operator's pages about people who were erased: what was done, and which stores have to be asked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy.xapi.erasure import confirm_request
from academy.xapi.models import Erasure, ErasureRequest
from cms.admin_pages import AdminPage, Newest


class IndexView(AdminPage):
    """Every erasure, the latest first, with what is asked of other stores. Two queries a page."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/erasure_index.html"
    page_title = gettext_lazy("Erased people")
    header_icon = "user"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = Erasure.objects.select_related("erased_by").prefetch_related("requests")
        return self.show(page=Newest.of(rows, request))


class ConfirmView(AdminPage):
    """Who to ask for by which names; and, once that store has erased them, to say so."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/erasure_confirm.html"
    page_title = gettext_lazy("Erasure at another store")
    header_icon = "user"
    parents = ((reverse_lazy("erasures:index"), gettext_lazy("Erased people")),)

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
