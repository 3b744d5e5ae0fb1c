"""What was done: lessons, and modules proven."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.models.catalogue import Lesson, LessonVersion, Module
from courses.models.enrollment import Enrollment
from courses.querysets import ModuleCompletionQuerySet


class LessonProgress(models.Model):
    """A lesson within an enrollment, and the version it was done on."""

    class Channel(models.TextChoices):
        ONLINE = "online", _("online")
        OFFLINE = "offline", _("offline")
        PRINT = "print", _("booklet")
        IN_PERSON = "in_person", _("in person")

    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.CASCADE, related_name="lesson_progress"
    )
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lesson_progress"
    )
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="progress")
    version = models.ForeignKey(
        LessonVersion, null=True, on_delete=models.PROTECT, related_name="progress"
    )
    channel = models.CharField(max_length=12, choices=Channel, default=Channel.ONLINE)
    started_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("lesson progress")
        verbose_name_plural = _("lesson progress")
        constraints = [
            models.UniqueConstraint(
                fields=["enrollment", "lesson"], name="courses_lesson_progress_once"
            ),
        ]
        indexes = [models.Index(fields=["learner", "lesson"], name="courses_progress_person")]

    def __str__(self) -> str:
        return f"{self.enrollment}: {self.lesson}"


class FinalAttempt(models.Model):
    """Which module an attempt is to prove, in which enrollment: pinned when it begins, so that it
    counts although the module is given another final assessment while it runs."""

    attempt = models.UUIDField(unique=True)
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="final_attempts")
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.PROTECT, related_name="final_attempts"
    )

    class Meta:
        verbose_name = _("final attempt")
        verbose_name_plural = _("final attempts")

    def __str__(self) -> str:
        return f"{self.enrollment}: {self.module}"


class ModuleCompletion(models.Model):
    """A module proven by its final assessment. Append-only; it counts in every course that has
    the module, for as long as it is valid."""

    class Route(models.TextChoices):
        LEARNED = "learned", _("lessons and final assessment")
        DIRECT = "direct", _("final assessment only")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="module_completions"
    )
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="completions")
    enrollment = models.ForeignKey(
        Enrollment, on_delete=models.PROTECT, related_name="module_completions"
    )
    attempt = models.UUIDField(unique=True)
    route = models.CharField(max_length=12, choices=Route)
    score = models.FloatField()
    lesson_versions = models.JSONField(default=dict)
    completed_at = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    objects = ModuleCompletionQuerySet.as_manager()

    class Meta:
        verbose_name = _("module completion")
        verbose_name_plural = _("module completions")
        ordering = ["-completed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=1), name="courses_completion_score"
            ),
        ]
        indexes = [models.Index(fields=["learner", "module"], name="courses_completion_person")]

    def __str__(self) -> str:
        return f"{self.learner}: {self.module}"
