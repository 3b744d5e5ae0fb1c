"""What can be learned: the stable, language-neutral rows behind the pages.

Their `uuid` is the translation key of the page that holds their words, so that a course taught in
two languages is one record and no page ever needs a key to a row. Titles are copies of the live
pages' titles, kept for plans, statements and reports. Nothing here is ever deleted: what is
unpublished is no longer live, and its history stays.
"""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from academy.competencies.models import Competency
from academy.core.fields import LocalizedField
from assessments.models import Assessment


class Module(models.Model):
    """What is placed, skipped, planned and finally assessed. A module can be in several courses."""

    uuid = models.UUIDField(unique=True, editable=False)
    title = LocalizedField(_("title"))
    minutes = models.PositiveIntegerField(_("minutes"), default=0)
    final_assessment = models.OneToOneField(
        Assessment, null=True, blank=True, on_delete=models.PROTECT, related_name="module"
    )
    is_live = models.BooleanField(default=True)
    competencies = models.ManyToManyField(
        Competency, through="ModuleCompetency", related_name="modules"
    )

    class Meta:
        verbose_name = _("module")
        verbose_name_plural = _("modules")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.title)


class ModuleCompetency(models.Model):
    """A competency the module teaches, and the level its final assessment proves."""

    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="teaches")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="taught_by")
    level = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["module_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["module", "competency"], name="courses_module_competency_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency} ≥ {self.level}"


class Course(models.Model):
    """What one enrolls in, completes and is credentialed for."""

    uuid = models.UUIDField(unique=True, editable=False)
    title = LocalizedField(_("title"))
    outcome = LocalizedField(_("outcome"), long=True)
    validity_months = models.PositiveSmallIntegerField(
        _("months a certificate is valid"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    is_live = models.BooleanField(default=True)
    modules = models.ManyToManyField(Module, through="CourseModule", related_name="courses")

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.title)


class CourseModule(models.Model):
    """A module's place in a course."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="course_modules")
    module = models.ForeignKey(Module, on_delete=models.CASCADE, related_name="course_modules")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["course_id", "order"]
        constraints = [
            models.UniqueConstraint(fields=["course", "module"], name="courses_course_module_once"),
        ]

    def __str__(self) -> str:
        return f"{self.course} › {self.module}"


class Lesson(models.Model):
    """The unit progress is kept for. One that was taken off the outline keeps its history."""

    uuid = models.UUIDField(unique=True, editable=False)
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="lessons")
    title = LocalizedField(_("title"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=0)
    order = models.PositiveSmallIntegerField(default=0)
    is_live = models.BooleanField(default=True)
    current_version = models.ForeignKey(
        "LessonVersion", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")
        ordering = ["module_id", "order", "id"]

    def __str__(self) -> str:
        return str(self.title)


class LessonVersion(models.Model):
    """Written each time the source language is published with other content. Immutable."""

    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    substantive = models.BooleanField(default=False)
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["lesson_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["lesson", "number"], name="courses_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lesson} v{self.number}"
