"""The assessment builder: what its sections would draw, told while they are written, and a sample of
what a learner will see."""

from dataclasses import dataclass, field

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Avg, Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.panels import Panel
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.chooser import ChooseResultsView, ChooseView
from wagtail.admin.viewsets.chooser import ChooserViewSet

from academy.competencies.models import Competency
from academy.core.errors import AcademyError
from academy.core.fields import Localized
from academy.core.text import plain_text
from academy.people.models import User
from assessments.drawing import (
    Drawn,
    Plan,
    adaptive_run,
    adaptive_sections,
    draw,
    option_order,
    pin_final,
    plans_of,
    saved_plans,
    supply,
)
from assessments.models import (
    Assessment,
    Attempt,
    Item,
    ItemBank,
    ItemContent,
    ItemVersion,
    Response,
    Section,
)
from assessments.models.bank import ItemStatus
from assessments.views import question_context, whole_number
from cms.desk import writes_questions

MOST_SECTIONS = 50
#: Seconds a question takes, until so many answers have shown it.
GUESSED_SECONDS, ENOUGH_ANSWERS = 75, 20
DIFFICULTY = (
    (-1.5, gettext_lazy("very easy")),
    (-0.5, gettext_lazy("easy")),
    (0.5, gettext_lazy("middling")),
    (1.5, gettext_lazy("hard")),
    (float("inf"), gettext_lazy("very hard")),
)


# --- What the sections would draw -----------------------------------------------------------------


@dataclass
class Line:
    """One section: what it needs, what it gets, and what is wrong with it."""

    number: int
    title: str
    wanted: str
    found: int
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Outline:
    lines: list[Line]
    questions: int = 0
    minutes: int = 0
    measured: bool = False
    spread: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def has_problems(self) -> bool:
        return any(line.problems for line in self.lines)


def outline_of(kind: str, plans: list[Plan]) -> Outline:
    """What there is to say of these sections, which may not be saved yet. Their places in the form
    are in `section.order`."""
    if kind == Assessment.Kind.PLACEMENT:
        return Outline([_placement_line(plan) for plan in _in_form_order(plans)])
    supplies = supply(plans)
    lines = {one.plan.section.order: _line(one) for one in supplies}
    weights = [0.0] * len(DIFFICULTY)
    for one in supplies:
        drawn = one.asked - min(one.plan.section.pilot_count, len(one.plan.pilots))
        for item in one.plan.items:
            band = next(n for n, (edge, _label) in enumerate(DIFFICULTY) if item.b < edge)
            weights[band] += drawn / len(one.plan.items)
    total = sum(weights)
    questions = sum(one.asked for one in supplies)
    seconds, measured = _seconds_each({plan.section.bank_id for plan in plans})
    return Outline(
        [lines[order] for order in sorted(lines)],
        questions,
        round(questions * seconds / 60) if questions else 0,
        measured,
        [
            (str(label), round(weight), round(100 * weight / total) if total else 0)
            for (_edge, label), weight in zip(DIFFICULTY, weights, strict=True)
        ],
    )


def _in_form_order(plans: list[Plan]) -> list[Plan]:
    return sorted(plans, key=lambda plan: plan.section.order)


def _seconds_each(banks: set[int]) -> tuple[float, bool]:
    """How long a question of these banks takes, and whether answers have shown it."""
    shown = Response.objects.filter(item_version__item__bank__in=banks, seconds__gt=0).aggregate(
        mean=Avg("seconds"), count=Count("pk")
    )
    enough = shown["count"] >= ENOUGH_ANSWERS
    return (shown["mean"], True) if enough else (GUESSED_SECONDS, False)


def _name(section: Section) -> str:
    title = str(Localized(section.title or {}))
    return title or str(section.bank)


def _line(one) -> Line:
    plan, section = one.plan, one.plan.section
    everything = not section.count and not plan.is_fixed
    line = Line(
        number=section.order + 1,
        title=_name(section),
        wanted=_("all") if everything else str(plan.wanted + plan.missing),
        found=len(plan.items) if everything else one.found,
    )
    if plan.is_fixed and not plan.items:
        line.problems.append(_("No fixed question is chosen that can be asked now."))
    elif one.is_short:
        line.problems.append(
            ngettext(
                "Only %(count)d active question is left for this section. Nobody can start.",
                "Only %(count)d active questions are left for this section. Nobody can start.",
                one.found,
            )
            % {"count": one.found}
        )
    elif not plan.is_fixed and section.count and len(plan.items) < 2 * section.count:
        line.notes.append(
            _("It draws %(wanted)d of %(count)d: people will see much the same questions.")
            % {"wanted": section.count, "count": len(plan.items)}
        )
    if plan.missing:
        line.problems.append(
            ngettext(
                "%(count)d of the fixed questions is not active, or is asked before. It is left out.",
                "%(count)d of the fixed questions are not active, or are asked before. They are left "
                "out.",
                plan.missing,
            )
            % {"count": plan.missing}
        )
    if section.pilot_count > len(plan.pilots) and not plan.is_adaptive:
        line.notes.append(
            _("There are %(count)d pilot questions for the %(wanted)d places on trial.")
            % {"count": len(plan.pilots), "wanted": section.pilot_count}
        )
    if plan.is_adaptive and not section.bank.is_calibrated:
        line.notes.append(
            _(
                "The bank is not calibrated: this score rests on what its authors think is difficult."
            )
        )
    barriers = sum(item.has_barrier for item in plan.items)
    if barriers and len(plan.items) - barriers < plan.wanted:
        line.notes.append(
            _("Without the %(count)d questions that not everybody can answer, it cannot be filled.")
            % {"count": barriers}
        )
    return line


def _placement_line(plan: Plan) -> Line:
    section, count = plan.section, len(plan.items)
    line = Line(section.order + 1, _name(section), "–", count)
    if section.competency is None:
        line.problems.append(_("A section of a placement needs a competency."))
    elif not count:
        line.problems.append(_("It has no active question to place anybody by."))
    return line


def saved_outline(assessment: Assessment) -> Outline:
    plans = saved_plans(assessment)
    for order, plan in enumerate(
        sorted(plans, key=lambda one: (one.section.order, one.section.pk))
    ):
        plan.section.order = order
    return outline_of(assessment.kind, plans)


def posted_outline(data) -> Outline:
    """The outline of a form as it stands: whatever in it is no number counts as left empty."""

    def number(name: str) -> int:
        return whole_number(data.get(name, ""))

    banks, competencies = ItemBank.objects.in_bulk(), Competency.objects.in_bulk()
    rows = []
    for index in range(min(number("sections-TOTAL_FORMS"), MOST_SECTIONS)):
        prefix = f"sections-{index}-"
        bank = banks.get(number(f"{prefix}bank"))
        if bank is None or data.get(f"{prefix}DELETE"):
            continue
        rule = data.get(f"{prefix}rule", "")
        section = Section(
            bank=bank,
            competency=competencies.get(number(f"{prefix}competency")),
            level=number(f"{prefix}level") or None,
            count=number(f"{prefix}count"),
            pilot_count=number(f"{prefix}pilot_count"),
            rule=rule if rule in Section.Rule.values else Section.Rule.RANDOM,
            title={
                code: data.get(f"{prefix}title_{code}", "") for code, _label in settings.LANGUAGES
            },
        )
        items = sorted(
            (number(f"{prefix}items-{place}-ORDER"), place)
            for place in range(min(number(f"{prefix}items-TOTAL_FORMS"), 500))
            if not data.get(f"{prefix}items-{place}-DELETE")
        )
        fixed = [number(f"{prefix}items-{place}-item") for _order, place in items]
        rows.append((number(f"{prefix}ORDER"), index, section, [pk for pk in fixed if pk]))
    for order, (_place, _index, section, _fixed) in enumerate(
        sorted(rows, key=lambda row: row[:2])
    ):
        section.order = order
    rows.sort(key=lambda row: row[2].order)
    plans = plans_of((section, fixed) for _place, _index, section, fixed in rows)
    return outline_of(data.get("kind", ""), plans)


class OutlinePanel(Panel):
    """What the sections draw: as saved when the page is opened, as written from then on."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "cms/admin/builder_panel.html"

        def get_context_data(self, parent_context=None):
            context = super().get_context_data(parent_context)
            saved = self.instance.pk is not None
            context |= {
                "assessment": self.instance,
                "outline": saved_outline(self.instance) if saved else None,
                "can_preview": saved and self.instance.kind == Assessment.Kind.FINAL,
            }
            return context

        @property
        def media(self):
            """With what the chooser of fixed questions is made of: a panel within a panel does not
            bring it along."""
            widget = versioned_static("wagtailadmin/js/chooser-widget-telepath.js")
            return forms.Media(js=[widget, "cms/admin/builder.js"])


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """The outline of the posted form, as a fragment of the page."""
    return render(
        request, "cms/admin/_builder_outline.html", {"outline": posted_outline(request.POST)}
    )


# --- Choosing fixed questions ---------------------------------------------------------------------


class ItemFilterForm(BaseFilterForm):
    q = forms.CharField(label=gettext_lazy("Search term"), required=False)
    bank = forms.ModelChoiceField(
        label=gettext_lazy("Bank"),
        queryset=ItemBank.objects.all(),
        required=False,
        widget=forms.Select(attrs={"data-chooser-modal-search-filter": True}),
    )

    def filter(self, objects: QuerySet[Item]) -> QuerySet[Item]:
        words, bank = self.cleaned_data["q"].strip(), self.cleaned_data["bank"]
        if words:
            self.is_searching, self.search_query = True, words
            written = ItemContent.objects.filter(stem__icontains=words).values("translation_key")
            objects = objects.filter(Q(code__icontains=words) | Q(uuid__in=written))
        return objects.filter(bank=bank) if bank else objects


def stem_of(item: Item) -> str:
    """The question in the reader's language, short enough for a list."""
    words = item.current_version.words(translation.get_language() or settings.LANGUAGE_CODE)
    return Truncator(plain_text(words["stem"])).chars(90)


class ItemsToChoose:
    filter_form_class = ItemFilterForm

    def dispatch(self, request, *args, **kwargs):
        if not writes_questions(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_object_list(self) -> QuerySet[Item]:
        return Item.objects.filter(
            status=ItemStatus.ACTIVE, current_version__isnull=False
        ).select_related("bank", "competency", "current_version")

    @property
    def columns(self) -> list[Column]:
        return [
            *super().columns,
            Column("stem", label=_("Question"), accessor=stem_of),
            Column("bank", label=_("Bank"), accessor="bank"),
            Column("level", label=_("Level"), accessor="level"),
        ]


class ItemChooseView(ItemsToChoose, ChooseView):
    pass


class ItemChooseResultsView(ItemsToChoose, ChooseResultsView):
    pass


class ItemChooserViewSet(ChooserViewSet):
    model = Item
    icon = "help"
    choose_one_text = gettext_lazy("Choose a question")
    choose_another_text = gettext_lazy("Choose another question")
    per_page = 20
    choose_view_class = ItemChooseView
    choose_results_view_class = ItemChooseResultsView


item_chooser = ItemChooserViewSet("item_chooser", url_prefix="item-chooser")


# --- Preview --------------------------------------------------------------------------------------


@require_safe
@never_cache
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """A sample of what the assessment draws, question by question, as a learner sees it, in each
    language. No attempt is made; another seed draws another sample."""
    assessment = get_object_or_404(Assessment, pk=pk, kind=Assessment.Kind.FINAL)
    seed = whole_number(request.GET.get("seed", ""), otherwise=1)
    languages = dict(settings.LANGUAGES)
    language = request.GET.get("language", "")
    language = language if language in languages else settings.LANGUAGE_CODE
    with translation.override(language):
        context = {
            "assessment": assessment,
            "seed": seed,
            "languages": [(code, languages[code]) for code, _name in settings.LANGUAGES],
            "language": language,
            "edit_url": reverse("wagtailsnippets_assessments_assessment:edit", args=[pk]),
        }
        try:
            context |= _sample(
                assessment, seed, whole_number(request.GET.get("n", ""), 1), language
            )
        except AcademyError as problem:
            context["problem"] = problem.message
        return render(request, "cms/admin/builder_preview.html", context)


def _sample(assessment: Assessment, seed: int, number: int, language: str) -> dict:
    pinned = pin_final(assessment, User(), seed=seed)
    attempt = Attempt(
        assessment=assessment, seed=seed, pinned=pinned, cut_score=assessment.cut_score
    )
    drawn = draw(pinned, seed)
    for index in adaptive_sections(attempt):
        run = adaptive_run(attempt, index, [])
        versions = pinned["sections"][index]["engine"]["versions"]
        while (row := run.next_item()) is not None:  # as one who knows every other answer
            drawn.append(Drawn(versions[row], index))
            run.record(row, len(drawn) % 2)
    number = min(max(number, 1), len(drawn))
    one = drawn[number - 1]
    version = ItemVersion.objects.select_related("item").get(pk=one.version)
    response = Response(
        attempt=attempt,
        position=number - 1,
        item_version=version,
        section=one.section,
        option_order=option_order(version, seed=seed, position=number - 1),
    )
    return {
        "number": number,
        "count": len(drawn),
        "numbers": range(1, len(drawn) + 1),
        "drawn": one,
        "section_title": str(Localized(pinned["sections"][one.section]["title"])),
        "section_rule": Section.Rule(pinned["sections"][one.section]["rule"]).label,
        **question_context(response),
        "other_language": language not in version.content["languages"],
    }
