"""The operator's pages about delivery to other stores: how it stands, destinations, what was refused."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.log_actions import log as log_action

from academy.core.errors import AcademyError
from academy.xapi import destinations
from academy.xapi.backlog import backlogs
from academy.xapi.client import LrsError, LrsRefused
from academy.xapi.forwarding import open_store
from academy.xapi.models import Destination, OutboxEntry
from cms.admin_pages import AdminPage, Newest

RETRY = "academy.delivery.retry"


class DeliveryView(AdminPage):
    """A page about one destination."""

    header_icon = "resubmit"
    parents = ((reverse_lazy("delivery:index"), gettext_lazy("Delivery")),)


class IndexView(AdminPage):
    """Every destination: what waits, since when, and whether it answers."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/delivery_index.html"
    page_title = gettext_lazy("Delivery to other stores")
    header_icon = "resubmit"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(backlogs=backlogs())


# --- Destinations ---------------------------------------------------------------------------------


class IriList(forms.CharField):
    """IRIs, one a line; a list in Python."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value) -> str:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value) -> list[str]:
        return (super().to_python(value) or "").split()


class DestinationForm(forms.ModelForm):
    """A destination. Its password can be written, and is never shown."""

    password = forms.CharField(
        label=gettext_lazy("Secret"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Kept encrypted, and never shown. Left empty, it stays as it is."),
    )
    verbs = IriList(
        label=gettext_lazy("Only these verbs"),
        required=False,
        help_text=gettext_lazy("Their IRIs, one a line. Left empty, every verb."),
    )
    activities = IriList(
        label=gettext_lazy("Only these activities"),
        required=False,
        help_text=gettext_lazy("Their IRIs, one a line. Left empty, every activity."),
    )

    class Meta:
        model = Destination
        fields = [
            "name",
            "endpoint",
            "username",
            "password",
            "version",
            "policy",
            "verbs",
            "activities",
            "is_active",
        ]
        labels = {"version": gettext_lazy("xAPI version")}
        help_texts = {
            "name": gettext_lazy("A short name without spaces. It cannot change later."),
            "policy": gettext_lazy(
                "Pseudonymised: people get a pseudonym of their own at this store; names, mail "
                "addresses, attachments, extensions and answers in free text are left out."
            ),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.fields["endpoint"].required = True
            return
        del self.fields["name"]
        if self.instance.is_from_environment:
            for name in ("endpoint", "username", "password"):
                del self.fields[name]

    def save(self, commit: bool = True) -> Destination:
        return destinations.save_destination(
            self.instance, password=self.cleaned_data.get("password") or None
        )


class DestinationView(DeliveryView):
    """Make a destination, or change one: `name` is None for a new one."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/delivery_destination.html"

    def setup(self, request: HttpRequest, *args, name: str | None = None, **kwargs) -> None:
        super().setup(request, *args, **kwargs)
        self.destination = get_object_or_404(Destination, name=name) if name else None

    def get_page_title(self) -> str:
        return str(self.destination or _("New destination"))

    def get(self, request: HttpRequest, **kwargs) -> HttpResponse:
        return self._form(DestinationForm(instance=self.destination))

    def post(self, request: HttpRequest, **kwargs) -> HttpResponse:
        form = DestinationForm(request.POST, instance=self.destination)
        if form.is_valid():
            try:
                destination = form.save()
            except ValidationError as error:
                form.add_error(None, error)
            else:
                action = "wagtail.edit" if self.destination else "wagtail.create"
                log_action(destination, action, user=request.user)
                messages.success(request, _("“%(name)s” is saved.") % {"name": destination.name})
                return redirect("delivery:destination", name=destination.name)
        return self._form(form, status=400)

    def _form(self, form: DestinationForm, status: int = 200) -> HttpResponse:
        name = self.destination.name if self.destination else None
        return self.show(status, form=form, backlog=backlogs(name)[0] if name else None)


def try_connection(request: HttpRequest, name: str) -> HttpResponse:
    """Ask the destination for its versions, and for one statement with our credentials."""
    destination = get_object_or_404(Destination, name=name)
    try:
        with open_store(destination) as store:
            versions = store.about().get("version") or []
            is_readable = _is_readable(store)
    except LrsError as error:
        messages.error(
            request,
            _("“%(name)s” does not answer as a store: %(answer)s")
            % {"name": name, "answer": str(error)},
        )
    except AcademyError as error:
        messages.error(request, error.message)
    else:
        spoken = ", ".join(map(str, versions)) if isinstance(versions, list) else str(versions)
        if destination.version not in spoken:
            messages.warning(
                request,
                _(
                    "“%(name)s” answers, but does not name version %(version)s. It speaks: %(spoken)s."
                )
                % {"name": name, "version": destination.version, "spoken": spoken or "–"},
            )
        elif is_readable:
            messages.success(
                request,
                _("“%(name)s” answers and accepts key and secret. It speaks: %(spoken)s.")
                % {"name": name, "spoken": spoken},
            )
        else:
            messages.success(
                request,
                _(
                    "“%(name)s” answers. This key may not read, so whether it may write "
                    "shows with the first delivery. It speaks: %(spoken)s."
                )
                % {"name": name, "spoken": spoken},
            )
    return redirect("delivery:destination", name=name)


def _is_readable(store) -> bool:
    try:
        next(store.statements(limit=1), None)
    except LrsRefused as error:
        if error.status == 403:
            return False
        raise
    return True


# --- Refused statements ---------------------------------------------------------------------------


class RefusedView(DeliveryView):
    """What a destination refused, newest first, with its own answer."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/delivery_refused.html"
    page_title = gettext_lazy("Refused statements")

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        destination = get_object_or_404(Destination, name=name)
        self.page_subtitle = destination.name
        rows = OutboxEntry.objects.filter(destination_id=name).refused()
        return self.show(destination=destination, page=Newest.of(rows, request))


class RetryView(DeliveryView):
    """Ask before refused statements are sent again: one (`entry`), or all of them."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/delivery_retry.html"
    page_title = gettext_lazy("Send again")

    def setup(self, request: HttpRequest, *args, name: str, entry: int | None = None) -> None:
        super().setup(request, *args, name=name)
        self.destination = get_object_or_404(Destination, name=name)
        self.page_subtitle = self.destination.name
        refused = OutboxEntry.objects.filter(destination_id=name).refused()
        self.entry = get_object_or_404(refused, pk=entry) if entry else None

    def get(self, request: HttpRequest, **kwargs) -> HttpResponse:
        count = 1 if self.entry else backlogs(self.destination.name)[0].refused
        return self.show(destination=self.destination, entry=self.entry, count=count)

    def post(self, request: HttpRequest, **kwargs) -> HttpResponse:
        only = [self.entry.pk] if self.entry else None
        count = destinations.retry(self.destination, only=only)
        log_action(self.destination, RETRY, user=request.user, data={"statements": count})
        messages.success(
            request,
            ngettext(
                "%(count)d statement is sent again.", "%(count)d statements are sent again.", count
            )
            % {"count": count},
        )
        return redirect(reverse("delivery:refused", args=[self.destination.name]))
