"""Grading answers again after a bad key: shown before it is done, done once, never undone.

A `Regrade` is a decision about one version of a question. `preview` works it out without writing;
`decide` puts it in force; a task applies it attempt by attempt (`apply_some`), each in a transaction
of its own, under a lease, from the response where the last worker stopped. Attempts that are graded
after the decision are graded by it (`corrections.apply_decided`).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict
from academy.people.models import Identity, User
from academy.people.services import lock_person
from assessments import statements
from assessments.corrections import correct, corrected_result
from assessments.grading import settle
from assessments.item_statistics import ask_statistics
from assessments.item_types import item_type_for
from assessments.models import Assessment, Attempt, ItemVersion, Regrade, Response, ScoreChange
from assessments.services import lock_attempt
from assessments.signals import attempt_regraded

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
#: A pass in which an attempt failed begins anew after this.
PAUSE = timedelta(minutes=5)
#: So long a decision that is done is compared with what has been graded since.
SECOND_LOOK = timedelta(minutes=10)
CHUNK = 200
WITH_NEW_KEY = (Regrade.Policy.NEW_KEY, Regrade.Policy.BEST_OF)


def affected(regrade: Regrade) -> QuerySet[Response]:
    """The graded responses that a decision is about. Those of people who were erased stay as they are:
    there is nobody left to tell, and nothing left to grade."""
    return Response.objects.filter(
        Exists(Identity.objects.filter(person=OuterRef("learner"))),
        item_version=regrade.item_version_id,
        attempt__status=Attempt.Status.GRADED,
    ).order_by("pk")


# --- Deciding -------------------------------------------------------------------------------------


def newer_versions(version: ItemVersion) -> QuerySet[ItemVersion]:
    """The versions whose key may take its place."""
    return ItemVersion.objects.filter(item=version.item_id, number__gt=version.number)


def _check(
    version: ItemVersion, policy: str, new_version: ItemVersion | None
) -> ItemVersion | None:
    if policy not in WITH_NEW_KEY:
        return None
    if item_type_for(version.content["type"]).is_marked:
        raise AcademyError(_("People mark this question: it has no key to be graded by."))
    if new_version is None or not newer_versions(version).filter(pk=new_version.pk).exists():
        raise AcademyError(
            _("Correct the question and publish it first, then choose that version.")
        )
    if new_version.content["type"] != version.content["type"]:
        raise AcademyError(
            _("The newer version is another type of question: its key does not fit.")
        )
    return new_version


@transaction.atomic
def propose(
    *,
    version: ItemVersion,
    policy: str,
    reason: str,
    by: User,
    new_version: ItemVersion | None = None,
    at: datetime | None = None,
) -> Regrade:
    """Write down what might be decided, to be looked at. Nothing is graded by it yet."""
    if policy not in Regrade.Policy.values or not reason.strip():
        raise AcademyError(_("Say what is to be done, and why."))
    new_version = _check(version, policy, new_version)
    regrade = Regrade.objects.create(
        item_version=version,
        new_version=new_version,
        policy=policy,
        reason=reason.strip(),
        decided_by=by,
        decided_at=at or now(),
    )
    regrade.total = affected(regrade).count()
    regrade.save(update_fields=["total"])
    return regrade


@transaction.atomic
def decide(
    *, regrade: Regrade, by: User, takes_back: bool = False, at: datetime | None = None
) -> Regrade:
    """Put it in force, once. `takes_back`: passes that the new scores do not reach are taken back,
    and certificates that rest on them; without it, who has passed stays passed."""
    at = at or now()
    won = Regrade.objects.filter(pk=regrade.pk, state=Regrade.State.PREVIEW).update(
        state=Regrade.State.PENDING,
        takes_back=takes_back,
        decided_by=by,
        decided_at=at,
        total=affected(regrade).count(),
    )
    if not won:
        raise Conflict(_("This has been decided already."))
    regrade.refresh_from_db()
    return regrade


def discard(*, regrade: Regrade) -> None:
    """Forget what was only looked at."""
    deleted, _rows = Regrade.objects.filter(pk=regrade.pk, state=Regrade.State.PREVIEW).delete()
    if not deleted:
        raise Conflict(_("This has been decided already."))


# --- Working it out -------------------------------------------------------------------------------


def outcome_of(attempt: Attempt) -> dict:
    """How an attempt stands, as a `ScoreChange` keeps it."""
    return {
        "raw": attempt.score_raw,
        "max": attempt.score_max,
        "passed": attempt.passed,
        "areas": attempt.result.get("areas", []),
        "sections": attempt.result.get("sections", []),
    }


@dataclass(frozen=True)
class Change:
    """What a decision does to one attempt: `{"score", "neutral", …}` before and after."""

    before: dict
    after: dict
    #: The new scores do not reach what was passed, whether or not the pass is taken back.
    falls_short: bool


def work_out(
    regrade: Regrade, attempt: Attempt, responses: list[Response], response: Response
) -> Change | None:
    """Put a decision into effect on an attempt, in memory; None when it changes nothing."""
    before = outcome_of(attempt)
    found = correct(attempt, response, regrade)
    if found is None:
        return None
    falls_short = False
    if attempt.is_placement:
        attempt.result = corrected_result(attempt, responses)
        neutral = attempt.result.get("neutral", ())
        counted = [one for one in responses if one.position not in neutral]
        attempt.score_raw = float(sum(one.score or 0 for one in counted))
        attempt.score_max = float(len(counted))
    else:
        settle(attempt, responses)
        falls_short = bool(before["passed"]) and not attempt.passed
        if falls_short and not regrade.takes_back:
            attempt.passed = True
    return Change({**found[0], **before}, {**found[1], **outcome_of(attempt)}, falls_short)


def _attempts(
    regrade: Regrade, after: int = 0
) -> Iterator[tuple[Response, Attempt, list[Response]]]:
    """Each affected response with its attempt and all of that attempt's responses, in chunks."""
    while True:
        chunk = list(
            affected(regrade)
            .filter(pk__gt=after)
            .select_related("attempt__assessment", "item_version")
            .prefetch_related("attempt__responses")[:CHUNK]
        )
        for response in chunk:
            responses = list(response.attempt.responses.all())
            mine = next(one for one in responses if one.pk == response.pk)
            mine.item_version, mine.attempt = response.item_version, response.attempt
            yield mine, response.attempt, responses
        if len(chunk) < CHUNK:
            return
        after = chunk[-1].pk


@dataclass
class Preview:
    """What a decision would do, counted: nobody is named. Shares of points are counted in tenths."""

    attempts: int = 0
    changed: int = 0
    higher: int = 0
    lower: int = 0
    newly_passed: int = 0
    falls_short: int = 0
    levels_changed: int = 0
    answers: Counter = field(default_factory=Counter)
    before: list[int] = field(default_factory=lambda: [0] * 10)
    after: list[int] = field(default_factory=lambda: [0] * 10)
    falling: list = field(default_factory=list)

    def _count(self, attempt: Attempt, change: Change | None, stood: dict) -> None:
        now_is = change.after if change else stood
        if not attempt.is_placement:
            for tenths, outcome in ((self.before, stood), (self.after, now_is)):
                share = outcome["raw"] / outcome["max"] if outcome["max"] else 0
                tenths[min(9, int(share * 10 + 1e-9))] += 1
        if change is None:
            return
        self.changed += 1
        was, new = change.before, change.after
        if attempt.is_placement:
            bands = [[area["band"] for area in one["areas"]] for one in (was, new)]
            self.levels_changed += bands[0] != bands[1]
            return
        shares = [one["raw"] / one["max"] if one["max"] else 0 for one in (was, new)]
        self.higher += shares[1] > shares[0]
        self.lower += shares[1] < shares[0]
        self.newly_passed += new["passed"] is True and not was["passed"]
        if change.falls_short:
            self.falls_short += 1
            self.falling.append(attempt.uuid)


def preview(regrade: Regrade) -> Preview:
    """What the decision would do to what is graded now. Writes nothing."""
    found = Preview()
    for response, attempt, responses in _attempts(regrade):
        stood, score = outcome_of(attempt), response.score
        change = work_out(regrade, attempt, responses, response)
        found.attempts += 1
        neutral = change is not None and change.after["neutral"]
        found.answers[(score, None if neutral else response.score)] += 1
        found._count(attempt, change, stood)
    return found


# --- Doing it -------------------------------------------------------------------------------------


def claim(pk: int, *, at: datetime) -> Regrade | None:
    """Take the work for as long as the lease lasts; None when it is done or somebody is at it."""
    won = (
        Regrade.objects.filter(pk=pk)
        .filter(
            Q(state=Regrade.State.PENDING) | Q(state=Regrade.State.RUNNING, leased_until__lt=at)
        )
        .update(state=Regrade.State.RUNNING, leased_until=at + LEASE)
    )
    return Regrade.objects.get(pk=pk) if won else None


def apply_some(pk: int, *, limit: int = 500, at: datetime | None = None) -> bool:
    """Apply a decision to the next so many attempts. Whether there is more to do.

    One attempt that fails is logged and holds no other up; the pass then begins anew a little later,
    in which those that were done change nothing.
    """
    regrade = claim(pk, at=at or now())
    if regrade is None:
        return False
    mine = Regrade.objects.filter(pk=pk)
    rows = affected(regrade).filter(pk__gt=regrade.cursor).values_list("pk", flat=True)
    page = list(rows[: limit + 1])
    for number, response in enumerate(page[:limit], start=1):
        try:
            apply_one(regrade, response, at=at or now())
            mine.update(cursor=response, done=F("done") + 1)
        except Exception:
            mine.update(cursor=response)
            log.exception("attempt_not_regraded", regrade=str(regrade.uuid), response=response)
        if number % 50 == 0:
            mine.update(leased_until=now() + LEASE)
    if len(page) > limit:
        mine.update(state=Regrade.State.PENDING)
        return True
    total = affected(regrade).count()
    regrade.refresh_from_db(fields=["done"])
    if regrade.done < total:  # one failed, or was graded meanwhile
        mine.update(cursor=0, done=0, total=total, leased_until=(at or now()) + PAUSE)
    else:
        mine.update(state=Regrade.State.DONE, done_at=at or now(), total=total)
        _renew_statistics(regrade, at=at or now())
    return False


def _renew_statistics(regrade: Regrade, *, at: datetime) -> None:
    """The figures of the bank, and of each assessment that asked the question, rest on its scores."""
    attempts = Attempt.objects.filter(responses__item_version=regrade.item_version_id)
    ask_statistics(regrade.item_version.item.bank, at=at)
    for assessment in Assessment.objects.filter(pk__in=attempts.values("assessment")):
        ask_statistics(assessment, at=at)


@transaction.atomic
def apply_one(regrade: Regrade, response_pk: int, *, at: datetime) -> ScoreChange | None:
    """Apply a decision to one attempt: the scores, the outcome, the change, the statement, and whoever
    listens, all or nothing. Applying it again changes nothing."""
    learner = User.objects.get(attempts__responses=response_pk)
    lock_person(learner)
    attempt = lock_attempt(Attempt.objects.get(responses=response_pk))
    responses = list(attempt.responses.select_related("item_version"))
    response = next(one for one in responses if one.pk == response_pk)
    response.attempt = attempt
    if regrade.changes.filter(response=response).exists():
        return None
    was_passed = attempt.passed
    change = work_out(regrade, attempt, responses, response)
    if change is None:
        return None
    response.save(update_fields=["score"])
    attempt.statement_id = statements.attempt_regraded(
        attempt, outcome_changed=was_passed != attempt.passed, at=at
    )
    attempt.save(update_fields=["result", "score_raw", "score_max", "passed", "statement_id"])
    row = ScoreChange.objects.create(
        regrade=regrade,
        response=response,
        attempt=attempt,
        learner_id=attempt.learner_id,
        before=change.before,
        after=change.after,
        statement_id=attempt.statement_id,
        changed_at=at,
    )
    attempt_regraded.send(
        sender=Attempt, attempt=attempt, was_passed=was_passed, regrade=regrade, at=at
    )
    return row


def owed_regrades(*, at: datetime | None = None) -> list[int]:
    """Decisions whose message was lost or whose worker died, and those just done, once more: an
    attempt may have been graded by the old key while the decision was taken."""
    at = at or now()
    just_done = Regrade.objects.filter(state=Regrade.State.DONE, done_at__gt=at - SECOND_LOOK)
    for regrade in just_done:
        if affected(regrade).count() != regrade.total:
            Regrade.objects.filter(pk=regrade.pk, state=Regrade.State.DONE).update(
                state=Regrade.State.PENDING, cursor=0, done=0
            )
    owed = Regrade.objects.filter(
        Q(state=Regrade.State.PENDING) | Q(state=Regrade.State.RUNNING, leased_until__lt=at)
    )
    return list(owed.order_by("decided_at").values_list("pk", flat=True))


# --- Reading --------------------------------------------------------------------------------------


def versions_of(item) -> QuerySet[ItemVersion]:
    """The versions of a question, the latest first, with how many graded answers each has."""
    graded = Q(responses__attempt__status=Attempt.Status.GRADED)
    return item.versions.annotate(answers=Count("responses", filter=graded)).order_by("-number")
