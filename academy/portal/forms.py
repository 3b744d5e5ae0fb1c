"""Forms of the signed-in person's pages."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from academy.people.models import User


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
        fields = ["language", "time_factor", "large_print", "reduced_motion"]
        help_texts = {
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
