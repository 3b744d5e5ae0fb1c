"""Forms of the signed-in person's pages."""

from datetime import date

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from academy.people.models import User
from academy.portal.timeline import Kind
from assessments.models import PlacementReview
from assessments.reviews import MOST_CHARACTERS


class SettingsForm(forms.ModelForm):
    """Functional settings: what the person needs, never why."""

    language = forms.ChoiceField(label=_("Language"), widget=forms.RadioSelect)
    time_factor = forms.TypedChoiceField(
        label=_("Time in timed assessments"),
        help_text=_("Applies to assessments you start from now on. Nobody is told why."),
        coerce=str,
        choices=[
            ("1.00", _("Standard time")),
            ("1.25", _("A quarter more")),
            ("1.50", _("Half as much again")),
            ("2.00", _("Twice the time")),
        ],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = User
        fields = [
            "language",
            "time_factor",
            "may_pause",
            "alternative_version",
            "no_dragging",
            "large_print",
            "reduced_motion",
        ]
        help_texts = {
            "may_pause": _(
                "A button stops the clock for a while. The questions are hidden until you go on."
            ),
            "alternative_version": _(
                "Where an assessment has one. Where it has none, its trainer learns that you need "
                "one, and nothing more."
            ),
            "no_dragging": _("Lists to choose from, where others move things about."),
            "large_print": _("Larger text on every page."),
            "reduced_motion": _("No animation."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = settings.LANGUAGES
        if self.instance.pk:
            own = f"{self.instance.time_factor:.2f}"
            self.initial["time_factor"] = own
            choices = self.fields["time_factor"].choices
            if own not in dict(choices):  # agreed with the academy, and not to be lost here
                self.fields["time_factor"].choices = [
                    *choices,
                    (own, _("%(factor)s times the standard time") % {"factor": own}),
                ]


class DeferForm(forms.Form):
    until = forms.DateField(
        label=_("Plan it for"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ContestForm(forms.Form):
    """Why a level is contested, and who looks again. Without a second form a person does."""

    reason = forms.CharField(
        label=_("Why do you see it differently?"),
        help_text=_("For instance what you do at work, or what was unclear about the questions."),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Say why you see it differently. It need not be long.")},
    )
    kind = forms.ChoiceField(
        label=_("How should we look again?"),
        widget=forms.RadioSelect,
        initial=PlacementReview.Kind.HUMAN,
        error_messages={"required": _("Choose one of the two.")},
    )

    def __init__(self, *args, second_form: bool, **kwargs):
        super().__init__(*args, **kwargs)
        kinds = [(PlacementReview.Kind.HUMAN, _("A trainer looks at my answers and decides"))]
        if second_form:
            kinds.append(
                (PlacementReview.Kind.SECOND_FORM, _("I answer other questions, now or later"))
            )
        self.fields["kind"].choices = kinds


def _day(label) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31))],
    )


class RecordFilter(forms.Form):
    """What of the record is shown: a kind, and the days of the events."""

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    since = _day(_("From"))
    until = _day(_("To"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("Everything")), *Kind.choices]

    def clean(self):
        data = super().clean()
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", _("This day is before the first one."))
        return data
