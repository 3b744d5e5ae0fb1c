"""The operator's screen of the programs that talk to the learning record store."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views import generic
from wagtail.log_actions import LogActionRegistry, log

from academy.core.errors import Conflict
from academy.xapi.clients import ROTATION_GRACE, create_client, revoke_client, rotate_client
from academy.xapi.models import LrsClient
from cms.admin_pages import AdminPage

ROTATED, REVOKED = "xapi.rotate_client", "xapi.revoke_client"


# --- List -----------------------------------------------------------------------------------------


def scopes_of(client: LrsClient) -> str:
    return ", ".join(client.scopes)


def standing_of(client: LrsClient) -> str:
    return gettext("Revoked") if client.revoked_at else gettext("Active")


def actions_for(client: LrsClient) -> SafeString:
    """What can be done with a client; nothing, once it is revoked."""
    if client.revoked_at:
        return SafeString("")
    actions = [("rotate", gettext("New secret")), ("revoke", gettext("Revoke"))]
    return format_html_join(
        " · ",
        '<a href="{}" aria-label="{}">{}</a>',
        (
            (reverse(f"lrs_clients:{action}", args=[client.pk]), f"{words}: {client}", words)
            for action, words in actions
        ),
    )


class IndexView(generic.IndexView):
    model = LrsClient
    permission_policy = None  # the role decides, in the route
    page_title = _("Learning record clients")
    header_icon = "key"
    index_url_name = "lrs_clients:index"
    add_url_name = "lrs_clients:add"
    add_item_label = _("Add a client")
    default_ordering = "name"
    paginate_by = 50
    columns = [
        Column("name", label=_("Name"), sort_key="name"),
        Column("key", label=_("Key")),
        Column("scopes", label=_("Scopes"), accessor=scopes_of),
        DateColumn("created_at", label=_("Created"), sort_key="created_at"),
        DateColumn("last_used_at", label=_("Last used"), sort_key="last_used_at"),
        Column("standing", label=_("State"), accessor=standing_of, sort_key="revoked_at"),
        Column("actions", label=_("Actions"), accessor=actions_for),
    ]


# --- Forms ----------------------------------------------------------------------------------------


class ClientForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=200, help_text=_("The program, and who answers for it.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=LrsClient.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("No more than it needs."),
    )


class RotateForm(forms.Form):
    at_once = forms.BooleanField(
        label=_("Refuse the old secret at once"),
        required=False,
        help_text=_("Where it has leaked. Otherwise it is still taken for 24 hours."),
    )


class ClientView(AdminPage, FormView):
    """A form about a client: `words` say what it does, `button` is what one presses."""

    template_name = "cms/admin/lrs_client_form.html"
    header_icon = "key"
    parents = ((reverse_lazy("lrs_clients:index"), _("Learning record clients")),)
    words = ""
    button = ""
    is_serious = False
    form_class = forms.Form

    @cached_property
    def client(self) -> LrsClient:
        clients = LrsClient.objects.active()
        return get_object_or_404(clients, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            words=self.words, button=self.button, is_serious=self.is_serious, **kwargs
        )

    def show_secret(self, client: LrsClient, secret: str) -> HttpResponse:
        """The secret, for the only time: it is in this answer and nowhere else."""
        context = self.get_context_data(
            client=client,
            secret=secret,
            endpoint=settings.SITE_URL + reverse("xapi:unknown"),
        )
        return self.response_class(
            self.request, "cms/admin/lrs_client_secret.html", context, using=self.template_engine
        )


class AddView(ClientView):
    page_title = _("Add a client")
    form_class = ClientForm
    words = _("A program that reads or writes learning records. Its secret is shown once.")
    button = _("Add the client")

    def form_valid(self, form: ClientForm) -> HttpResponse:
        client, secret = create_client(
            name=form.cleaned_data["name"], scopes=form.cleaned_data["scopes"]
        )
        log(instance=client, action="wagtail.create", user=self.request.user)
        return self.show_secret(client, secret)


class RotateView(ClientView):
    page_title = _("New secret")
    form_class = RotateForm
    words = _("The client gets a new secret, which is shown once. Its key stays.")
    button = _("Make a new secret")

    def get_page_subtitle(self) -> str:
        return str(self.client)

    def form_valid(self, form: RotateForm) -> HttpResponse:
        grace = timedelta(0) if form.cleaned_data["at_once"] else ROTATION_GRACE
        try:
            secret = rotate_client(client=self.client, grace=grace)
        except Conflict as error:
            messages.error(self.request, error.message)
            return redirect("lrs_clients:index")
        log(instance=self.client, action=ROTATED, user=self.request.user)
        return self.show_secret(self.client, secret)


class RevokeView(ClientView):
    page_title = _("Revoke")
    words = _("The client is refused from now on. What it has stored stays.")
    button = _("Revoke the client")
    is_serious = True
    success_url = reverse_lazy("lrs_clients:index")

    def get_page_subtitle(self) -> str:
        return str(self.client)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        revoke_client(client=self.client)
        log(instance=self.client, action=REVOKED, user=self.request.user)
        messages.success(
            self.request, gettext("“%(client)s” is revoked.") % {"client": self.client}
        )
        return super().form_valid(form)


# --- The log --------------------------------------------------------------------------------------


def register_actions(actions: LogActionRegistry) -> None:
    actions.register_action(ROTATED, _("New secret"), _("Gave the client a new secret"))
    actions.register_action(REVOKED, _("Revoke"), _("Revoked the client"))
