"""Assessments: what is drawn, for how long, and what is enough."""

import uuid
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
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

    class Navigation(models.TextChoices):
        FREE = "free", _("free: back and forth")
        FORWARD = "forward", _("forward only")

    class Feedback(models.TextChoices):
        """When the key and the explanations are shown: shown early, they are the key to the next
        attempt."""

        ANSWERED = "answered", _("after each answer")
        GRADED = "graded", _("when it is graded")
        PASSED = "passed", _("once it is passed")
        CLOSED = "closed", _("once it has closed")
        NEVER = "never", _("never")

    class Marking(models.TextChoices):
        """Who marks what no key can grade."""

        SINGLE = "single", _("one person")
        DOUBLE = "double", _("two people, neither seeing the other's marks")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.FINAL)
    title = LocalizedField(_("title"))
    instructions = LocalizedField(_("instructions"), long=True, blank=True)
    is_open = models.BooleanField(_("open"), default=True)
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(
        _("closes"),
        null=True,
        blank=True,
        help_text=_("What is under way then is submitted as it stands."),
    )
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
    navigation = models.CharField(
        _("moving about"), max_length=8, choices=Navigation, default=Navigation.FREE
    )
    feedback = models.CharField(
        _("explanations are shown"), max_length=8, choices=Feedback, default=Feedback.PASSED
    )
    shuffles_items = models.BooleanField(_("questions in an order of chance"), default=True)
    pause_minutes = models.PositiveSmallIntegerField(
        _("minutes of pauses"),
        default=15,
        help_text=_("In all, for those whose settings ask for pauses. The clock stands still."),
    )
    alternative = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("alternative version"),
        help_text=_("Taken in its place by those whose settings ask for an alternative version."),
    )
    marking = models.CharField(_("marking"), max_length=8, choices=Marking, default=Marking.SINGLE)
    marking_days = models.PositiveSmallIntegerField(
        _("days to mark an answer"), default=10, validators=[MinValueValidator(1)]
    )
    adjudicates_from = models.DecimalField(
        _("difference that a third marker settles"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.200"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("As a share of the points of an answer, when two people mark it."),
    )
    browser_keys = models.TextField(
        _("Safe Exam Browser keys"),
        blank=True,
        help_text=_("One config key or browser exam key a line. Left empty: any browser."),
    )
    exposure_target = models.DecimalField(
        _("most runs that may show an item"),
        max_digits=3,
        decimal_places=2,
        default=Decimal("0.25"),
        validators=[MinValueValidator(Decimal("0.05")), MaxValueValidator(1)],
        help_text=_("A share, from 0.05 to 1. Placement only."),
    )
    review_days = models.PositiveSmallIntegerField(
        _("days to answer who disagrees"), default=10, validators=[MinValueValidator(1)]
    )
    spot_check_share = models.DecimalField(
        _("share of skipped content checked later"),
        max_digits=3,
        decimal_places=2,
        default=Decimal("0.10"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("From 0 to 1. Placement only."),
    )
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


class Section(ClusterableModel):
    """Where items come from. A final assessment takes the fixed items of the section, draws `count`
    at random from the bank (all of them when 0), or asks up to `count` adaptively; a placement
    measures the section's competency adaptively."""

    class Rule(models.TextChoices):
        RANDOM = "random", _("drawn at random")
        FIXED = "fixed", _("fixed")
        ADAPTIVE = "adaptive", _("adaptive")

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
    title = LocalizedField(_("title"), blank=True)
    rule = models.CharField(_("rule"), max_length=8, choices=Rule, default=Rule.RANDOM)
    level = models.PositiveSmallIntegerField(
        _("level"), null=True, blank=True, help_text=_("Draw only items of this level.")
    )
    count = models.PositiveSmallIntegerField(
        _("number of items"), default=10, help_text=_("0 takes all of them.")
    )
    cut_score = models.DecimalField(
        _("cut score of the section"),
        max_digits=4,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(1)],
        help_text=_("Needed beside that of the whole. Left empty: none of its own."),
    )
    pilot_count = models.PositiveSmallIntegerField(
        _("questions on trial"),
        default=0,
        help_text=_("So many pilot questions are asked among the others. They never count."),
    )
    fixed_items = models.ManyToManyField(
        "assessments.Item", through="assessments.SectionItem", related_name="+"
    )
    sort_order_field = "order"

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return f"{self.bank} × {self.count or '∗'}"


class SectionItem(models.Model):
    """One item of a fixed section, in its place."""

    section = ParentalKey(Section, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("assessments.Item", on_delete=models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField(default=0)
    sort_order_field = "order"

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["section", "item"], name="assessments_section_item_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.section}: {self.item}"


class Allowance(models.Model):
    """What was arranged for one person in one assessment, beside their own settings: more time, a
    later close, more attempts. It counts from the moment it is given, in a running attempt too."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="allowances")
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="allowances"
    )
    closes_at = models.DateTimeField(_("closes for this person"), null=True, blank=True)
    extra_minutes = models.PositiveSmallIntegerField(_("minutes more"), default=0)
    extra_attempts = models.PositiveSmallIntegerField(_("attempts more"), default=0)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("allowance")
        verbose_name_plural = _("allowances")
        ordering = ["-given_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "learner"],
                name="assessments_allowance_once",
                violation_error_message=_(
                    "This person has an allowance for this assessment already. Change that one."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.learner}"
