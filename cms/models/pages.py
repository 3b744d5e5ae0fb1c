"""The pages that hold the words: one page a language for each course, module and lesson.

`page.translation_key` is the `uuid` of the tracked row in `courses`. Publishing a page in its source
language keeps that row in step (`cms.receivers`); publishing a translation only keeps its title.
"""

import hashlib
import json

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import (
    FieldPanel,
    InlinePanel,
    MultiFieldPanel,
    PageChooserPanel,
)
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable, Page, TranslatableMixin
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField, TranslatableField

from academy.competencies.models import Competency
from assessments.models import Assessment
from cms.blocks import LessonBody
from courses.models import Module


class HomePage(Page):
    """What the academy is, in one look."""

    promise = models.CharField(
        _("promise"), max_length=200, help_text=_("One sentence, in large type.")
    )
    introduction = models.TextField(_("introduction"), max_length=600)
    hero_image = models.ForeignKey(
        "media.AcademyImage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    body = RichTextField(_("text"), blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("promise"),
        FieldPanel("introduction"),
        FieldPanel("hero_image"),
        FieldPanel("body"),
    ]
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["cms.CataloguePage", "cms.LibraryPage", "cms.PlainPage"]
    template = "cms/home_page.html"

    class Meta:
        verbose_name = _("home page")

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        context["courses"] = (
            CoursePage.objects.live().filter(locale=self.locale).select_related("image")[:3]
        )
        context["catalogue"] = CataloguePage.objects.live().filter(locale=self.locale).first()
        return context


class PlainPage(Page):
    """A page of text: the accessibility statement, about us."""

    body = RichTextField(_("text"))

    content_panels = [*Page.content_panels, FieldPanel("body")]
    parent_page_types = ["cms.HomePage", "cms.PlainPage"]
    search_fields = [*Page.search_fields, index.SearchField("body")]
    template = "cms/plain_page.html"

    class Meta:
        verbose_name = _("text page")


class CataloguePage(Page):
    """The courses on offer: search and filters."""

    introduction = models.TextField(_("introduction"), blank=True, max_length=400)

    content_panels = [*Page.content_panels, FieldPanel("introduction")]
    parent_page_types = ["cms.HomePage"]
    subpage_types = ["cms.CoursePage"]
    template = "cms/catalogue_page.html"

    class Meta:
        verbose_name = _("catalogue")

    def get_context(self, request, *args, **kwargs):
        from cms.catalogue import CatalogueSearch

        context = super().get_context(request, *args, **kwargs)
        context["search"] = CatalogueSearch(self, request.GET)
        return context


class CoursePage(Page):
    """What one enrolls in: the outcome it promises, and how that is measured."""

    summary = models.TextField(_("summary"), max_length=400)
    outcome = models.TextField(
        _("outcome"), max_length=600, help_text=_("What a person can do afterwards.")
    )
    measured_by = models.TextField(_("how the outcome is measured"), max_length=600, blank=True)
    audience = models.CharField(_("who it is for"), max_length=300, blank=True)
    image = models.ForeignKey(
        "media.AcademyImage", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    validity_months = models.PositiveSmallIntegerField(
        _("months the certificate is valid"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=_("Left empty: it does not expire."),
    )

    content_panels = [
        *Page.content_panels,
        FieldPanel("summary"),
        FieldPanel("outcome"),
        FieldPanel("measured_by"),
        FieldPanel("audience"),
        FieldPanel("image"),
        InlinePanel(
            "module_links",
            heading=_("Modules"),
            label=_("Module"),
            min_num=1,
            help_text=_("In the order they are taken. Write them first, in the module library."),
        ),
        FieldPanel("validity_months"),
    ]
    parent_page_types = ["cms.CataloguePage"]
    subpage_types: list = []
    search_fields = [
        *Page.search_fields,
        index.SearchField("summary"),
        index.SearchField("outcome"),
        index.AutocompleteField("summary"),
    ]
    override_translatable_fields = [
        SynchronizedField("image"),
        SynchronizedField("validity_months", overridable=False),
        SynchronizedField("module_links", overridable=False),
    ]
    template = "cms/course_page.html"

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")

    def get_context(self, request, *args, **kwargs):
        from cms.course_context import course_context, keep_sheet, make_sheet

        sheet = make_sheet(self)
        shown_to_all = self.live and not self.get_view_restrictions().exists()
        if shown_to_all and not getattr(request, "is_preview", False):
            keep_sheet(request.path, sheet)
        return {**super().get_context(request, *args, **kwargs), **course_context(sheet, request)}


class CourseModuleLink(TranslatableMixin, Orderable):
    """A module's place in a course. It names the module in the course's own language; what counts
    is the module's translation key, so either language leads to the same one."""

    course = ParentalKey(CoursePage, on_delete=models.CASCADE, related_name="module_links")
    module = models.ForeignKey("cms.ModulePage", on_delete=models.PROTECT, related_name="+")

    panels = [PageChooserPanel("module", "cms.ModulePage")]
    override_translatable_fields = [SynchronizedField("module", overridable=False)]

    class Meta(TranslatableMixin.Meta, Orderable.Meta):
        verbose_name = _("module of a course")

    def __str__(self) -> str:
        return str(self.module)


class LibraryPage(Page):
    """Where modules live, apart from the courses they are used in."""

    parent_page_types = ["cms.HomePage"]
    subpage_types = ["cms.ModulePage"]
    content_panels = Page.content_panels

    class Meta:
        verbose_name = _("module library")

    def serve(self, request, *args, **kwargs):
        catalogue = CataloguePage.objects.live().filter(locale=self.locale).first()
        return redirect(catalogue.get_url(request) if catalogue else "/")


class ModulePage(Page):
    """What is placed, skipped, planned and finally assessed. Its lessons are the pages below it."""

    summary = models.TextField(_("summary"), max_length=400)
    outcome = models.TextField(_("outcome"), max_length=600)
    measured_by = models.TextField(_("how the outcome is measured"), max_length=600, blank=True)
    final_assessment = models.ForeignKey(
        Assessment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("final assessment"),
        limit_choices_to={"kind": Assessment.Kind.FINAL},
    )

    content_panels = [
        *Page.content_panels,
        FieldPanel("summary"),
        FieldPanel("outcome"),
        FieldPanel("measured_by"),
        InlinePanel(
            "teaches",
            heading=_("Competencies taught"),
            label=_("Competency"),
            help_text=_("Who passes the final assessment holds these, up to the level named."),
        ),
        FieldPanel(
            "final_assessment",
            help_text=_("What proves the module. Write it first, under Assessments."),
        ),
    ]
    parent_page_types = ["cms.LibraryPage"]
    subpage_types = ["cms.LessonPage"]
    admin_default_ordering = "ord"
    override_translatable_fields = [
        SynchronizedField("final_assessment", overridable=False),
        SynchronizedField("teaches", overridable=False),
    ]
    #: A final assessment proves one module: a copy of a module needs one of its own.
    exclude_fields_in_copy = ["final_assessment"]

    class Meta:
        verbose_name = _("module")
        verbose_name_plural = _("modules")

    def clean(self):
        super().clean()
        other = self._other_with_final_assessment()
        if other is not None:
            raise ValidationError(
                {
                    "final_assessment": _(
                        "“%(module)s” has this final assessment already. Choose another, or write "
                        "one for this module."
                    )
                    % {"module": other}
                }
            )

    def _other_with_final_assessment(self):
        """Another module's page, or the row of one whose page is gone but was proven by it."""
        if self.final_assessment_id is None:
            return None
        pages = ModulePage.objects.filter(final_assessment=self.final_assessment_id)
        rows = Module.objects.filter(final_assessment=self.final_assessment_id)
        return (
            pages.exclude(translation_key=self.translation_key).first()
            or rows.exclude(uuid=self.translation_key).first()
        )

    def serve(self, request, *args, **kwargs):
        """A module is met within a course: lead to the first that has it."""
        course = (
            CoursePage.objects.live()
            .filter(locale=self.locale, module_links__module__translation_key=self.translation_key)
            .first()
        )
        if course is not None:
            return redirect(course.get_url(request))
        return self.get_parent().specific.serve(request)


class ModuleTeaches(TranslatableMixin, Orderable):
    """A competency the module teaches, up to a level that its final assessment proves."""

    module = ParentalKey(ModulePage, on_delete=models.CASCADE, related_name="teaches")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(_("level"), validators=[MinValueValidator(1)])

    panels = [
        FieldPanel("competency"),
        FieldPanel("level", help_text=_("As its framework numbers them.")),
    ]
    override_translatable_fields = [
        SynchronizedField("competency", overridable=False),
        SynchronizedField("level", overridable=False),
    ]

    class Meta(TranslatableMixin.Meta, Orderable.Meta):
        verbose_name = _("competency taught")

    def __str__(self) -> str:
        return f"{self.competency} {self.level}"

    def clean(self):
        super().clean()
        if (
            self.competency_id
            and self.level
            and not self.competency.framework.levels.filter(number=self.level).exists()
        ):
            raise ValidationError({"level": _("The competency's framework has no such level.")})


class LessonPage(Page):
    """The words of a lesson in one language."""

    summary = models.CharField(_("summary"), max_length=300, blank=True)
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=5, validators=[MinValueValidator(1), MaxValueValidator(240)]
    )
    body = StreamField(LessonBody(), verbose_name=_("lesson"))

    content_panels = [
        *Page.content_panels,
        MultiFieldPanel([FieldPanel("summary"), FieldPanel("minutes")], heading=_("About")),
        FieldPanel("body"),
    ]
    parent_page_types = ["cms.ModulePage"]
    subpage_types: list = []
    search_fields = [*Page.search_fields, index.SearchField("summary"), index.SearchField("body")]
    override_translatable_fields = [
        SynchronizedField("minutes", overridable=False),
        TranslatableField("body"),
    ]
    template = "cms/lesson_preview.html"

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")

    @property
    def content_hash(self) -> str:
        """Changes when a learner would see something else."""
        content = [self.title, self.summary, list(self.body.raw_data)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def serve(self, request, *args, **kwargs):
        """Lessons are taken in the player, which knows the enrollment."""
        return redirect("cms:lesson_any", uuid=self.translation_key)
