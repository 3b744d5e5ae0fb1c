"""Which questions misbehave: the trainers' pages in the admin, by bank and by assessment."""

import csv
import io
from dataclasses import dataclass

import numpy as np
from django.contrib import messages
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.text import Truncator
from django.utils.translation import get_language, get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from academy.core.text import plain_text
from assessments import tasks
from assessments.calibrating import accept_parameters
from assessments.item_statistics import FLAGS, LEAST_GROUP, statistics_for
from assessments.measurement.irt import probability
from assessments.models import Assessment, Item, ItemBank, ItemContent, ItemStatistics
from cms.admin_pages import AdminPage

#: What a spreadsheet takes for the start of a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

KINDS: dict[str, type[ItemBank] | type[Assessment]] = {
    "banks": ItemBank,
    "assessments": Assessment,
}
CHANNELS = {
    "online": gettext_lazy("learned online"),
    "offline": gettext_lazy("learned offline"),
    "print": gettext_lazy("learned from the booklet"),
    "in_person": gettext_lazy("learned in person"),
}
ETS = {
    "A": gettext_lazy("negligible"),
    "B": gettext_lazy("moderate"),
    "C": gettext_lazy("large"),
}

#: The columns of the table: name of the figure, heading, decimals. Percentages unless said.
COLUMNS = (
    ("answers", gettext_lazy("Answers"), 0),
    ("facility", gettext_lazy("Facility %"), 0),
    ("sd", gettext_lazy("SD %"), 0),
    ("discrimination_index", gettext_lazy("Discrimination %"), 0),
    ("discriminative_efficiency", gettext_lazy("Efficiency %"), 0),
    ("intended_weight", gettext_lazy("Intended weight %"), 1),
    ("effective_weight", gettext_lazy("Effective weight %"), 1),
    ("infit", gettext_lazy("Fit"), 2),
    ("median", gettext_lazy("Seconds"), 0),
    ("delta", gettext_lazy("DIF Δ"), 1),
)


# --- Rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One question with its figures, ready to show. `figures` is what the snapshot says of it."""

    item: Item
    figures: dict
    editor_url: str
    url: str

    @property
    def stem(self) -> str:
        words = self.item.current_version.words(get_language() or "en")
        return Truncator(plain_text(words["stem"])).chars(90)

    @property
    def flags(self) -> list[str]:
        return [str(FLAGS[flag]) for flag in self.figures["flags"] if flag in FLAGS]

    def figure(self, name: str) -> float | None:
        if name == "median":
            time = self.figures.get("time")
            return time[1] if time else None
        if name == "delta":
            deltas = [one["delta"] for one in self.figures.get("dif", [])]
            return max(deltas, key=abs, default=None)
        return self.figures.get(name)

    @property
    def cells(self) -> list[dict]:
        return [
            {"value": self.figure(name), "decimals": decimals} for name, _label, decimals in COLUMNS
        ]


def rows_of(kind: str, pk: int, statistics: ItemStatistics) -> list[Row]:
    """Two queries, however many questions."""
    by_item = {row["item"]: row for row in statistics.figures.get("items", [])}
    items = Item.objects.filter(current_version__isnull=False).select_related("current_version")
    found = items.in_bulk(list(by_item))
    editors = dict(
        ItemContent.objects.filter(translation_key__in=[item.uuid for item in found.values()])
        .order_by()
        .values_list("translation_key")
        .annotate(first=Min("pk"))
    )
    return [
        Row(
            item,
            by_item[item_pk],
            reverse("wagtailsnippets_assessments_itemcontent:edit", args=[editors[item.uuid]])
            if item.uuid in editors
            else "",
            reverse("item_statistics:item", args=[kind, pk, item_pk]),
        )
        for item_pk in by_item
        if (item := found.get(item_pk)) is not None
    ]


def in_order(rows: list[Row], sort: str) -> list[Row]:
    """By a column; without figures last. Unasked, the questions with most wrong come first."""
    name, descending = sort.removeprefix("-"), sort.startswith("-")
    if name == "code":
        return sorted(rows, key=lambda row: row.item.code, reverse=descending)
    if name not in {column for column, _label, _decimals in COLUMNS}:
        return sorted(rows, key=lambda row: (-len(row.flags), row.item.code))
    known = [row for row in rows if row.figure(name) is not None]
    known.sort(key=lambda row: row.figure(name), reverse=descending)
    return known + [row for row in rows if row.figure(name) is None]


def head_of(sort: str) -> list[dict]:
    columns = [("code", _("Question")), *((name, label) for name, label, _d in COLUMNS)]
    return [
        {
            "label": label,
            "url": f"?sort={'-' if sort == name else ''}{name}",
            "sort": {name: "ascending", f"-{name}": "descending"}.get(sort, ""),
            "is_number": name != "code",
        }
        for name, label in columns
    ]


# --- Pages ----------------------------------------------------------------------------------------


class StatisticsView(AdminPage):
    """A page about the questions of one bank or one assessment."""

    http_method_names = ["get", "head", "options"]
    header_icon = "order"
    parents = ((reverse_lazy("item_statistics:index"), gettext_lazy("Question statistics")),)

    def scope(self, kind: str, pk: int) -> ItemBank | Assessment:
        if kind not in KINDS:
            raise Http404
        self.page_title = found = get_object_or_404(KINDS[kind], pk=pk)
        return found

    def statistics(self, scope: ItemBank | Assessment) -> tuple[ItemStatistics, bool]:
        statistics, is_waiting = statistics_for(scope)
        if is_waiting:
            tasks.work_out_statistics.delay_on_commit(statistics.pk)
        return statistics, is_waiting


class IndexView(AdminPage):
    """Every bank and assessment, with how many of its questions misbehave. Three queries."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/item_statistics_index.html"
    page_title = gettext_lazy("Question statistics")
    header_icon = "order"

    def get(self, request: HttpRequest) -> HttpResponse:
        kept = ItemStatistics.objects.defer("figures")
        by_bank = {row.bank_id: row for row in kept if row.bank_id}
        by_assessment = {row.assessment_id: row for row in kept if row.assessment_id}
        lists = [
            (
                _("Item banks"),
                [("banks", one, by_bank.get(one.pk)) for one in ItemBank.objects.order_by("code")],
            ),
            (
                _("Assessments"),
                [
                    ("assessments", one, by_assessment.get(one.pk))
                    for one in Assessment.objects.order_by("code")
                ],
            ),
        ]
        return self.show(lists=lists)


class ReportView(StatisticsView):
    """The table of questions, sortable, with what is wrong in words."""

    template_name = "cms/admin/item_statistics_report.html"

    def get(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        scope = self.scope(kind, pk)
        statistics, is_waiting = self.statistics(scope)
        sort = request.GET.get("sort", "")
        return self.show(
            statistics=statistics,
            figures=statistics.figures,
            is_waiting=is_waiting,
            head=head_of(sort),
            rows=in_order(rows_of(kind, pk, statistics), sort),
            export_url=reverse("item_statistics:export", args=[kind, pk]),
            least=LEAST_GROUP,
        )


class ItemView(StatisticsView):
    """One question: its curve with what was observed, its options by third, groups compared."""

    template_name = "cms/admin/item_statistics_item.html"

    def get(self, request: HttpRequest, kind: str, pk: int, item: int) -> HttpResponse:
        scope = self.scope(kind, pk)
        statistics, _is_waiting = self.statistics(scope)
        rows = [row for row in rows_of(kind, pk, statistics) if row.item.pk == item]
        if not rows:
            raise Http404
        row = rows[0]
        self.page_title = row.item.code
        above = reverse("item_statistics:report", args=[kind, pk])
        self.parents = (*self.parents, (above, str(scope)))
        measured = row.item.parameters.select_related("calibration")
        return self.show(
            statistics=statistics,
            row=row,
            curve=curve_of(row),
            options=options_of(row),
            dif=dif_of(row),
            measured=measured.order_by("-calibration__number")[:10],
            facts=facts_of(row),
            least=LEAST_GROUP,
        )


class AcceptView(AdminPage):
    """A drifting question was looked at and found right: it takes what was measured last."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        item = accept_parameters(get_object_or_404(Item, pk=pk))
        messages.success(
            request,
            _("%(question)s counts with the difficulty measured last from now on.")
            % {"question": item.code},
        )
        return redirect("item_statistics:item", "banks", item.bank_id, item.pk)


class ExportView(StatisticsView):
    """The table as CSV: UTF-8 with a byte order mark; text that looks like a formula is quoted."""

    def get(self, request: HttpRequest, kind: str, pk: int) -> HttpResponse:
        scope = self.scope(kind, pk)
        statistics, _is_waiting = self.statistics(scope)
        output = io.StringIO()
        writer = csv.writer(output)
        labels = [label for _name, label, _decimals in COLUMNS]
        head = [_("Code"), _("Question"), *labels, _("What is wrong"), _("As of")]
        writer.writerow([safe_text(str(words)) for words in head])
        as_of = statistics.as_of.isoformat(timespec="minutes") if statistics.as_of else ""
        for row in in_order(rows_of(kind, pk, statistics), "code"):
            numbers = [row.figure(name) for name, _label, _decimals in COLUMNS]
            writer.writerow(
                [
                    safe_text(row.item.code),
                    safe_text(row.stem),
                    *("" if one is None else round(one, 4) for one in numbers),
                    safe_text("; ".join(row.flags)),
                    as_of,
                ]
            )
        response = HttpResponse(
            "\ufeff" + output.getvalue(), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = f'attachment; filename="questions-{scope.code}.csv"'
        return response


def safe_text(text: str) -> str:
    """The text as a CSV cell: one that begins like a formula gets a leading apostrophe."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def facts_of(row: Row) -> list[dict]:
    """Every figure of a question, those of the table and what it has no room for."""
    facts = [
        {"label": label, **cell}
        for (_name, label, _decimals), cell in zip(COLUMNS, row.cells, strict=True)
    ]
    time = row.figures.get("time") or (None, None, None)
    more = (
        (_("Corrected point-biserial"), row.figures.get("point_biserial"), 2),
        (_("Outfit"), row.figures.get("outfit"), 2),
        (_("Seconds, a quarter take less than"), time[0], 0),
        (_("Seconds, a quarter take more than"), time[2], 0),
    )
    return facts + [{"label": label, "value": v, "decimals": d} for label, v, d in more]


# --- Charts, drawn on the server ------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, BOTTOM = 420, 240, 40, 30
REACH = 3.0


def _x(theta: float) -> float:
    share = (min(max(theta, -REACH), REACH) + REACH) / (2 * REACH)
    return round(LEFT + share * (WIDTH - LEFT - 10), 1)


def _y(share: float) -> float:
    return round(10 + (1 - share) * (HEIGHT - BOTTOM - 10), 1)


def curve_of(row: Row) -> dict:
    """The item characteristic curve, and the share of right answers of groups of equal ability."""
    item = row.item
    a, b, c = (np.array([v]) for v in (item.discrimination, item.difficulty, item.guessing))
    theta = np.linspace(-REACH, REACH, 61)
    line = " ".join(
        f"{_x(t)},{_y(p)}" for t, p in zip(theta, probability(theta, a, b, c)[0], strict=True)
    )
    observed = row.figures.get("curve") or []
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "line": line,
        "points": [
            {
                "x": _x(t),
                "y": _y(share),
                "ability": t,
                "share": 100 * share,
                "expected": 100 * float(probability([t], a, b, c)[0, 0]),
                "people": n,
            }
            for t, share, n in observed
        ],
        "ticks_x": [{"at": _x(t), "label": t} for t in (-3, -2, -1, 0, 1, 2, 3)],
        "ticks_y": [{"at": _y(s), "label": f"{100 * s:.0f}"} for s in (0, 0.25, 0.5, 0.75, 1)],
        "base": _y(0),
        "right": WIDTH - 10,
    }


def options_of(row: Row) -> list[dict]:
    """Each option with how many of each third chose it, and the bars of that."""
    options = row.figures.get("options") or []
    words = {
        option["id"]: option["text"]
        for option in row.item.current_version.words(get_language() or "en").get("options", [])
    }
    found = []
    for option in options:
        shares = [
            100 * n / of if of else 0.0
            for n, of in zip(option["thirds"], option["of"], strict=True)
        ]
        found.append(
            {
                "words": words.get(option["id"], "–"),
                "right": option["right"],
                "unused": not sum(option["thirds"]),
                "cells": [
                    {"people": n, "share": share, "width": round(share, 1), "y": 2 + 12 * at}
                    for at, (n, share) in enumerate(zip(option["thirds"], shares, strict=True))
                ],
            }
        )
    return found


def dif_of(row: Row) -> list[dict]:
    """The comparisons of groups, with their names in words."""
    return [
        {
            **one,
            "group": _group(one["kind"], one["group"]),
            "against": _group(one["kind"], one["against"]),
            "words": ETS[one["class"]],
            "is_harder": one["delta"] < 0,
        }
        for one in row.figures.get("dif", [])
    ]


def _group(kind: str, group: str) -> str:
    if kind == "channel":
        return str(CHANNELS.get(group, group))
    try:
        return get_language_info(group)["name_local"]
    except KeyError:
        return group
