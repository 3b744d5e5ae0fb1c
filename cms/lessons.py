"""Where a lesson is read: what questions link to."""

from collections.abc import Collection
from uuid import UUID

from django.urls import reverse

from assessments.lessons import LessonLink
from courses.models import Lesson


def lessons_to_read(uuids: Collection[UUID]) -> dict[UUID, LessonLink]:
    """The links of those lessons that some course offers now. One query."""
    found = Lesson.objects.filter(uuid__in=uuids, is_live=True, module__courses__is_live=True)
    return {
        lesson.uuid: LessonLink(
            title=str(lesson.title), url=reverse("cms:lesson_any", args=[lesson.uuid])
        )
        for lesson in found.distinct()
    }
