"""Trainers' pages about simulated placements: ask for one, watch it, read what it found."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy.core.errors import AcademyError
from academy.core.fields import Localized
from assessments import simulations
from assessments.models import Assessment, ItemBank, Simulation
from assessments.tasks import run_simulation
from cms.admin_pages import AdminPage, Newest


class SimulationForm(forms.Form):
    """What is simulated, and by how many people."""

    subject = forms.ChoiceField(
        label=gettext_lazy("Placement or bank"),
        help_text=gettext_lazy("A bank is simulated as if a new placement drew from it alone."),
    )
    people = forms.TypedChoiceField(
        label=gettext_lazy("People"),
        coerce=int,
        initial=500,
        choices=[(200, "200"), (500, "500"), (1000, "1000"), (2000, "2000")],
        help_text=gettext_lazy("More people give steadier figures and take longer."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        placements = Assessment.objects.filter(kind=Assessment.Kind.PLACEMENT)
        self.fields["subject"].choices = [
            (
                _("Placements"),
                [(f"assessment:{one.pk}", str(one)) for one in placements],
            ),
            (
                _("Item banks"),
                [(f"bank:{one.pk}", str(one)) for one in ItemBank.objects.all()],
            ),
        ]

    @property
    def chosen(self) -> dict:
        """The placement or the bank, by the name of its parameter."""
        kind, _colon, pk = self.cleaned_data["subject"].partition(":")
        model = Assessment if kind == "assessment" else ItemBank
        return {kind: model.objects.get(pk=pk)}


class IndexView(AdminPage):
    """Ask for a simulation; those that were made, the latest first."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/simulations.html"
    page_title = gettext_lazy("Simulated placements")
    header_icon = "cogs"

    def _page(self, form: SimulationForm) -> HttpResponse:
        rows = Simulation.objects.select_related("assessment", "bank", "asked_by").defer("result")
        return self.show(
            form=form,
            page=Newest.of(rows, self.request),
            status=422 if form.errors else 200,
        )

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(SimulationForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SimulationForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        try:
            simulation = simulations.ask_for_simulation(
                by=request.user, people=form.cleaned_data["people"], **form.chosen
            )
        except AcademyError as refused:
            messages.error(request, refused.message)
            return redirect("simulations:index")
        run_simulation.delay_on_commit(simulation.pk)
        return redirect("simulations:result", uuid=simulation.uuid)


class ResultView(AdminPage):
    """What the simulation found, or how far it is: the page asks again by itself meanwhile."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/simulation.html"
    page_title = gettext_lazy("Simulated placement")
    header_icon = "cogs"
    parents = ((reverse_lazy("simulations:index"), gettext_lazy("Simulated placements")),)

    def get_page_subtitle(self) -> str:
        return str(self.simulation)

    def get(self, request: HttpRequest, uuid) -> HttpResponse:
        self.simulation = get_object_or_404(
            Simulation.objects.select_related("assessment", "bank"), uuid=uuid
        )
        result = self.simulation.result
        response = self.show(
            simulation=self.simulation,
            result=result,
            areas=[_drawn(area) for area in result.get("areas", [])],
            exposure_bars=_exposure_bars(result) if result else [],
        )
        if not self.simulation.is_over:
            response["Refresh"] = "3"
        return response


def _drawn(area: dict) -> dict:
    """An area with its charts: standard error and items by ability, level accuracy by true level."""
    groups = area["by_ability"]
    return {
        **area,
        "name": Localized(area["title"]),
        "labels": [f"{(one['low'] + one['high']) / 2:+.1f}" for one in groups],
        "errors": [
            {
                "label": _("standard error that is reported"),
                "values": [one["se"] for one in groups],
            },
            {"label": _("error that is made"), "values": [one["rmse"] for one in groups]},
        ],
        "placed": [
            {
                "label": _("Level %(number)d") % {"number": one["level"] + 1},
                "value": one["accuracy"],
                "text": f"{one['accuracy']:.0%}",
            }
            for one in area["levels"]
        ],
        "rows": [{**one, "number": one["level"] + 1} for one in area["levels"]],
    }


def _exposure_bars(result: dict) -> list[dict]:
    exposure = result["exposure"]
    shares = (
        (_("The most used question"), exposure["most"]),
        (_("A question on average"), exposure["mean"]),
        (_("Never used"), exposure["never"]),
    )
    return [{"label": label, "value": value, "text": f"{value:.0%}"} for label, value in shares]
