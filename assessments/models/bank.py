"""Item banks: what is asked, in every language, and the immutable versions that were asked."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone, translation
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from modelcluster.models import ClusterableModel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    RevisionMixin,
    TranslatableMixin,
    WorkflowMixin,
)
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField

from academy.competencies.models import Competency
from academy.core.fields import LocalizedField
from academy.core.text import plain_text
from assessments.blocks import OptionsBlock
from assessments.item_types import ITEM_TYPE_CHOICES, problem_at

STEM_FEATURES = ["bold", "italic", "ul", "ol", "image"]


class ItemBank(models.Model):
    """A set of items about one subject, drawn from by assessments."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(_("code"), max_length=60, unique=True)
    title = LocalizedField(_("title"))
    is_calibrated = models.BooleanField(
        _("calibrated"),
        default=False,
        help_text=_(
            "Calibrated means that difficulties were estimated from real answers. "
            "Until then a placement result is an offer, never a decision."
        ),
    )

    class Meta:
        verbose_name = _("item bank")
        verbose_name_plural = _("item banks")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.title) or self.code


class ItemStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    PILOT = "pilot", _("pilot")
    ACTIVE = "active", _("active")
    RETIRED = "retired", _("retired")


class ItemBarrier(models.TextChoices):
    """What it takes to answer a question that not everybody has: said of questions, never of
    people."""

    SIGHT = "sight", _("seeing a picture: a screen reader cannot give what it shows")
    COLOUR = "colour", _("telling colours apart")
    POINTER = "pointer", _("a mouse or a finger: there is no way by keyboard")
    SPEED = "speed", _("long reading or typing: hard against a clock")


class Item(models.Model):
    """The language-neutral, tracked unit behind one question.

    Its `uuid` is the translation key of its contents. It comes into being when the content in
    the bank's source language is first published (`services.publish_item`).
    """

    uuid = models.UUIDField(unique=True, editable=False)
    bank = models.ForeignKey(ItemBank, on_delete=models.PROTECT, related_name="items")
    code = models.CharField(_("code"), max_length=60)
    item_type = models.CharField(_("type"), max_length=20, choices=ITEM_TYPE_CHOICES)
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="items")
    level = models.PositiveSmallIntegerField(_("level"))
    status = models.CharField(_("status"), max_length=10, choices=ItemStatus)
    author_difficulty = models.FloatField(_("author's difficulty"), default=0)
    difficulty = models.FloatField(_("difficulty"), default=0)
    discrimination = models.FloatField(_("discrimination"), default=1)
    guessing = models.FloatField(_("guessing"), default=0)
    difficulty_se = models.FloatField(_("standard error of the difficulty"), null=True)
    discrimination_se = models.FloatField(_("standard error of the discrimination"), null=True)
    calibrated_at = models.DateTimeField(_("calibrated"), null=True)
    is_drifting = models.BooleanField(_("its parameters move"), default=False)
    barriers = models.JSONField(_("what it takes to answer"), default=list)
    exposure = models.PositiveIntegerField(_("times shown"), default=0)
    current_version = models.ForeignKey(
        "ItemVersion", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["bank_id", "code"]
        constraints = [
            models.UniqueConstraint(fields=["bank", "code"], name="assessments_item_code_once"),
            models.CheckConstraint(
                condition=models.Q(guessing__gte=0, guessing__lt=1, discrimination__gt=0),
                name="assessments_item_parameters",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ItemVersion(models.Model):
    """An item as published once: the key and all languages. Never changed; responses point here.

    `content` is `{"type", "key", "settings", "languages": {"en": {"stem", "options": [{"id",
    "text", "feedback"}], "explanation", "unit"}}}`; its item type says what else the settings and
    the languages hold, and grades against `key`.
    """

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["item_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="assessments_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item} v{self.number}"

    def words(self, language: str) -> dict:
        """The texts in the language; in another that was published where it is missing."""
        languages = self.content["languages"]
        return languages.get(language) or next(iter(languages.values()))

    def language_shown(self, language: str) -> str:
        languages = self.content["languages"]
        return language if language in languages else next(iter(languages))


class ItemScoring(models.TextChoices):
    """How parts of an answer add up (Moodle, QTI: map_response)."""

    ALL = "all", _("All or nothing")
    EACH = "each", _("A share for each part that is right")
    PENALTY = "penalty", _("Right parts less wrong parts, never below zero")


class ItemContent(
    TranslatableMixin,
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    index.Indexed,
    ClusterableModel,
):
    """The words of an item in one language, written in the Wagtail admin.

    What does not depend on the language (bank, competency, type, key) is taken from the content in
    the language it was first written in; translations carry copies that are kept in step.
    """

    bank = models.ForeignKey(
        ItemBank, on_delete=models.PROTECT, related_name="contents", verbose_name=_("bank")
    )
    code = models.CharField(
        _("code"), max_length=60, blank=True, help_text=_("Left empty, it is numbered for you.")
    )
    item_type = models.CharField(
        _("type"), max_length=20, choices=ITEM_TYPE_CHOICES, default="single"
    )
    competency = models.ForeignKey(
        Competency, on_delete=models.PROTECT, related_name="+", verbose_name=_("competency")
    )
    level = models.PositiveSmallIntegerField(_("level"), default=1)
    status = models.CharField(
        _("status"), max_length=10, choices=ItemStatus, default=ItemStatus.ACTIVE
    )
    difficulty = models.FloatField(
        _("author's difficulty"),
        default=0,
        validators=[MinValueValidator(-4), MaxValueValidator(4)],
        help_text=_("From -3 (nearly everyone answers it) to 3 (only specialists do)."),
    )
    stem = RichTextField(_("question"), features=STEM_FEATURES)
    options = StreamField(
        OptionsBlock(),
        verbose_name=_("options"),
        blank=True,
        help_text=_("What the question is made of, beside its text. Explain every part."),
    )
    numeric_value = models.DecimalField(
        _("correct value"), max_digits=20, decimal_places=6, null=True, blank=True
    )
    numeric_tolerance = models.DecimalField(
        _("tolerance"), max_digits=20, decimal_places=6, default=0, blank=True
    )
    unit = models.CharField(_("unit"), max_length=30, blank=True)
    scoring = models.CharField(
        _("points"),
        max_length=16,
        choices=ItemScoring,
        default=ItemScoring.ALL,
        help_text=_("How an answer that is partly right counts."),
    )
    image = models.ForeignKey(
        "media.AcademyImage",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("picture"),
        help_text=_("That the places of the question lie on."),
    )
    image_alt = models.CharField(
        _("what the picture shows"),
        max_length=500,
        blank=True,
        help_text=_("For those who cannot see it, without giving the answer away."),
    )
    rubric = models.ForeignKey(
        "assessments.Rubric",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="contents",
        verbose_name=_("rubric"),
        help_text=_("For questions that people mark."),
    )
    word_limit = models.PositiveIntegerField(
        _("most words"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    barriers = models.JSONField(_("what it takes to answer"), default=list, blank=True)
    access_note = models.CharField(_("note on accessibility"), max_length=500, blank=True)
    explanation = RichTextField(
        _("explanation"),
        features=["bold", "italic", "link", "ul", "ol"],
        help_text=_("Shown after grading."),
    )
    lesson_uuid = models.UUIDField(_("lesson that teaches it"), null=True, blank=True)

    override_translatable_fields = [
        *(
            SynchronizedField(name, overridable=False)
            for name in (
                "bank",
                "code",
                "item_type",
                "competency",
                "level",
                "status",
                "difficulty",
                "numeric_value",
                "numeric_tolerance",
                "scoring",
                "image",
                "rubric",
                "word_limit",
                "barriers",
                "access_note",
                "lesson_uuid",
            )
        ),
        TranslatableField("unit"),
        TranslatableField("image_alt"),
    ]
    #: Set by a form that keeps a draft: what makes a question complete is not asked for yet.
    is_unfinished = False
    search_fields = [
        index.SearchField("stem"),
        index.SearchField("code"),
        index.AutocompleteField("stem"),
        index.FilterField("bank"),
        index.FilterField("locale"),
    ]

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["bank_id", "code", "id"]

    def __str__(self) -> str:
        return self.stem_text or self.code or str(_("New question"))

    @property
    def stem_text(self) -> str:
        """The question without markup, short enough for a list."""
        return Truncator(plain_text(self.stem)).chars(90)

    stem_text.fget.short_description = _("question")

    def clean(self):
        super().clean()
        problems = {"code": self._code_problem(), "level": self._level_problem()}
        if not self.is_unfinished and (found := problem_at(self)):
            problems[found[0]] = found[1]
        problems = {field: problem for field, problem in problems.items() if problem}
        if problems:
            raise ValidationError(problems)

    def _code_problem(self) -> str | None:
        """A code names one question of a bank for good: that of a deleted question stays taken."""
        if not self.code or self.bank_id is None:
            return None
        contents = ItemContent.objects.filter(bank=self.bank_id, code=self.code)
        items = Item.objects.filter(bank=self.bank_id, code=self.code)
        if (
            contents.exclude(translation_key=self.translation_key).exists()
            or items.exclude(uuid=self.translation_key).exists()
        ):
            return _("Another question of this bank has this code.")
        return None

    def _level_problem(self) -> str | None:
        if self.competency_id is None or self.level is None:
            return None
        framework = self.competency.framework
        numbers = sorted(framework.levels.values_list("number", flat=True))
        if self.level in numbers or not numbers:
            return None
        return _("%(framework)s has the levels %(first)d to %(last)d.") % {
            "framework": framework,
            "first": numbers[0],
            "last": numbers[-1],
        }

    # --- Preview

    @property
    def preview_modes(self) -> list[tuple[str, str]]:
        """Its own language first, then each language that it has been translated into."""
        others = ItemContent.objects.filter(translation_key=self.translation_key).exclude(
            locale=self.locale_id
        )
        codes = [self.locale.language_code, *others.values_list("locale__language_code", flat=True)]
        names = dict(settings.WAGTAIL_CONTENT_LANGUAGES)
        return [(code, str(names.get(code, code))) for code in codes]

    @property
    def default_preview_mode(self) -> str:
        return self.locale.language_code

    def serve_preview(self, request, mode_name):
        """In the language of the question, as a learner who reads it has the whole page."""
        with translation.override(mode_name or self.locale.language_code):
            response = super().serve_preview(request, mode_name)
            return response.render() if hasattr(response, "render") else response

    def get_preview_template(self, request, mode_name):
        return "assessments/item_preview.html"

    def get_preview_context(self, request, mode_name):
        from assessments.preview import preview_of  # it imports the models

        shown = self
        if mode_name and mode_name != self.locale.language_code:
            other = ItemContent.objects.filter(
                translation_key=self.translation_key, locale__language_code=mode_name
            ).first()
            shown = other.get_latest_revision_as_object() if other else self
        return {**super().get_preview_context(request, mode_name), **preview_of(shown)}
