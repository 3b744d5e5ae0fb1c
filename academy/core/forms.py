"""How forms are drawn."""

from django.forms.renderers import TemplatesSetting


class AcademyRenderer(TemplatesSetting):
    """Draws each field with `components/field.html`."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
