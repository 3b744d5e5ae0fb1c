"""The lesson that teaches a question. Lessons are known further up: what finds them is handed in."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from assessments.models import ItemContent


@dataclass(frozen=True)
class LessonLink:
    title: str
    url: str


LessonSource = Callable[[Collection[UUID]], dict[UUID, LessonLink]]


def _no_lessons(uuids: Collection[UUID]) -> dict[UUID, LessonLink]:
    return {}


_source: LessonSource = _no_lessons


def set_lesson_source(source: LessonSource) -> None:
    """`source` gives the links of those lessons that can be read, by the lessons' uuids."""
    global _source
    _source = source


def lesson_links(items: Iterable[UUID]) -> dict[UUID, LessonLink]:
    """The lessons that teach these items, by the items' uuids. Two queries, or one for none.

    The author's last word counts, not that of the version that was asked: what helps to learn is not
    part of what was graded.
    """
    taught = dict(
        ItemContent.objects.filter(translation_key__in=list(items), lesson_uuid__isnull=False)
        .order_by("-pk")  # the source last: it has the last word
        .values_list("translation_key", "lesson_uuid")
    )
    links = _source(set(taught.values())) if taught else {}
    return {item: links[lesson] for item, lesson in taught.items() if lesson in links}
