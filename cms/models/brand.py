"""The identity of an academy: its name, logo and colours."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting

from academy.core.fields import LocalizedField
from credentials.pdf.colour import contrast, parse_colour

_hex = RegexValidator(r"^#[0-9a-fA-F]{6}$", _("Write a colour as # and six digits: #0f766e."))
DEFAULT_NAME = {"en": "Horizon Academy", "fr": "Académie Horizon"}


def default_name() -> dict:
    return dict(DEFAULT_NAME)


@register_setting(icon="view")
class BrandSettings(BaseSiteSetting):
    """Edited in the admin, checked for contrast, used on every page and certificate."""

    name = LocalizedField(_("name"), default=default_name)
    logo = models.ForeignKey(
        "media.AcademyImage",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("logo"),
    )
    primary = models.CharField(
        _("main colour"),
        max_length=7,
        default="#0f766e",
        validators=[_hex],
        help_text=_("Links and buttons. White text must be readable on it (contrast 4.5 : 1)."),
    )
    accent = models.CharField(
        _("accent colour"),
        max_length=7,
        default="#f4a72c",
        validators=[_hex],
        help_text=_("Highlights. Dark text must be readable on it (contrast 4.5 : 1)."),
    )
    revision = models.PositiveIntegerField(default=0, editable=False)

    panels = [
        FieldPanel("name"),
        FieldPanel("logo"),
        MultiFieldPanel([FieldPanel("primary"), FieldPanel("accent")], heading=_("Colours")),
    ]

    class Meta:
        verbose_name = _("identity")

    def __str__(self) -> str:
        return str(self.name)

    def clean(self):
        super().clean()
        errors = {}
        checks = (
            ("primary", "#ffffff", _("White text on this colour has a contrast of %(ratio)s : 1.")),
            ("accent", "#14213d", _("Dark text on this colour has a contrast of %(ratio)s : 1.")),
        )
        for field, against, words in checks:
            try:
                ratio = contrast(parse_colour(getattr(self, field)), parse_colour(against))
            except ValueError:
                continue  # the field's own validator says so
            if ratio < 4.5:
                advice = _("At least 4.5 : 1 is needed. Choose a darker or lighter colour.")
                errors[field] = ValidationError(f"{words % {'ratio': f'{ratio:.1f}'}} {advice}")
        if errors:
            raise ValidationError(errors)
