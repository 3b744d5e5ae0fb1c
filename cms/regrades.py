"""Grading again after a bad key, in the admin: from a question to a decision that is looked at first.

Trainers see figures, never whose they are.
"""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail.admin.panels import Panel
from wagtail.log_actions import log

from academy.core.errors import AcademyError
from assessments import regrading
from assessments.models import Item, ItemVersion, Regrade
from assessments.tasks import apply_regrade
from cms.admin_pages import AdminPage, Newest
from credentials.services import resting_on

DECIDED = "assessments.regrade"
INDEX = (reverse_lazy("regrades:index"), gettext_lazy("Graded again"))
#: With more answers than this, a preview is worked out only when it is asked for.
LARGE = 3000


def register_actions(actions) -> None:
    actions.register_action(DECIDED, gettext_lazy("Grade again"), gettext_lazy("Graded again"))


class VersionsPanel(Panel):
    """On a question's page: its versions, how many graded answers each has, and the way on from a bad
    key. One query, and none for a question that was never published."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "cms/admin/regrade_versions.html"

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            item = None
            if self.instance.pk:
                item = Item.objects.filter(uuid=self.instance.translation_key).first()
            return context | {"versions": regrading.versions_of(item) if item else []}


class RegradeForm(forms.Form):
    policy = forms.ChoiceField(
        label=gettext_lazy("What is to be done"),
        choices=Regrade.Policy.choices,
        widget=forms.RadioSelect,
    )
    new_version = forms.ModelChoiceField(
        label=gettext_lazy("Version with the right key"),
        queryset=ItemVersion.objects.none(),
        required=False,
        help_text=gettext_lazy("Only needed for a new key, or the better of both."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Told to those whose score changes."),
    )

    def __init__(self, *args, version: ItemVersion, **kwargs):
        super().__init__(*args, **kwargs)
        newer = regrading.newer_versions(version).select_related("item")
        self.fields["new_version"].queryset = newer
        self.fields["new_version"].initial = newer.order_by("-number").first()


class IndexView(AdminPage):
    """Every decision, the latest first. One query a page."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/regrade_index.html"
    page_title = gettext_lazy("Graded again")
    header_icon = "undo"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = Regrade.objects.select_related("item_version__item__bank", "decided_by")
        return self.show(page=Newest.of(rows, request))


class ProposeView(AdminPage):
    """What is to be done about the answers to one version of a question."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/regrade_propose.html"
    page_title = gettext_lazy("Grade again")
    header_icon = "undo"
    parents = (INDEX,)

    def dispatch(self, request: HttpRequest, *args, version: int, **kwargs) -> HttpResponse:
        self.version = get_object_or_404(ItemVersion.objects.select_related("item"), pk=version)
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self) -> str:
        return str(self.version)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(version=self.version, form=RegradeForm(version=self.version))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RegradeForm(request.POST, version=self.version)
        if form.is_valid():
            try:
                regrade = regrading.propose(
                    version=self.version, by=request.user, **form.cleaned_data
                )
                return redirect("regrades:regrade", uuid=regrade.uuid)
            except AcademyError as refused:
                form.add_error(None, refused.message)
        return self.show(status=422, version=self.version, form=form)


class RegradeView(AdminPage):
    """One decision: what it would do, and the button that does it; later how far it is, and what it
    did."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/regrade.html"
    page_title = gettext_lazy("Grade again")
    header_icon = "undo"
    parents = (INDEX,)

    def dispatch(self, request: HttpRequest, *args, uuid, **kwargs) -> HttpResponse:
        rows = Regrade.objects.select_related(
            "item_version__item", "new_version__item", "decided_by"
        )
        self.regrade = get_object_or_404(rows, uuid=uuid)
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self) -> str:
        return str(self.regrade.item_version)

    def get(self, request: HttpRequest) -> HttpResponse:
        regrade = self.regrade
        context = {"regrade": regrade}
        if regrade.state == Regrade.State.PREVIEW:
            if regrade.total <= LARGE or "preview" in request.GET:
                found = regrading.preview(regrade)
                context |= {
                    "preview": found,
                    "answers": sorted(
                        found.answers.items(), key=lambda one: (one[0][0] or 0, one[0][1] or 0)
                    ),
                    "tenths": _tenths(found),
                    "certificates": resting_on(found.falling) if found.falling else 0,
                }
        else:
            context["changed"] = regrade.changes.count()
        return self.show(**context)

    def post(self, request: HttpRequest) -> HttpResponse:
        regrade = regrading.decide(
            regrade=self.regrade, by=request.user, takes_back="takes_back" in request.POST
        )
        log(
            regrade.item_version.item,
            DECIDED,
            user=request.user,
            data={"regrade": str(regrade.uuid), "policy": regrade.policy},
        )
        # Robust: a broker that is down must not fail what was decided; the sweep finds the row.
        transaction.on_commit(lambda: apply_regrade.delay(regrade.pk), robust=True)
        messages.success(request, _("The answers are being graded again."))
        return redirect("regrades:regrade", uuid=regrade.uuid)


def _tenths(found: regrading.Preview) -> list[dict]:
    """How many attempts had, and would have, a share of points in each tenth."""
    most = max([1, *found.before, *found.after])
    return [
        {
            "low": tenth * 10,
            "high": tenth * 10 + 10,
            "before": before,
            "after": after,
            "before_width": round(100 * before / most),
            "after_width": round(100 * after / most),
        }
        for tenth, (before, after) in enumerate(zip(found.before, found.after, strict=True))
    ]


class DiscardView(AdminPage):
    """Forget a decision that was only looked at."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, uuid) -> HttpResponse:
        regrading.discard(regrade=get_object_or_404(Regrade, uuid=uuid))
        messages.success(request, _("Nothing was graded again."))
        return redirect(reverse("regrades:index"))


@require_safe
@never_cache
def progress(request: HttpRequest, uuid) -> HttpResponse:
    """How far it is, as a fragment of the page."""
    regrade = get_object_or_404(Regrade, uuid=uuid)
    return render(
        request,
        "cms/admin/_regrade_progress.html",
        {"regrade": regrade, "changed": regrade.changes.count()},
    )
