"""A person taking a course: one xAPI registration in time."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from academy.people.models import OrgUnit
from courses.models.catalogue import Course, Lesson
from courses.querysets import EnrollmentQuerySet


class Enrollment(models.Model):
    """A person may have several for one course, one after another (recertification); only one can
    be active. `uuid` is the xAPI registration of everything done in it."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("in progress")
        COMPLETED = "completed", _("completed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrollments"
    )
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrollments")
    unit = models.ForeignKey(
        OrgUnit,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The learner's primary unit when the enrollment began.",
    )
    counts_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text="For a recertification: what was proven before this instant does not count.",
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    enrolled_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    valid_to = models.DateTimeField(
        null=True, blank=True, help_text="When what a completed enrollment earned runs out."
    )
    last_lesson = models.ForeignKey(
        Lesson, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ["-enrolled_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "course"],
                condition=Q(status="active"),
                name="courses_one_active_enrollment",
            ),
            models.CheckConstraint(
                condition=~Q(status="completed") | Q(completed_at__isnull=False),
                name="courses_completed_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["course", "status", "completed_at"], name="courses_enrol_course"),
        ]

    def __str__(self) -> str:
        return f"{self.learner}: {self.course}"
