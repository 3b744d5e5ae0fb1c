"""The pages on which trainers mark: the queue, one answer beside its rubric, moderation, turnaround.

None of them says whose answer it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict, NotAllowed, NotFound
from academy.core.text import plain_text
from assessments import files, marking
from assessments.item_types import item_type_for
from assessments.item_types.marked import rubric_of, word_count
from assessments.models import Assessment, Attempt, Mark, Response
from cms.admin_pages import PAGE_SIZE, AdminPage, Newest

QUEUE = (reverse_lazy("marking:index"), gettext_lazy("Marking"))
#: For how many days the turnaround may be asked for.
SPANS = (30, 90, 365)
RELATED = ("attempt__assessment", "item_version__item")


# --- The way there --------------------------------------------------------------------------------


class MarkingMenuItem(MenuItem):
    """A door that only those who may mark see."""

    def is_shown(self, request: HttpRequest) -> bool:
        return marking.may_mark(request.user)


class MarkingPanel(Component):
    """On the admin's first page: what waits to be marked."""

    order = 40
    template_name = "cms/admin/marking/panel.html"

    def __init__(self, request: HttpRequest):
        self.request = request

    def get_context_data(self, parent_context):
        return {"waiting": marking.waiting_for(self.request.user)}


# --- The queue ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One answer in a list."""

    response: Response
    mark: Mark | None = None
    at: datetime | None = None

    @property
    def attempt(self) -> Attempt:
        return self.response.attempt

    @property
    def question(self) -> str:
        words = self.response.item_version.words(get_language())
        return Truncator(plain_text(words["stem"])).chars(90)

    @property
    def is_late(self) -> bool:
        return bool(self.at and self.attempt.mark_by and self.attempt.mark_by < self.at)

    @property
    def task(self) -> str:
        if self.mark is not None:
            is_third = self.mark.role == Mark.Role.ADJUDICATOR
        else:
            is_third = self.response.task == "adjudicate"
        return _("Settle two marks") if is_third else _("Mark")


@dataclass(frozen=True)
class Soonest:
    """A page of answers, those due first: the rows, and the addresses of the next page and of the
    first. A keyset of due date and id, so that it stays put while answers come and go."""

    rows: list[Response]
    next_url: str
    first_url: str

    @classmethod
    def of(cls, rows: QuerySet[Response], request: HttpRequest, **kept) -> "Soonest":
        after = request.GET.get("after", "")
        moment, _dash, pk = after.partition("-")
        if moment.isdecimal() and pk.isdecimal() and len(moment) < 18 and len(pk) < 19:
            by = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(moment))
            later = Q(attempt__mark_by__gt=by) | Q(attempt__mark_by=by, pk__gt=int(pk))
            rows = rows.filter(later)
        found = list(rows[: PAGE_SIZE + 1])
        page, next_url = found[:PAGE_SIZE], ""
        if len(found) > PAGE_SIZE:
            by = page[-1].attempt.mark_by - datetime.fromtimestamp(0, UTC)
            place = f"{by // timedelta(microseconds=1)}-{page[-1].pk}"
            next_url = "?" + urlencode({**kept, "after": place})
        first_url = f"{request.path}?{urlencode(kept)}" if after else ""
        return cls(page, next_url, first_url)


class QueueView(AdminPage):
    """What one has taken, and what one may take, the most urgent first."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/marking/index.html"
    page_title = gettext_lazy("Marking")
    header_icon = "edit"

    def get(self, request: HttpRequest) -> HttpResponse:
        at, chosen = now(), request.GET.get("assessment", "")
        mine = Mark.objects.filter(marker=request.user, given_at__isnull=True).select_related(
            *(f"response__{name}" for name in RELATED)
        )
        free = marking.for_marker(request.user, at=at).select_related(*RELATED)
        kept = {}
        if chosen.isdecimal() and len(chosen) < 10:
            free = free.filter(attempt__assessment=int(chosen))
            kept = {"assessment": chosen}
        page = Soonest.of(free, request, **kept)
        return self.show(
            mine=[
                Row(mark.response, mark, at)
                for mark in mine.order_by("response__attempt__mark_by", "pk")[:PAGE_SIZE]
            ],
            page=page,
            rows=[Row(response, at=at) for response in page.rows],
            assessments=Assessment.objects.filter(
                Exists(marking.awaiting().filter(attempt__assessment=OuterRef("pk")))
            ),
            chosen=kept.get("assessment", ""),
            lease=settings.MARKING_LEASE_HOURS,
        )


class TakeView(AdminPage):
    """Take one answer; whoever comes second is told, and sees the queue."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        response = get_object_or_404(Response.objects.select_related("attempt"), pk=pk)
        try:
            mark = marking.claim(response=response, marker=request.user)
        except Conflict as refused:
            messages.warning(request, refused.message)
            return redirect("marking:index")
        return redirect("marking:mark", uuid=mark.uuid)


# --- One answer -----------------------------------------------------------------------------------


def _given(data: QueryDict, criteria: list[dict]) -> marking.Given:
    """What the form of a rubric sends."""
    levels, comments = {}, {}
    for one in criteria:
        if level := data.get(f"level-{one['id']}"):
            levels[one["id"]] = level
        if words := data.get(f"comment-{one['id']}", "").strip():
            comments[one["id"]] = words
    return marking.Given(
        levels, comments, data.get("comment", "").strip(), data.get("note", "").strip()
    )


class AnswerView(AdminPage):
    """An answer beside its rubric."""

    http_method_names = ["get", "head", "post", "options"]
    header_icon = "edit"
    parents = (QUEUE,)

    def criteria(self, response: Response) -> list[dict]:
        return rubric_of(response.item_version.content, get_language())

    def answer(self, response: Response) -> dict:
        document = response.item_version.content
        answer = response.answer or {}
        return {
            "stem": response.item_version.words(response.language)["stem"],
            "language": response.item_version.language_shown(response.language),
            "text": answer.get("text", ""),
            "words": word_count(answer.get("text", "")),
            "limit": document["settings"].get("word_limit"),
            "is_text": not item_type_for(document["type"]).takes_files,
            "files": [
                {"name": files.blind_name(one, number), "size": one.size, "number": number}
                for number, one in enumerate(files.handed_in(response), start=1)
            ],
        }

    def fields(self, criteria: list[dict], given: marking.Given, missing=()) -> list[dict]:
        return [
            {
                **one,
                "chosen": given.levels.get(one["id"], ""),
                "comment": given.comments.get(one["id"], ""),
                "is_missing": one["id"] in missing,
            }
            for one in criteria
        ]

    def form(
        self, response: Response, given: marking.Given, error: AcademyError | None = None, **more
    ) -> HttpResponse:
        return self.show(
            status=error.status if error else 200,
            response=response,
            answer=self.answer(response),
            fields=self.fields(self.criteria(response), given, getattr(error, "criteria", ())),
            given=given,
            error=error,
            **more,
        )


class MarkView(AnswerView):
    """One's own marks for one answer: written, kept, given. An adjudicator sees those of the two
    before them, and of neither who gave them."""

    template_name = "cms/admin/marking/mark.html"

    @cached_property
    def mark(self) -> Mark:
        return marking.mark_of(self.kwargs["uuid"], self.request.user)

    def get_page_title(self) -> str:
        is_third = self.mark.role == Mark.Role.ADJUDICATOR
        return _("Settle two marks") if is_third else _("Mark an answer")

    def get_page_subtitle(self) -> str:
        return str(self.mark.response.attempt.assessment)

    def earlier(self) -> list[dict]:
        if self.mark.role != Mark.Role.ADJUDICATOR:
            return []
        document = self.mark.response.item_version.content
        marks = self.mark.response.marks.filter(
            role__in=(Mark.Role.FIRST, Mark.Role.SECOND), given_at__isnull=False
        )
        return [marking.as_written(one, document, get_language()) for one in marks.order_by("pk")]

    def show_form(self, given: marking.Given, error: AcademyError | None = None) -> HttpResponse:
        mark = self.mark
        return self.form(
            mark.response,
            given,
            error,
            mark=mark,
            earlier=self.earlier(),
            row=Row(mark.response, mark, now()),
            file_url="marking:file",
            file_of=mark.uuid,
        )

    def get(self, request: HttpRequest, uuid) -> HttpResponse:
        mark = self.mark
        return self.show_form(marking.Given(mark.levels, mark.comments, mark.comment, mark.note))

    def post(self, request: HttpRequest, uuid) -> HttpResponse:
        mark, do = self.mark, request.POST.get("do", "draft")
        given = _given(request.POST, self.criteria(mark.response))
        own = {"mark": mark, "marker": request.user}
        try:
            if do == "release":
                marking.release(**own)
                messages.success(request, _("You have let the answer go."))
                return redirect("marking:index")
            marking.save_draft(**own, given=given)
            if do not in ("give", "next"):
                messages.success(request, _("Your marks are kept. Nobody else sees them yet."))
                return redirect("marking:mark", uuid=uuid)
            marking.give(**own, given=given)
        except marking.Unmarked as error:
            return self.show_form(given, error)
        except Conflict as refused:
            messages.warning(request, refused.message)
            return redirect("marking:index")
        messages.success(request, _("Your marks have been given."))
        return self.go_on() if do == "next" else redirect("marking:index")

    def go_on(self) -> HttpResponse:
        """To the next answer of the same assessment; to the queue when there is none."""
        same = self.mark.response.attempt.assessment_id
        for response in marking.for_marker(self.request.user).filter(attempt__assessment=same)[:5]:
            try:
                mark = marking.claim(response=response, marker=self.request.user)
            except Conflict:
                continue
            return redirect("marking:mark", uuid=mark.uuid)
        return redirect("marking:index")


class ModerateView(AnswerView):
    """What an answer was given, and a way to mark it again, with a reason, until it is graded."""

    template_name = "cms/admin/marking/moderate.html"
    page_title = gettext_lazy("Marks of an answer")
    parents = (QUEUE, (reverse_lazy("marking:marked"), gettext_lazy("Marked answers")))

    @cached_property
    def response(self) -> Response:
        return marked_response(self.kwargs["pk"], self.request)

    def get_page_subtitle(self) -> str:
        return str(self.response.attempt.assessment)

    def show_form(self, given: marking.Given, error: AcademyError | None = None) -> HttpResponse:
        response, document = self.response, self.response.item_version.content
        marks = response.marks.filter(given_at__isnull=False).select_related("marker")
        return self.form(
            response,
            given,
            error,
            row=Row(response),
            marks=[marking.as_written(one, document, get_language()) for one in marks],
            refusal=marking.refusal_to_moderate(response.attempt, response, self.request.user),
            file_url="marking:moderated_file",
            file_of=response.pk,
        )

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show_form(marking.Given({}, {}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        given = _given(request.POST, self.criteria(self.response))
        try:
            marking.moderate(response=self.response, moderator=request.user, given=given)
        except Conflict as refused:
            messages.warning(request, refused.message)
            return redirect("marking:moderate", pk=pk)
        except AcademyError as error:
            return self.show_form(given, error)
        messages.success(request, _("The answer has been marked again."))
        return redirect("marking:marked")


def settled() -> QuerySet[Response]:
    given = Mark.objects.filter(response=OuterRef("pk"), given_at__isnull=False)
    return Response.objects.filter(Exists(given), score__isnull=False)


def marked_response(pk: int, request: HttpRequest) -> Response:
    """A response whose marks may be looked at: settled, and not one's own."""
    response = get_object_or_404(settled().select_related(*RELATED), pk=pk)
    if response.learner_id == request.user.pk:
        raise NotAllowed(_("Nobody marks their own work."))
    return response


class MarkedView(AdminPage):
    """Answers whose marks are settled, the newest first."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/marking/marked.html"
    page_title = gettext_lazy("Marked answers")
    header_icon = "check"
    parents = (QUEUE,)

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = settled().exclude(learner=request.user).select_related(*RELATED)
        page = Newest.of(rows, request)
        return self.show(page=page, rows=[Row(response) for response in page.rows])


# --- Files ----------------------------------------------------------------------------------------


class MarkedFileView(AdminPage):
    """A file of an answer, to whoever took it to mark."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, number: int, **named) -> HttpResponse:
        there = files.handed_in(self.answer_of(request, **named))
        if not 1 <= number <= len(there):
            raise NotFound(_("There is no such file in this answer."))
        one = there[number - 1]
        return files.download(one, files.blind_name(one, number))

    def answer_of(self, request: HttpRequest, uuid) -> Response:
        return marking.mark_of(uuid, request.user).response


class ModeratedFileView(MarkedFileView):
    """The same, to whoever looks at the marks."""

    def answer_of(self, request: HttpRequest, pk: int) -> Response:
        return marked_response(pk, request)


# --- Turnaround -----------------------------------------------------------------------------------


class TurnaroundView(AdminPage):
    """How long answers wait, by assessment."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/marking/turnaround.html"
    page_title = gettext_lazy("Turnaround")
    header_icon = "history"
    parents = (QUEUE,)

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("days", "")
        days = int(asked) if asked in {str(span) for span in SPANS} else SPANS[1]
        at = now()
        return self.show(
            rows=marking.turnaround(since=at - timedelta(days=days), at=at),
            days=days,
            spans=SPANS,
            queue=reverse("marking:index"),
        )
