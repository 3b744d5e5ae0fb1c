"""Searching the catalogue: words forgiven their accents and small slips, and filters."""

import difflib
import re
import unicodedata
from functools import cached_property

from django.http import QueryDict

from academy.competencies.models import Competency
from cms.models import CataloguePage, CoursePage
from courses.models import Course, ModuleCompetency


def fold(text: str) -> str:
    """Lower case without accents: "Évaluer" → "evaluer"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def matches(query: str, text: str) -> bool:
    """Whether every word of the query begins, or nearly equals, some word of the text."""
    vocabulary = _words(text)
    return all(
        any(word.startswith(wanted) for word in vocabulary)
        or (len(wanted) > 3 and difflib.get_close_matches(wanted, vocabulary, n=1, cutoff=0.8))
        for wanted in _words(query)
    )


class CatalogueSearch:
    """The catalogue as asked for by a query string (`q`, `competency`, `length`). Four queries.

    A catalogue holds tens of courses, so they are matched in memory, where both databases forgive
    the same slips.
    """

    LENGTHS = {"short": (0, 60), "long": (61, 100_000)}

    def __init__(self, page: CataloguePage, data: QueryDict):
        self.page = page
        self.query = data.get("q", "").strip()[:100]
        self.competency = data.get("competency", "")[:90]
        self.length = data.get("length", "") if data.get("length") in self.LENGTHS else ""

    @cached_property
    def _all(self) -> list[CoursePage]:
        pages = list(
            CoursePage.objects.live()
            .descendant_of(self.page)
            .select_related("image", "locale")
            .prefetch_related("image__renditions")
            .order_by("title")
        )
        courses = {
            course.uuid: course
            for course in Course.objects.filter(
                uuid__in=[page.translation_key for page in pages]
            ).prefetch_related("modules")
        }
        taught: dict[int, list[Competency]] = {}
        for row in (
            ModuleCompetency.objects.filter(module__courses__in=courses.values())
            .select_related("competency__framework")
            .distinct()
        ):
            taught.setdefault(row.module_id, []).append(row.competency)
        for page in pages:
            course = courses.get(page.translation_key)
            modules = [one for one in course.modules.all() if one.is_live] if course else []
            page.minutes = sum(module.minutes for module in modules)
            page.modules = modules
            page.competencies = list(
                {one.pk: one for module in modules for one in taught.get(module.pk, [])}.values()
            )
        return pages

    @property
    def competencies(self) -> list[Competency]:
        """What the filter offers: competencies that some course teaches."""
        offered = {one.pk: one for page in self._all for one in page.competencies}
        return sorted(offered.values(), key=lambda one: (one.framework_id, one.order))

    @cached_property
    def results(self) -> list[CoursePage]:
        found = []
        for page in self._all:
            text = " ".join(
                [page.title, page.summary, page.outcome]
                + [str(module.title) for module in page.modules]
                + [str(one.title) for one in page.competencies]
            )
            low, high = self.LENGTHS.get(self.length, (0, 100_000))
            if (
                (not self.query or matches(self.query, text))
                and (
                    not self.competency
                    or any(one.ref == self.competency for one in page.competencies)
                )
                and low <= page.minutes <= high
            ):
                found.append(page)
        return found

    @property
    def is_filtered(self) -> bool:
        return bool(self.query or self.competency or self.length)
