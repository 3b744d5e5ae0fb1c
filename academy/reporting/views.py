"""HR's reports: coverage, the people behind a figure, completions, one person.

Every view is for HR alone (see `urls`). What decides a figure is in the address; `export=csv` or
`export=xlsx` gives the table that the page shows as a file.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from academy.competencies.models import Competency
from academy.core.errors import AcademyError
from academy.core.templatetags.academy import HEAT_STEPS, heat_key
from academy.people.models import OrgUnit
from academy.reporting.completions import (
    STANDINGS,
    CompletionRow,
    Completions,
    Cursor,
    all_completions,
    completion_list,
    completions,
)
from academy.reporting.coverage import (
    EVERYTHING,
    Coverage,
    CoverageRow,
    LevelNames,
    PersonStanding,
    State,
    Tally,
    coverage,
    people_behind,
)
from academy.reporting.exports import Share, Sheet, export_response
from academy.reporting.forms import CompletionFilter, CoverageFilter, FilterForm, PeopleFilter
from academy.reporting.organisation import ancestors_of, only_root
from academy.reporting.person import person_report

PAGE_SIZE = 50


def address(name: str, **query) -> str:
    """A report's address with its filter; what is None or empty is left out."""
    named = {key: value for key, value in query.items() if value not in (None, "", False)}
    return reverse(f"reporting:{name}") + (f"?{urlencode(named)}" if named else "")


class ReportView(ABC, WagtailAdminTemplateMixin, View):
    """A report by GET: read the filter, then show the page or send the file."""

    http_method_names = ["get", "head", "options"]
    form_class: type[FilterForm]
    breadcrumbs_items = [
        {"url": reverse_lazy("wagtailadmin_home"), "label": gettext_lazy("Home")},
    ]

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        form = self.form_class(request.GET)
        kind = request.GET.get("export")
        if not form.is_valid():
            if kind:
                raise AcademyError(_("The filter of this export is not valid."))
            return self.render_to_response(self.get_context_data(form=form), status=400)
        if kind:
            return export_response(self.sheet(form.cleaned_data), kind)
        context = self.report(form.cleaned_data)
        return self.render_to_response(self.get_context_data(form=form.shown(), **context))

    @abstractmethod
    def report(self, query: dict) -> dict:
        """The context of the page."""

    @abstractmethod
    def sheet(self, query: dict) -> Sheet:
        """The table as a file."""

    def get_breadcrumbs_items(self) -> list[dict]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def export_urls(self, **extra: str) -> list[dict]:
        query = self.request.GET.copy()
        query.update(extra)
        links = []
        for kind, label in (("xlsx", "XLSX"), ("csv", "CSV")):
            query["export"] = kind
            links.append({"url": f"?{query.urlencode()}", "label": label})
        return links


def trail(unit: OrgUnit | None, link) -> list[dict]:
    """From the root of the tree down to the unit; `link` makes an address from a unit."""
    units = ancestors_of(unit) if unit else []
    return [{"label": str(one), "url": None if one.pk == unit.pk else link(one)} for one in units]


# --- Coverage -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeatCell:
    """A cell as it is drawn. `shade` is 0 to 5, or "none" where it is required of nobody."""

    tally: Tally
    href: str

    @property
    def shade(self) -> int | str:
        share = self.tally.share
        return "none" if share is None else sum(share >= step for step in HEAT_STEPS)


@dataclass(frozen=True)
class HeatRow:
    label: str
    href: str
    row: CoverageRow
    cells: list[HeatCell]


def row_label(row: CoverageRow | CompletionRow) -> str:
    if row.is_total:
        return _("Total")
    if row.is_direct and row.unit is None:
        return _("In no unit")
    if row.is_direct:
        return _("%(unit)s itself") % {"unit": row.unit}
    return str(row.unit)


class CoverageView(ReportView):
    template_name = "reporting/coverage.html"
    page_title = gettext_lazy("Coverage")
    header_icon = "table"
    form_class = CoverageFilter

    def figures(self, query: dict) -> Coverage:
        return coverage(query["unit"] or only_root(), query["on"], query["framework"])

    def report(self, query: dict) -> dict:
        figures = self.figures(query)
        kept = {
            "framework": query["framework"] and query["framework"].code,
            "on": self.request.GET.get("on"),
        }
        columns = [EVERYTHING, *figures.competencies]
        rows = []
        for row in [*figures.rows, figures.total]:
            unit = row.unit.code if row.unit else None
            cells = []
            for column in columns:
                tally = row.cells.get(column.pk if column else EVERYTHING, Tally())
                href = address(
                    "people",
                    unit=unit,
                    competency=column and column.ref,
                    direct=row.is_direct and "on",
                    **kept,
                )
                cells.append(HeatCell(tally, href if tally.required else ""))
            leads_down = not (row.is_total or row.is_direct)
            href = address("coverage", unit=unit, **kept) if leads_down else ""
            rows.append(HeatRow(row_label(row), href, row, cells))
        return {
            "figures": figures,
            "rows": rows[:-1],
            "total": rows[-1],
            "frameworks": [
                {"framework": framework, "competencies": list(group)}
                for framework, group in groupby(figures.competencies, key=lambda one: one.framework)
            ],
            "everything": figures.total.cells.get(EVERYTHING, Tally()),
            "trail": trail(figures.unit, lambda unit: address("coverage", unit=unit.code, **kept)),
            "key": heat_key(),
            "exports": self.export_urls(),
        }

    def sheet(self, query: dict) -> Sheet:
        figures = self.figures(query)
        head = [
            _("Unit code"),
            _("Unit"),
            _("Framework"),
            _("Competency code"),
            _("Competency"),
            _("Required"),
            _("Holding"),
            _("Placed only"),
            _("Coverage"),
            _("As of"),
        ]
        return Sheet(
            name=f"coverage-{figures.unit.code if figures.unit else 'all'}-{figures.on}",
            title=_("Coverage"),
            head=head,
            rows=_coverage_lines(figures),
        )


def _coverage_lines(figures: Coverage) -> Iterable[list]:
    """One line for each row and competency, which any tool can pivot again."""
    for row in [*figures.rows, figures.total]:
        for column in [*figures.competencies, EVERYTHING]:
            tally = row.cells.get(column.pk if column else EVERYTHING, Tally())
            yield [
                row.unit.code if row.unit else "",
                row_label(row),
                str(column.framework) if column else "",
                column.code if column else "",
                str(column.title) if column else _("Everything asked"),
                tally.required,
                tally.holding,
                tally.placed,
                Share(tally.share),
                figures.on,
            ]


class PeopleView(ReportView):
    """The people behind a cell of the heat map."""

    template_name = "reporting/people.html"
    page_title = gettext_lazy("People")
    header_icon = "group"
    form_class = PeopleFilter

    def get_breadcrumbs_items(self) -> list[dict]:
        back = {"url": reverse("reporting:coverage"), "label": _("Coverage")}
        return [*self.breadcrumbs_items, back, {"url": "", "label": self.get_page_title()}]

    def people(self, query: dict, state: State | None) -> list[PersonStanding]:
        return people_behind(
            query["unit"],
            query["competency"],
            query["on"],
            viewer=self.request.user,
            framework=query["framework"],
            only_direct=query["direct"],
            state=state,
        )

    def report(self, query: dict) -> dict:
        everyone = self.people(query, None)
        counts = {state: sum(one.state == state for one in everyone) for state in State}
        shown = [one for one in everyone if query["state"] in (None, one.state)]
        page = WagtailPaginator(shown, PAGE_SIZE).get_page(self.request.GET.get("p"))
        competency: Competency | None = query["competency"]
        levels = LevelNames() if competency else None
        tally = Tally(len(everyone), counts[State.HELD], counts[State.PLACED])
        return {
            "competency": competency,
            "unit": query["unit"],
            "direct": query["direct"],
            "framework": query["framework"],
            "on": query["on"],
            "tally": tally,
            "states": [self._state_link(None, len(everyone), query["state"])]
            + [self._state_link(state, counts[state], query["state"]) for state in State],
            "lines": [_person_line(one, competency, levels) for one in page.object_list],
            "page_obj": page,
            "elided_page_range": page.paginator.get_elided_page_range(page.number),
            "trail": trail(
                query["unit"],
                lambda unit: address(
                    "people",
                    unit=unit.code,
                    competency=competency and competency.ref,
                    framework=query["framework"] and query["framework"].code,
                    on=self.request.GET.get("on"),
                ),
            ),
            "exports": self.export_urls(),
        }

    def _state_link(self, state: State | None, count: int, chosen: State | None) -> dict:
        query = self.request.GET.copy()
        query.pop("p", None)
        query.pop("state", None)
        if state is not None:
            query["state"] = state.value
        return {
            "label": state.label if state else _("everyone"),
            "count": count,
            "url": f"?{query.urlencode()}",
            "is_current": state == chosen,
        }

    def sheet(self, query: dict) -> Sheet:
        competency = query["competency"]
        head = [
            _("Name"),
            _("Position"),
            _("Unit"),
            _("Competency"),
            _("Required"),
            _("Held"),
            _("Placed (provisional)"),
            _("Standing"),
            _("Held since"),
            _("Due"),
            _("Gap"),
            _("As of"),
        ]
        asked = f"{competency.framework.code} {competency.code}" if competency else ""
        rows = (
            [
                one.name,
                str(one.position),
                str(one.unit),
                f"{asked} {competency.title}" if competency else _("Everything asked"),
                one.required,
                one.held,
                one.placed,
                str(one.state.label),
                one.since,
                one.due_on if one.gap else None,
                one.gap,
                one.on,
            ]
            for one in self.people(query, query["state"])
        )
        unit = query["unit"].code if query["unit"] else "all"
        return Sheet(f"people-{unit}-{query['on']}", _("People"), head, rows)


@dataclass(frozen=True)
class PersonLine:
    """A person of the list in words."""

    standing: PersonStanding
    required: str
    held: str
    placed: str
    gap: str


def _person_line(
    one: PersonStanding, competency: Competency | None, levels: LevelNames | None
) -> PersonLine:
    if competency is None or levels is None:
        return PersonLine(
            one, str(one.required), str(one.held), str(one.placed), str(one.gap or "–")
        )
    framework = competency.framework_id
    gap = (
        ngettext("%(count)d level", "%(count)d levels", one.gap) % {"count": one.gap}
        if one.gap
        else "–"
    )
    return PersonLine(
        one,
        levels.of(framework, one.required),
        levels.of(framework, one.held),
        levels.band(framework, one.placed),
        gap,
    )


# --- Completions ----------------------------------------------------------------------------------


class CompletionsView(ReportView):
    template_name = "reporting/completions.html"
    page_title = gettext_lazy("Completions")
    header_icon = "success"
    form_class = CompletionFilter

    def report(self, query: dict) -> dict:
        only_direct = query.pop("direct")
        figures = completions(**query)
        kept = {"since": query["since"], "until": query["until"]}
        rows = [
            self._row(row, figures, {**kept, "course": query["course"] and query["course"].uuid})
            for row in [*figures.rows, figures.total]
        ]
        older = self.request.GET.get("older")
        page = completion_list(
            **query,
            viewer=self.request.user,
            older_than=Cursor.parse(older) if older else None,
            size=PAGE_SIZE,
            only_direct=only_direct,
        )
        following = self.request.GET.copy()
        following["older"] = str(page.older)
        first = self.request.GET.copy()
        first.pop("older", None)
        return {
            "figures": figures,
            "only_direct": only_direct,
            "rows": rows[:-1],
            "total": rows[-1],
            "page": page,
            "older_url": f"?{following.urlencode()}" if page.older else "",
            "first_url": f"?{first.urlencode()}" if older else "",
            "trail": trail(
                query["unit"],
                lambda unit: address(
                    "completions",
                    unit=unit.code,
                    course=query["course"] and query["course"].uuid,
                    **kept,
                ),
            ),
            "table_exports": self.export_urls(table="units"),
            "list_exports": self.export_urls(table="list"),
        }

    def _row(self, row: CompletionRow, figures: Completions, kept: dict) -> dict:
        unit = row.unit.code if row.unit else None
        direct = row.is_direct and "on"
        leads_down = not (row.is_total or row.is_direct)
        return {
            "label": row_label(row),
            "href": address("completions", unit=unit, **kept) if leads_down else "",
            "row": row,
            "count": row.count,
            "list_href": address("completions", unit=unit, direct=direct, **kept) + "#list",
            "cells": [
                {
                    "count": row.cells.get(course.pk, 0),
                    "href": address(
                        "completions",
                        unit=unit,
                        direct=direct,
                        **{**kept, "course": course.uuid},
                    )
                    + "#list",
                }
                for course in figures.courses
            ],
        }

    def sheet(self, query: dict) -> Sheet:
        period = f"{query['since'] or 'start'}-{query['until'] or 'now'}"
        unit = query["unit"].code if query["unit"] else "all"
        only_direct = query.pop("direct")
        if self.request.GET.get("table") == "units":
            figures = completions(**query)
            head = [
                _("Unit code"),
                _("Unit"),
                _("Course"),
                _("Completions"),
                _("From"),
                _("To"),
            ]
            rows: Iterable[list] = (
                [
                    row.unit.code if row.unit else "",
                    row_label(row),
                    str(course),
                    row.cells.get(course.pk, 0),
                    query["since"],
                    query["until"],
                ]
                for row in [*figures.rows, figures.total]
                for course in figures.courses
            )
            return Sheet(f"completions-by-unit-{unit}-{period}", _("Completions"), head, rows)
        head = [
            _("Name"),
            _("Unit at the time"),
            _("Course"),
            _("Enrolled"),
            _("Completed"),
            _("Route"),
            _("Score"),
            _("Credential"),
            _("Credential code"),
        ]
        rows = (
            [
                one.name,
                str(one.unit or ""),
                str(one.course),
                one.enrolled_at,
                one.completed_at,
                str(one.route_label),
                Share(one.score),
                str(one.standing_label),
                one.credential.code if one.credential else "",
            ]
            for one in all_completions(**query, viewer=self.request.user, only_direct=only_direct)
        )
        return Sheet(f"completions-{unit}-{period}", _("Completions"), head, rows)


# --- One person -----------------------------------------------------------------------------------


class PersonView(WagtailAdminTemplateMixin, View):
    """Levels, completions and credentials of one person: all that HR may see."""

    http_method_names = ["get", "head", "options"]
    template_name = "reporting/person.html"
    header_icon = "user"

    def get(self, request: HttpRequest, uuid) -> HttpResponse:
        self.report = person_report(request.user, uuid)
        levels = LevelNames()
        lines = [
            {
                "line": line,
                "required": levels.of(line.competency.framework_id, line.asked.level)
                if line.asked
                else "–",
                "held": levels.of(line.competency.framework_id, line.known.held),
                "placed": levels.band(line.competency.framework_id, line.known.placed),
            }
            for line in self.report.levels
        ]
        return self.render_to_response(
            self.get_context_data(
                report=self.report,
                lines=lines,
                credentials=[
                    {
                        "credential": one,
                        "standing": standing,
                        "label": STANDINGS[standing],
                        "url": reverse("credentials:verify", args=[one.code]),
                    }
                    for one, standing in self.report.credentials
                ],
            )
        )

    def get_page_title(self) -> str:
        return str(self.report.person)

    def get_breadcrumbs_items(self) -> list[dict]:
        back = {"url": reverse("reporting:coverage"), "label": _("Coverage")}
        home = {"url": reverse("wagtailadmin_home"), "label": _("Home")}
        return [home, back, {"url": "", "label": self.get_page_title()}]
