"""Trainers' pages about contested placements: the queue, and the evidence to decide by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import get_language, gettext_lazy, ngettext, override
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import AcademyError
from academy.people.models import User
from academy.people.roles import TRAINER
from assessments import reviews
from assessments.item_types import item_type_for
from assessments.models import PlacementReview
from assessments.placement import PlacedCompetency, placed_competencies
from assessments.services import asked_in
from cms.admin_pages import PAGE_SIZE, AdminPage, Newest


class IndexView(AdminPage):
    """What waits for an answer, the longest overdue first; then what was answered, the latest
    first. Three queries a page."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/placement_reviews.html"
    page_title = gettext_lazy("Contested placements")
    header_icon = "help"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = PlacementReview.objects.select_related("learner", "competency", "decided_by")
        at = now()
        waiting = rows.filter(decision="", kind=PlacementReview.Kind.HUMAN).order_by("due_at", "id")
        shown = list(waiting[: PAGE_SIZE + 1])
        for review in shown:
            review.late = review.is_overdue(at)
            review.is_mine = review.learner_id == request.user.pk
        return self.show(
            waiting=shown[:PAGE_SIZE],
            has_more=len(shown) > PAGE_SIZE,
            overdue=reviews.overdue(at).count(),
            page=Newest.of(
                rows.filter(decided_at__isnull=False).exclude(
                    decision=PlacementReview.Decision.WITHDRAWN
                ),
                request,
            ),
        )


@dataclass(frozen=True)
class EvidenceRow:
    """One answer, as a trainer weighs it: with the key. `explained` is what its template draws."""

    evidence: reviews.Evidence
    template: str
    explained: dict


def _explained(evidence: Iterable[reviews.Evidence]) -> list[EvidenceRow]:
    rows = []
    for one in evidence:
        asked = asked_in(one.response, one.response.language or get_language())
        item_type = item_type_for(asked.document["type"])
        rows.append(
            EvidenceRow(
                evidence=one,
                template=item_type.explained_template,
                explained={
                    "response": one.response,
                    "item_type": item_type,
                    "words": asked.words,
                    "words_language": asked.language,
                    "is_right": one.is_right,
                    "whole": True,
                    **item_type.explain(asked, whole=True),
                },
            )
        )
    return rows


class DecideForm(forms.Form):
    """One of the levels, and why."""

    band = forms.TypedChoiceField(
        label=gettext_lazy("The level"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the levels.")},
    )
    answer = forms.CharField(
        label=gettext_lazy("Answer to the learner"),
        help_text=gettext_lazy("Why, in plain words. It is sent as it stands and cannot change."),
        max_length=reviews.MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Say why, in words for the learner.")},
    )

    def __init__(self, *args, placed: PlacedCompetency, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["band"].choices = [
            (
                band,
                _("%(level)s (as it is)") % {"level": title} if band == placed.band else str(title),
            )
            for band, title in enumerate(placed.band_titles)
        ]


class DecideView(AdminPage):
    """The evidence of one contested level: what was asked and answered, how much each answer weighs,
    and what its learner says. Then the answer."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "cms/admin/placement_review.html"
    page_title = gettext_lazy("Contested placement")
    header_icon = "help"
    parents = ((reverse_lazy("placement_reviews:index"), gettext_lazy("Contested placements")),)

    def _review(self, uuid) -> PlacementReview:
        rows = PlacementReview.objects.select_related(
            "attempt__assessment",
            "attempt__learner",
            "learner",
            "competency__framework",
            "decided_by",
            "second_form",
        )
        return get_object_or_404(rows, uuid=uuid)

    def _page(
        self, review: PlacementReview, form: DecideForm | None, placed: PlacedCompetency, **context
    ) -> HttpResponse:
        evidence = reviews.evidence_of(review.attempt).get(review.competency_id, [])
        status = 422 if form is not None and form.errors else 200
        return self.show(
            review=review,
            form=form,
            placed=placed,
            rows=_explained(evidence),
            late=review.is_overdue(now()),
            status=status,
            **context,
        )

    def _placed(self, review: PlacementReview) -> PlacedCompetency:
        return next(
            one
            for one in placed_competencies(review.attempt)
            if one.competency.pk == review.competency_id
        )

    def _may_decide(self, review: PlacementReview) -> bool:
        return (
            review.is_open
            and review.kind == PlacementReview.Kind.HUMAN
            and review.learner_id != self.request.user.pk
        )

    def get(self, request: HttpRequest, uuid) -> HttpResponse:
        review = self._review(uuid)
        placed = self._placed(review)
        form = DecideForm(placed=placed) if self._may_decide(review) else None
        return self._page(review, form, placed)

    def post(self, request: HttpRequest, uuid) -> HttpResponse:
        review = self._review(uuid)
        placed = self._placed(review)
        form = DecideForm(request.POST, placed=placed)
        if review.is_open and not form.is_valid():
            return self._page(review, form if self._may_decide(review) else None, placed)
        try:
            reviews.decide(
                review=review,
                by=request.user,
                band=form.cleaned_data.get("band", placed.band) if form.is_valid() else placed.band,
                answer=form.cleaned_data.get("answer", "") if form.is_valid() else "",
            )
        except AcademyError as refused:
            messages.error(request, refused.message)
            return redirect("placement_reviews:decide", uuid=review.uuid)
        messages.success(request, _("Answered. The learner reads it beside their placement."))
        return redirect("placement_reviews:index")


# --- Reminding ------------------------------------------------------------------------------------


def remind(*, at: datetime | None = None) -> int:
    """Write to the trainers when reviews have become overdue, once for each; nobody is named.
    Returns how many have. What cannot be sent is claimed again the next time."""
    with transaction.atomic():
        count = reviews.claim_reminder(at=at)
        if count:
            _write_to_trainers(at or now())
    return count


def _write_to_trainers(at: datetime) -> None:
    waiting = reviews.overdue(at).count()
    trainers = User.objects.filter(groups__name=TRAINER, is_active=True).order_by("pk")
    url = f"{settings.WAGTAILADMIN_BASE_URL}{reverse('placement_reviews:index')}"
    mails = []
    for trainer in trainers:
        with override(trainer.language or settings.LANGUAGE_CODE):
            words = ngettext(
                "%(count)d contested placement should have been answered by now.",
                "%(count)d contested placements should have been answered by now.",
                waiting,
            ) % {"count": waiting}
            mails.append(
                EmailMessage(
                    subject=_("Contested placements are overdue"),
                    body=f"{words}\n\n{url}\n",
                    to=[trainer.email],
                )
            )
    get_connection().send_messages(mails)
