"""The filters of the reports: everything that decides a figure stands in the address."""

from datetime import date

from dateutil.relativedelta import relativedelta
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from academy.competencies.models import Competency, Framework
from academy.core.clock import today
from academy.people.models import OrgUnit
from academy.reporting.coverage import State
from courses.models import Course


class UnitField(forms.ModelChoiceField):
    """A unit by its code, the tree drawn by indentation."""

    def __init__(self, **kwargs):
        super().__init__(
            OrgUnit.objects.all(),
            to_field_name="code",
            required=False,
            label=_("Unit"),
            empty_label=_("The whole organisation"),
            **kwargs,
        )

    def label_from_instance(self, unit: OrgUnit) -> str:
        return "\u2003" * unit.depth + str(unit)


def day_field(label: str, **kwargs) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=False, widget=widget, input_formats=["%Y-%m-%d"], **kwargs
    )


class FilterForm(forms.Form):
    """A filter by GET. What is left out has its default, and is shown with it."""

    def __init__(self, query, **kwargs):
        super().__init__(query, **kwargs)
        if "on" in self.fields:
            self.fields["on"].widget.attrs["max"] = today().isoformat()

    def defaults(self) -> dict:
        return {}

    def clean(self) -> dict:
        """Fill in the defaults of what the address does not name at all."""
        for name, value in self.defaults().items():
            if name not in self.data and not self.cleaned_data.get(name):
                self.cleaned_data[name] = value
        return self.cleaned_data

    def shown(self) -> "FilterForm":
        """A form that shows the values in force. Call it when this one is valid."""
        return type(self)(
            {
                name: self.fields[name].prepare_value(value)
                for name, value in self.cleaned_data.items()
                if value not in (None, "")
            }
        )


class CoverageFilter(FilterForm):
    unit = UnitField()
    framework = forms.ModelChoiceField(
        Framework.objects.all(),
        to_field_name="code",
        required=False,
        label=_("Framework"),
        empty_label=_("All frameworks"),
    )
    on = day_field(_("As of"))

    def clean_on(self) -> date:
        """No day but one that has begun has figures; without one, it is today."""
        on = self.cleaned_data["on"] or today()
        if on > today():
            raise ValidationError(_("Choose a day up to today."))
        return on


class PeopleFilter(CoverageFilter):
    """Behind one cell: one competency, or everything asked when none is named."""

    competency = forms.ModelChoiceField(
        Competency.objects.select_related("framework").order_by("framework__code", "order"),
        to_field_name="ref",
        required=False,
        label=_("Competency"),
        empty_label=_("Everything asked"),
    )
    state = forms.ChoiceField(
        choices=[("", _("all")), *((one.value, one.label) for one in State)],
        required=False,
        label=_("Standing"),
        widget=forms.HiddenInput,  # chosen by links that count each of them
    )
    direct = forms.BooleanField(required=False, label=_("Only the unit itself"))

    def clean_state(self) -> State | None:
        return State(self.cleaned_data["state"]) if self.cleaned_data["state"] else None


class CompletionFilter(FilterForm):
    unit = UnitField()
    course = forms.ModelChoiceField(
        Course.objects.all(),
        to_field_name="uuid",
        required=False,
        label=_("Course"),
        empty_label=_("All courses"),
    )
    since = day_field(_("From"))
    until = day_field(_("To"))
    direct = forms.BooleanField(required=False, label=_("Only the unit itself"))

    def defaults(self) -> dict:
        return {"since": today() - relativedelta(years=1), "until": today()}

    def clean(self) -> dict:
        cleaned = super().clean()
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("Choose a day that is not before the first one."))
        return cleaned
