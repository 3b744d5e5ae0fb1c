"""What a trainer has to arrange for an assessment, and what authors are warned of.

Trainers learn who needs a version that does not exist yet, and nothing else about anybody's settings:
no factor, no pauses, no reason. Where a version exists there is nothing to arrange, and nobody is named.
"""

from collections import Counter

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import Panel
from wagtail.admin.ui.tables import Column

from academy.people.models import User
from assessments.models import Assessment, Attempt, Item
from assessments.models.bank import ItemBarrier, ItemStatus
from cms.admin_pages import AdminPage
from courses.models import Enrollment

MOST_NAMED = 200


def active_items() -> QuerySet[Item]:
    return Item.objects.filter(status=ItemStatus.ACTIVE, current_version__isnull=False)


def pool_of(assessment: Assessment) -> QuerySet[Item]:
    """Every item that the assessment may ask. One query for its sections."""
    wanted = Q(pk__in=[])
    for section in assessment.sections.all():
        of_section = Q(bank=section.bank_id)
        if section.competency_id:
            of_section &= Q(competency=section.competency_id)
        if section.level is not None:
            of_section &= Q(level=section.level)
        if section.rule == section.Rule.FIXED:
            of_section = Q(pk__in=section.items.values("item"))
        wanted |= of_section
    return active_items().filter(wanted)


def count_barriers(barriers: list[list[str]]) -> list[tuple[str, int]]:
    """How many items have each barrier, in the order of `ItemBarrier`; those that none has are left
    out. An item may have several."""
    counted = Counter(code for codes in barriers for code in set(codes))
    return [(label, counted[code]) for code, label in ItemBarrier.choices if counted[code]]


def barriers_of(assessment: Assessment) -> dict:
    """The items without an equivalent for everybody: how many in all, and by barrier."""
    found = list(pool_of(assessment).values_list("barriers", flat=True))
    return {
        "total": len(found),
        "barred": sum(bool(codes) for codes in found),
        "barriers": count_barriers(found),
    }


def who_needs_a_version(assessment: Assessment) -> QuerySet[User]:
    """Those whose settings ask for an alternative version and who are to take this assessment: they
    are enrolled in a course that ends in it, or (a placement) have not finished it yet."""
    people = User.objects.filter(alternative_version=True, is_active=True)
    if assessment.kind == Assessment.Kind.PLACEMENT:
        done = Attempt.objects.filter(assessment=assessment, status=Attempt.Status.GRADED)
    else:
        done = Attempt.objects.filter(assessment=assessment, passed=True)
        enrolled = Enrollment.objects.active().filter(course__modules__final_assessment=assessment)
        people = people.filter(pk__in=enrolled.values("learner"))
    return people.exclude(pk__in=done.values("learner")).order_by("last_name", "first_name", "id")


class ArrangeView(AdminPage):
    """To arrange: an alternative version where one is needed and none exists. At most six queries."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/arrange.html"
    page_title = _("To arrange")
    header_icon = "clipboard-list"

    def get_breadcrumbs_items(self) -> list[dict]:
        self.parents = (
            (reverse("wagtailsnippets_assessments_assessment:list"), _("Assessments")),
            (edit_url(self.assessment), str(self.assessment)),
        )
        return super().get_breadcrumbs_items()

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.assessment = get_object_or_404(Assessment.objects.select_related("alternative"), pk=pk)
        alternative = self.assessment.alternative
        waiting = [] if alternative else list(who_needs_a_version(self.assessment)[:MOST_NAMED])
        return self.show(
            assessment=self.assessment,
            alternative=alternative,
            waiting=waiting,
            edit_url=edit_url(self.assessment),
            **barriers_of(self.assessment),
        )


def edit_url(assessment: Assessment) -> str:
    return reverse("wagtailsnippets_assessments_assessment:edit", args=[assessment.pk])


# --- Warnings to authors --------------------------------------------------------------------------


class BarrierPanel(Panel):
    """On an assessment: which of its questions some people cannot answer, and what to arrange."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "cms/admin/barrier_panel.html"

        def is_shown(self) -> bool:
            return super().is_shown() and self.instance.pk is not None

        def get_context_data(self, parent_context=None) -> dict:
            context = super().get_context_data(parent_context)
            return {**context, "assessment": self.instance, **barriers_of(self.instance)}


class BarrierColumn(Column):
    """On the list of banks: active questions with a barrier, by barrier. One query a page."""

    def __init__(self, **kwargs):
        super().__init__("barriers", label=_("Not for everybody"), **kwargs)

    def get_cell_context_data(self, bank, parent_context) -> dict:
        table = parent_context["table"]
        if not hasattr(table, "barriers_by_bank"):
            found: dict[int, list] = {}
            rows = active_items().filter(bank__in=[row.pk for row in table.data])
            for bank_id, codes in rows.values_list("bank", "barriers"):
                found.setdefault(bank_id, []).append(codes)
            table.barriers_by_bank = found
        codes = table.barriers_by_bank.get(bank.pk, [])
        context = super().get_cell_context_data(bank, parent_context)
        words = render_to_string(
            "cms/admin/_barriers.html",
            {
                "total": len(codes),
                "barred": sum(map(bool, codes)),
                "barriers": count_barriers(codes),
            },
        )
        return {**context, "value": words}

    def get_value(self, bank) -> str:
        return ""
