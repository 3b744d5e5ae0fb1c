"""Assessments: what is drawn, for how long, and what is enough."""

import uuid
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from academy.competencies.models import Competency
from academy.core.fields import LocalizedField
from assessments.models.bank import ItemBank


class Assessment(ClusterableModel):
    """A placement, or a final assessment that proves competencies.

    Attempts pin everything they depend on when they start, so changing an assessment never
    changes an attempt that is under way.
    """

    class Kind(models.TextChoices):
        PLACEMENT = "placement", _("placement")
        FINAL = "final", _("final assessment")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.FINAL)
    title = LocalizedField(_("title"))
    instructions = LocalizedField(_("instructions"), long=True, blank=True)
    is_open = models.BooleanField(_("open"), default=True)
    cut_score = models.DecimalField(
        _("cut score"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.700"),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(1)],
        help_text=_("The share of points needed to pass, from 0 to 1."),
    )
    time_limit_minutes = models.PositiveSmallIntegerField(
        _("time limit in minutes"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    max_attempts = models.PositiveSmallIntegerField(
        _("attempts allowed"), null=True, blank=True, help_text=_("Left empty: no limit.")
    )
    cooldown_hours = models.PositiveSmallIntegerField(
        _("hours to wait before a new attempt"), default=24
    )
    shows_explanations = models.BooleanField(_("show explanations after grading"), default=True)
    min_items = models.PositiveSmallIntegerField(
        _("fewest items a competency"), default=5, help_text=_("Placement only.")
    )
    max_items = models.PositiveSmallIntegerField(
        _("most items a competency"), default=10, help_text=_("Placement only.")
    )

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["kind", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cut_score__gt=0, cut_score__lte=1), name="assessments_cut_score_range"
            ),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(kind="placement", is_open=True),
                name="assessments_one_open_placement",
                violation_error_message=_("Another placement is open already. Close it first."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.title) or self.code

    def clean(self):
        """A placement stops between two numbers and never by the clock, which would end it
        without a result. That its sections name a competency is asked by the form."""
        super().clean()
        problems = {}
        fewest, most = self.min_items, self.max_items
        if fewest is not None and most is not None and fewest > most:
            problems["max_items"] = _("This must not be less than the fewest items.")
        if self.kind == self.Kind.PLACEMENT and self.time_limit_minutes:
            problems["time_limit_minutes"] = _("A placement has no time limit. Leave this empty.")
        if problems:
            raise ValidationError(problems)


class Section(models.Model):
    """Where items come from. A final assessment draws `count` at random from the bank (all of
    them when 0); a placement measures the section's competency adaptively."""

    assessment = ParentalKey(Assessment, on_delete=models.CASCADE, related_name="sections")
    order = models.PositiveSmallIntegerField(default=0)
    bank = models.ForeignKey(ItemBank, on_delete=models.PROTECT, related_name="sections")
    competency = models.ForeignKey(
        Competency,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Draw only items of this competency. A placement section needs one."),
    )
    count = models.PositiveSmallIntegerField(
        _("number of items"), default=10, help_text=_("0 takes all of them.")
    )

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return f"{self.bank} × {self.count or '∗'}"
