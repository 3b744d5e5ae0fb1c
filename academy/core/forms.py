"""How forms are drawn, and the inputs Django does not have."""

from datetime import date

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _


class AcademyRenderer(TemplatesSetting):
    """Draws each field with `components/field.html`."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"


class DateInput(forms.MultiWidget):
    """Day, month and year as three numbers: quicker and clearer than a calendar for a known date.

    Use it as the widget of a `DateField`. What cannot be a date reaches the field as typed, so that
    the field says what is wrong and the person sees their own words again.
    """

    template_name = "components/date.html"
    use_fieldset = True
    PARTS = (("day", _("Day"), 2), ("month", _("Month"), 2), ("year", _("Year"), 4))

    def __init__(self, attrs=None, autocomplete: bool = False):
        boxes = {
            name: forms.TextInput(
                {
                    **(attrs or {}),
                    "class": f"govuk-input govuk-input--width-{width}",
                    "inputmode": "numeric",
                    **({"autocomplete": f"bday-{name}"} if autocomplete else {}),
                }
            )
            for name, _label, width in self.PARTS
        }
        super().__init__(boxes, attrs)

    def decompress(self, value):
        if isinstance(value, date):
            return [value.day, value.month, value.year]
        if isinstance(value, str) and value.count("-") == 2:
            return list(reversed(value.split("-")))
        return [None, None, None]

    def value_from_datadict(self, data, files, name):
        day, month, year = (
            part and part.strip() for part in super().value_from_datadict(data, files, name)
        )
        if not (day or month or year):
            return None
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except (TypeError, ValueError):
            return f"{year or ''}-{month or ''}-{day or ''}"

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        for part, (_name, label, _width) in zip(
            context["widget"]["subwidgets"], self.PARTS, strict=True
        ):
            part["label"] = label
            part["attrs"].pop("required", None)
        return context


class FileInput(forms.ClearableFileInput):
    """A file to hand in, with what is allowed said beside it and the present file, if any."""

    template_name = "components/file.html"
    use_fieldset = False

    def __init__(self, attrs=None, accept: str = ""):
        super().__init__({**({"accept": accept} if accept else {}), **(attrs or {})})
