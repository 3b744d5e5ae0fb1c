"""Marking: who takes which answer, the marks they give, and when these settle its score.

An attempt with answers that people mark is in `marking` from when it is handed in until the last of
them is settled; then it is graded as any other is. Marking is blind: no marker is told whose answer
it is, nor sees another's marks before giving their own. Nobody marks the same answer twice, nor
their own.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import fmean, median

from django.conf import settings
from django.db import transaction
from django.db.models import Case, CharField, Count, Exists, Max, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict, NotAllowed, NotFound
from academy.people.models import User
from academy.people.services import lock_person
from assessments import statements
from assessments.item_types.marked import rubric_of, share_of_points
from assessments.models import Assessment, Attempt, Item, ItemContent, Mark, Response, Rubric
from assessments.services import grade_attempt, is_marked, lock_attempt, publish_item

PERMISSION = "assessments.mark_response"
Role = Mark.Role
#: Two shares of points that differ by less than this are the same: floating point.
NEARLY = 1e-9
#: A comment is read by a person: about three pages.
MOST_WORDS = 10_000


def may_mark(person: User) -> bool:
    return person.has_perm(PERMISSION)


def _stale_before(at: datetime) -> datetime:
    return at - timedelta(hours=settings.MARKING_LEASE_HOURS)


# --- The queue ------------------------------------------------------------------------------------


def awaiting() -> QuerySet[Response]:
    """The answers whose marks are not settled, those to be marked soonest first."""
    return Response.objects.filter(
        attempt__status=Attempt.Status.MARKING, score__isnull=True, answer__isnull=False
    ).order_by("attempt__mark_by", "pk")


def for_marker(marker: User, *, at: datetime | None = None) -> QuerySet[Response]:
    """What the person may take now, with `task`: "mark", or "adjudicate" where two marks differ.

    An answer that somebody holds is not offered until their lease has run out.
    """
    marks = Mark.objects.filter(response=OuterRef("pk"))
    held = Q(given_at__isnull=False) | Q(claimed_at__gte=_stale_before(at or now()))
    first, second, third = (
        Exists(marks.filter(held, role=role))
        for role in (Role.FIRST, Role.SECOND, Role.ADJUDICATOR)
    )
    both_given = Exists(marks.filter(role=Role.FIRST, given_at__isnull=False)) & Exists(
        marks.filter(role=Role.SECOND, given_at__isnull=False)
    )
    is_double = Q(attempt__pinned__marking__mode=Assessment.Marking.DOUBLE)
    task = Case(
        When(~first, then=Value("mark")),
        When(is_double & ~second, then=Value("mark")),
        When(is_double & both_given & ~third, then=Value("adjudicate")),
        default=Value(""),
        output_field=CharField(),
    )
    return (
        awaiting()
        .exclude(learner=marker)
        .exclude(Exists(marks.filter(marker=marker)))
        .annotate(task=task)
        .exclude(task="")
    )


@dataclass(frozen=True)
class Waiting:
    """How much there is to mark, for one person. `mine` is taken already, `late` is of both."""

    mine: int
    free: int
    late: int

    @property
    def count(self) -> int:
        return self.mine + self.free


def waiting_for(marker: User, *, at: datetime | None = None) -> Waiting:
    """Two queries."""
    at = at or now()
    late = Count("pk", filter=Q(attempt__mark_by__lt=at))
    free = for_marker(marker, at=at).order_by().aggregate(all=Count("pk"), late=late)
    mine = (
        Mark.objects.filter(marker=marker, given_at__isnull=True)
        .order_by()
        .aggregate(all=Count("pk"), late=Count("pk", filter=Q(response__attempt__mark_by__lt=at)))
    )
    return Waiting(mine["all"], free["all"], mine["late"] + free["late"])


# --- Taking an answer -----------------------------------------------------------------------------


def _open_role(attempt: Attempt, marks: list[Mark], at: datetime) -> str | None:
    """The part that is still to be taken; None while others have them all."""
    held = {mark.role for mark in marks if mark.given_at or mark.claimed_at >= _stale_before(at)}
    given = {mark.role for mark in marks if mark.given_at}
    if Role.FIRST not in held:
        return Role.FIRST
    if attempt.pinned["marking"]["mode"] != Assessment.Marking.DOUBLE:
        return None
    if Role.SECOND not in held:
        return Role.SECOND
    if {Role.FIRST, Role.SECOND} <= given and Role.ADJUDICATOR not in held:
        return Role.ADJUDICATOR
    return None


@transaction.atomic
def claim(*, response: Response, marker: User, at: datetime | None = None) -> Mark:
    """Take an answer to mark: it is the person's until they give their marks, let it go, or leave it
    untouched for `MARKING_LEASE_HOURS`. Of two who take the same at once, one gets it.
    """
    at = at or now()
    attempt = lock_attempt(response.attempt)
    response = Response.objects.get(pk=response.pk)
    if response.learner_id == marker.pk:
        raise NotAllowed(_("Nobody marks their own work."))
    if attempt.status != Attempt.Status.MARKING or response.score is not None:
        raise Conflict(_("This answer has been marked meanwhile. Take another one."))
    marks = list(response.marks.all())
    own = next((mark for mark in marks if mark.marker_id == marker.pk), None)
    if own is not None and own.given_at:
        raise Conflict(_("You have marked this answer already."))
    if own is not None:
        Mark.objects.filter(pk=own.pk).update(claimed_at=at)
        return Mark.objects.get(pk=own.pk)
    role = _open_role(attempt, marks, at)
    if role is None:
        raise Conflict(_("Somebody else is marking this answer. Take another one."))
    response.marks.filter(role=role, given_at=None).delete()  # whose lease has run out
    return Mark.objects.create(response=response, role=role, marker=marker, claimed_at=at)


def _held(mark: Mark, marker: User) -> tuple[Mark, Attempt]:
    """A mark that is the person's to change, with its attempt locked."""
    lock_person(mark.response.learner)  # before the attempt, as everywhere
    attempt = lock_attempt(mark.response.attempt)
    held = Mark.objects.select_related("response").filter(pk=mark.pk, marker=marker).first()
    if held is None:
        raise Conflict(_("You left this answer too long, and it is no longer yours to mark."))
    if held.given_at:
        raise Conflict(_("Your marks have been given. They can no longer change."))
    held.response.attempt = attempt
    return held, attempt


@transaction.atomic
def release(*, mark: Mark, marker: User) -> None:
    """Let an answer go: the next person starts afresh."""
    held, _attempt = _held(mark, marker)
    held.delete()


# --- Giving marks ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """What a marker writes: `{criterion id: level id}`, `{criterion id: words}`, words for the
    learner, words for other markers."""

    levels: dict[str, str]
    comments: dict[str, str]
    comment: str = ""
    note: str = ""


class Unmarked(AcademyError):
    """Criteria that count have no level yet. `criteria` are their ids."""

    status = 422

    def __init__(self, criteria: list[dict]) -> None:
        titles = ", ".join(f"“{one['title']}”" for one in criteria)
        super().__init__(_("Choose a level for %(criteria)s.") % {"criteria": titles})
        self.criteria = [one["id"] for one in criteria]


def _write(mark: Mark, given: Given) -> None:
    """Put on the mark what belongs to the rubric that was frozen with the question."""
    criteria = rubric_of(mark.response.item_version.content, mark.response.language)
    known = {one["id"]: {level["id"] for level in one["levels"]} for one in criteria}
    mark.levels = {
        criterion: level
        for criterion, level in given.levels.items()
        if level in known.get(criterion, ())
    }
    mark.comments = {
        criterion: words[:MOST_WORDS]
        for criterion, words in given.comments.items()
        if words and criterion in known
    }
    mark.comment, mark.note = given.comment[:MOST_WORDS], given.note[:MOST_WORDS]


def _give(mark: Mark, at: datetime) -> None:
    document = mark.response.item_version.content
    missing = [
        one
        for one in rubric_of(document, mark.response.language)
        if one["is_scored"] and one["id"] not in mark.levels
    ]
    if missing:
        raise Unmarked(missing)
    mark.score = share_of_points(document, mark.levels)
    mark.given_at = at


@transaction.atomic
def save_draft(*, mark: Mark, marker: User, given: Given, at: datetime | None = None) -> Mark:
    """Keep what is written so far. Only its marker sees it; the lease begins anew."""
    held, _attempt = _held(mark, marker)
    _write(held, given)
    held.claimed_at = at or now()
    held.save()
    return held


@transaction.atomic
def give(*, mark: Mark, marker: User, given: Given, at: datetime | None = None) -> Mark:
    """Give the marks: they never change again. Every criterion that counts needs a level."""
    at = at or now()
    held, attempt = _held(mark, marker)
    _write(held, given)
    _give(held, at)
    held.save()
    _settle(attempt, held.response, at)
    return held


@transaction.atomic
def moderate(
    *, response: Response, moderator: User, given: Given, at: datetime | None = None
) -> Mark:
    """Mark again what others have marked, with a reason (`given.note`); theirs stay on record.

    Possible while the attempt is not graded: a score that somebody was told of changes by a regrade.
    """
    at = at or now()
    lock_person(response.learner)
    attempt = lock_attempt(response.attempt)
    response = Response.objects.select_related("item_version").get(pk=response.pk)
    response.attempt = attempt
    if problem := refusal_to_moderate(attempt, response, moderator):
        raise Conflict(problem)
    if not given.note:
        raise AcademyError(_("Give the reason for marking this answer again."))
    mark = Mark(response=response, role=Role.MODERATOR, marker=moderator, claimed_at=at)
    _write(mark, given)
    _give(mark, at)
    mark.save()
    response.marks.filter(given_at=None).delete()
    _settle(attempt, response, at)
    return mark


def refusal_to_moderate(attempt: Attempt, response: Response, moderator: User) -> str | None:
    """Why the person may not mark the answer again; None when they may.

    Until both of two markers have given theirs, nobody else sees them: the next to take the answer
    might be whoever looked.
    """
    if attempt.status == Attempt.Status.GRADED:
        return _(
            "This attempt has been graded, and the learner was told the result. "
            "Use a regrade to change it."
        )
    marks = list(response.marks.all())
    if response.learner_id == moderator.pk:
        return _("Nobody marks their own work.")
    if any(mark.marker_id == moderator.pk and mark.role != Role.MODERATOR for mark in marks):
        return _("You have marked this answer. Somebody else has to moderate it.")
    if not _is_seen_through(attempt, marks):
        return _("This answer has not been marked yet.")
    return None


# --- Settling -------------------------------------------------------------------------------------


def _by_role(marks: list[Mark]) -> dict[str, Mark]:
    """The given marks; of several moderations, the last."""
    return {mark.role: mark for mark in sorted(marks, key=lambda one: one.pk) if mark.given_at}


def _is_seen_through(attempt: Attempt, marks: list[Mark]) -> bool:
    """Whether everybody who marks blind has given their marks."""
    double = attempt.pinned["marking"]["mode"] == Assessment.Marking.DOUBLE
    return {Role.FIRST, *([Role.SECOND] if double else [])} <= _by_role(marks).keys()


def deciding_marks(attempt: Attempt, marks: list[Mark]) -> list[Mark]:
    """The marks that the score is the mean of: the last moderator's, else the adjudicator's, else
    those of the markers, unless they are too far apart. Empty while they decide nothing."""
    given = _by_role(marks)
    for role in (Role.MODERATOR, Role.ADJUDICATOR):
        if role in given:
            return [given[role]]
    if not _is_seen_through(attempt, marks):
        return []
    rules = attempt.pinned["marking"]
    if rules["mode"] != Assessment.Marking.DOUBLE:
        return [given[Role.FIRST]]
    both = [given[Role.FIRST], given[Role.SECOND]]
    apart = abs(both[0].score - both[1].score)
    return both if apart < float(Decimal(rules["adjudicates_from"])) - NEARLY else []


def _settle(attempt: Attempt, response: Response, at: datetime) -> None:
    """Score the answer once its marks decide it; grade the attempt once all of its answers are."""
    deciding = deciding_marks(attempt, list(response.marks.all()))
    if not deciding:
        return
    response.score = fmean(mark.score for mark in deciding)
    response.save(update_fields=["score"])
    responses = list(attempt.responses.select_related("item_version__item"))
    if any(one.score is None for one in responses):
        return
    for one in responses:
        if is_marked(one):
            statements.scored(attempt, one, at=at)
    grade_attempt(attempt, responses, at)


# --- What the learner is told ---------------------------------------------------------------------

_WHO = {
    Role.FIRST: gettext_lazy("First marker"),
    Role.SECOND: gettext_lazy("Second marker"),
}


def as_written(mark: Mark, document: dict, language: str) -> dict:
    """A mark in words: `{"who", "mark", "criteria": [{…, "level", "comment"}], "comment"}`."""
    criteria = []
    for one in rubric_of(document, language):
        chosen = mark.levels.get(one["id"])
        level = next((level for level in one["levels"] if level["id"] == chosen), None)
        criteria.append({**one, "level": level, "comment": mark.comments.get(one["id"], "")})
    return {
        "who": _WHO.get(mark.role, mark.get_role_display()),
        "mark": mark,
        "criteria": criteria,
        "comment": mark.comment,
    }


def feedback_on(attempt: Attempt, language: str) -> dict[int, list[dict]]:
    """By response: the marks that decided its score, in words. One query."""
    marks = defaultdict(list)
    for mark in Mark.objects.filter(
        response__attempt=attempt, given_at__isnull=False
    ).select_related("response__item_version"):
        marks[mark.response_id].append(mark)
    return {
        response: [
            as_written(mark, mark.response.item_version.content, language)
            for mark in deciding_marks(attempt, own)
        ]
        for response, own in marks.items()
    }


# --- Figures --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turnaround:
    """How long answers to one assessment waited for their marks. `median_days` and `in_time` are of
    those settled since the day asked for, None when there are none."""

    assessment: Assessment
    settled: int
    median_days: float | None
    in_time: float | None
    waiting: int
    late: int


def turnaround(*, since: datetime, at: datetime | None = None) -> list[Turnaround]:
    """By assessment. Three queries; one row an answer that was settled."""
    at = at or now()
    days, kept = defaultdict(list), defaultdict(list)
    settled = (
        Response.objects.filter(score__isnull=False, marks__given_at__gte=since)
        .values_list("pk", "attempt__assessment", "attempt__submitted_at", "attempt__mark_by")
        .annotate(last=Max("marks__given_at"))
        .order_by()
    )
    for _pk, assessment, submitted, by, last in settled:
        days[assessment].append((last - submitted).total_seconds() / 86400)
        kept[assessment].append(by is None or last <= by)
    open_now = {
        row["attempt__assessment"]: row
        for row in awaiting()
        .order_by()
        .values("attempt__assessment")
        .annotate(all=Count("pk"), late=Count("pk", filter=Q(attempt__mark_by__lt=at)))
    }
    found = Assessment.objects.filter(pk__in={*days, *open_now}).order_by("code")
    return [
        Turnaround(
            assessment=one,
            settled=len(days[one.pk]),
            median_days=median(days[one.pk]) if days[one.pk] else None,
            in_time=fmean(kept[one.pk]) if kept[one.pk] else None,
            waiting=open_now.get(one.pk, {}).get("all", 0),
            late=open_now.get(one.pk, {}).get("late", 0),
        )
        for one in found
    ]


# --- Rubrics --------------------------------------------------------------------------------------


def refreeze(rubric: Rubric) -> int:
    """A rubric was changed: the questions that use it get a version with the new one, for attempts
    that begin from now on. Returns how many did."""
    changed = 0
    for content in ItemContent.objects.filter(rubric=rubric, live=True).order_by("pk"):
        before = _current_version(content)
        if before is None:
            continue
        version = publish_item(content)
        changed += version is not None and version.pk != before
    return changed


def _current_version(content: ItemContent) -> int | None:
    return (
        Item.objects.filter(uuid=content.translation_key)
        .values_list("current_version", flat=True)
        .first()
    )


def mark_of(uuid, marker: User) -> Mark:
    """A mark that is the person's own; otherwise there is none that they may know of."""
    mark = (
        Mark.objects.select_related("response__attempt__assessment", "response__item_version__item")
        .filter(uuid=uuid, marker=marker)
        .first()
    )
    if mark is None:
        raise NotFound(_("This answer is not yours to mark. Take one from the queue."))
    return mark
