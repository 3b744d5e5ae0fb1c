"""Owing, making and revoking credentials."""

import hashlib
import uuid
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import override

from academy.competencies.models import ProficiencyLevel
from academy.core.clock import now
from academy.core.errors import Conflict
from academy.core.fields import Localized
from academy.people.models import User
from assessments.models import Attempt
from courses.models import Enrollment, ModuleCompletion
from courses.services import end_validity
from credentials import statements
from credentials.models import Credential, Revocation
from credentials.pdf.certificate import CertificateContext, render
from credentials.pdf.fonts import MissingGlyph
from credentials.pdf.layout import TextDoesNotFit

log = structlog.get_logger(__name__)

#: After so many claims without a document, a person has to look.
MAX_TRIES = 8


def verify_url(code: str) -> str:
    """The address printed on the credential, for good: it must not depend on a language."""
    return settings.SITE_URL + reverse("credentials:verify", args=[code])


def _level_words(levels: dict, framework_id: int, number: int, language: str) -> str:
    level = levels[framework_id, number]
    return f"{number} ({level.band_title.in_language(language)})"


def freeze_award(
    enrollment: Enrollment, completions: list[ModuleCompletion], *, issuer: dict, code: str
) -> dict:
    """Everything that will be printed, as it is today, in the learner's language.

    issuer: name by language, and the colours of the academy ("primary", "accent").
    """
    learner, course = enrollment.learner, enrollment.course
    language = learner.language or settings.LANGUAGE_CODE
    levels = {(one.framework_id, one.number): one for one in ProficiencyLevel.objects.all()}
    expires = enrollment.valid_to
    with override(language):
        modules = [
            {
                "title": completion.module.title.in_language(language),
                "route_label": str(completion.get_route_display()),
                "date": localdate(completion.completed_at).isoformat(),
            }
            for completion in completions
        ]
        competencies, attempts = {}, []
        for completion in completions:
            attempts.append(str(completion.attempt))
            for taught in completion.module.teaches.select_related("competency__framework"):
                competency = taught.competency
                words = _level_words(levels, competency.framework_id, taught.level, language)
                competencies[competency.ref] = _(
                    "%(framework)s · %(code)s %(title)s — level %(level)s"
                ) % {
                    "framework": competency.framework.title.in_language(language)
                    .split(":")[0]
                    .strip(),
                    "code": competency.code,
                    "title": competency.title.in_language(language),
                    "level": words,
                }
        minutes = sum(completion.module.minutes for completion in completions)
        hours = _("%(hours)s hours of learning") % {"hours": f"{max(minutes / 60, 0.5):.1f}"}
    if language.startswith("fr"):
        hours = hours.replace(".", ",")
    name = issuer["name"]
    printed = CertificateContext.from_json(
        {
            "language": language,
            "name": learner.get_full_name(),
            "title": course.title.in_language(language),
            "issuer": name.in_language(language) if isinstance(name, Localized) else name,
            "description": course.outcome.in_language(language),
            "modules": modules,
            "competencies": list(competencies.values()),
            "hours": hours,
            "issued_on": localdate(enrollment.completed_at).isoformat(),
            "expires_on": localdate(expires).isoformat() if expires else None,
            "code": code,
            "verify_url": verify_url(code),
            "colours": {key: issuer[key] for key in ("primary", "accent") if key in issuer},
        }
    )
    evidence = {
        "registration": str(enrollment.uuid),
        "attempts": attempts,
        "statements": [
            str(one)
            for one in Attempt.objects.filter(uuid__in=attempts).values_list(
                "statement_id", flat=True
            )
        ],
        "competencies": list(competencies),
    }
    return {**printed.to_json(), "evidence": evidence}


@transaction.atomic
def owe_credential(
    *, enrollment: Enrollment, completions: list[ModuleCompletion], issuer: dict
) -> Credential | None:
    """A course was completed: its credential is owed from now on, with its award frozen.

    One enrollment earns one credential, however often this is called. Nothing is owed for a course
    in which nothing was proven.
    """
    if not completions:
        return None
    existing = Credential.objects.filter(enrollment=enrollment).first()
    if existing is not None:
        return existing
    credential = Credential(
        learner=enrollment.learner,
        course=enrollment.course,
        enrollment=enrollment,
        awarded_at=enrollment.completed_at,
    )
    credential.award = freeze_award(enrollment, completions, issuer=issuer, code=credential.code)
    credential.expires_at = enrollment.valid_to
    credential.save()
    return credential


# --- Making the document --------------------------------------------------------------------------


def claim_credential(pk: int, *, at: datetime | None = None) -> Credential | None:
    """Take the work of making a document, for as long as the lease lasts.

    Compare-and-set: of two workers one wins, and a worker that died loses its claim when the lease
    runs out. Returns None when there is nothing to do or somebody else is at it.
    """
    at = at or now()
    claim = uuid.uuid4()
    # A document that killed its worker so often will kill the next one too: a person has to look.
    Credential.objects.filter(
        pk=pk, state=Credential.State.CLAIMED, lease_until__lt=at, tries__gte=MAX_TRIES
    ).update(state=Credential.State.REFUSED, problem="gave up after too many tries")
    won = (
        Credential.objects.filter(pk=pk)
        .filter(
            Q(state=Credential.State.PENDING)
            | Q(state=Credential.State.CLAIMED, lease_until__lt=at)
        )
        .update(
            state=Credential.State.CLAIMED,
            claimed_by=claim,
            lease_until=at + timedelta(seconds=settings.CREDENTIAL_LEASE_SECONDS),
        )
    )
    if not won:
        return None
    credential = Credential.objects.select_related("course", "enrollment", "learner").get(pk=pk)
    Credential.objects.filter(pk=pk).update(tries=credential.tries + 1)
    return credential


class NoName(ValueError):
    """A certificate for nobody is not made."""


def make_document(credential: Credential) -> bytes:
    """Render from the frozen award and nothing else. Raises `NoName` where nobody is named."""
    if not credential.award["name"].strip():
        raise NoName("the holder has no name")
    award = {key: value for key, value in credential.award.items() if key != "evidence"}
    return render(CertificateContext.from_json(award))


def issue_credential(pk: int, *, at: datetime | None = None) -> Credential | None:
    """Claim, render, store and issue. Returns the credential, or None when another has it.

    The file is stored first under a name of this claim; the row then takes it up only if the claim
    is still ours. A worker killed at any point leaves at most a file nobody points to.
    """
    credential = claim_credential(pk, at=at)
    if credential is None:
        return None
    try:
        content = make_document(credential)
    except (MissingGlyph, TextDoesNotFit, NoName) as error:
        log.error("credential_refused", credential=str(credential.uuid), problem=str(error))
        Credential.objects.filter(pk=pk, claimed_by=credential.claimed_by).update(
            state=Credential.State.REFUSED, problem=str(error)
        )
        return None
    except Exception:
        # Back to the queue with a growing pause, or to a person when it keeps failing.
        tries = credential.tries + 1
        log.exception("credential_failed", credential=str(credential.uuid), tries=tries)
        Credential.objects.filter(pk=pk, claimed_by=credential.claimed_by).update(
            state=Credential.State.REFUSED if tries >= MAX_TRIES else Credential.State.CLAIMED,
            lease_until=(at or now()) + timedelta(seconds=min(20 * 2**tries, 3600)),
            problem="see the worker's log",
        )
        return None
    storage = Credential._meta.get_field("pdf").storage
    name = storage.save(
        f"credentials/{credential.uuid}/{credential.claimed_by}.pdf", ContentFile(content)
    )
    with transaction.atomic():
        issued_at = at or now()
        won = Credential.objects.filter(
            pk=pk, state=Credential.State.CLAIMED, claimed_by=credential.claimed_by
        ).update(
            state=Credential.State.ISSUED,
            pdf=name,
            pdf_sha256=hashlib.sha256(content).hexdigest(),
            issued_at=issued_at,
            problem="",
        )
        if won:
            credential.refresh_from_db()
            statements.earned(credential, at=issued_at)
    if not won:
        storage.delete(name)
        return None
    return credential


def owed_credentials(*, at: datetime | None = None, limit: int = 200) -> list[int]:
    """Credentials whose message was lost or whose worker died, oldest first."""
    at = at or now()
    owed = Credential.objects.filter(
        Q(state=Credential.State.PENDING, awarded_at__lt=at - timedelta(seconds=5))
        | Q(state=Credential.State.CLAIMED, lease_until__lt=at)
    ).order_by("awarded_at")
    return list(owed.values_list("pk", flat=True)[:limit])


# --- Erasure --------------------------------------------------------------------------------------

#: Stands in the place of a document that was removed with its holder's name.
NO_DOCUMENT = "erased"


@transaction.atomic
def forget_person(person: User) -> None:
    """A person is erased: their certificates lose the name and the document, and keep the rest.

    The code still says that such a certificate was issued and whether it stands. The hash of the
    document stays: whoever holds the document can show that it is the one.
    """
    for credential in Credential.objects.filter(learner=person):
        if credential.pdf and credential.pdf.name != NO_DOCUMENT:
            credential.pdf.storage.delete(credential.pdf.name)
            credential.pdf = NO_DOCUMENT
        credential.award = {**credential.award, "name": ""}
        credential.save(update_fields=["award", "pdf"])


# --- Whether it stands ----------------------------------------------------------------------------


@transaction.atomic
def revoke_credential(
    *,
    credential: Credential,
    reason: str,
    public_label: str,
    by: User | None,
    at: datetime | None = None,
) -> Revocation:
    """Take a credential back. It cannot be revoked twice. The person may take the course again at
    once, and prove its modules anew, for another one."""
    at = at or now()
    revocation, created = Revocation.objects.get_or_create(
        credential=credential,
        defaults={
            "reason": reason,
            "public_label": public_label,
            "revoked_by": by,
            "revoked_at": at,
        },
    )
    if not created:
        raise Conflict(_("This credential has been revoked already."))
    end_validity(enrollment=credential.enrollment, at=at)
    statements.revoked(credential, by=by, at=at)
    return revocation


def revoke_for(*, enrollment: Enrollment, reason: str, by: User | None, at: datetime) -> None:
    """What the enrollment earned rests on a pass that was taken back: its credential is revoked."""
    standing = Credential.objects.filter(enrollment=enrollment, revocation__isnull=True)
    for credential in standing.select_related("enrollment", "learner", "course"):
        revoke_credential(
            credential=credential,
            reason=reason,
            public_label=Revocation.PublicLabel.ERROR,
            by=by,
            at=at,
        )


def resting_on(attempts: list[uuid.UUID]) -> int:
    """How many credentials in force have one of these attempts among their evidence."""
    enrollments = ModuleCompletion.objects.filter(attempt__in=attempts).values("enrollment")
    return Credential.objects.filter(enrollment__in=enrollments, revocation__isnull=True).count()


def record_download(*, credential: Credential, at: datetime | None = None) -> None:
    """Say in the learning record that the holder took a copy."""
    statements.downloaded(credential, at=at or now())


class Standing:
    """The answers of the verify page."""

    VALID = "valid"
    PENDING = "pending"
    EXPIRED = "expired"
    REVOKED = "revoked"


def standing_of(credential: Credential, *, at: datetime | None = None) -> str:
    """Whether the credential stands now: revocation outweighs expiry."""
    if hasattr(credential, "revocation"):
        return Standing.REVOKED
    if not credential.is_issued:
        return Standing.PENDING
    if credential.expires_at and credential.expires_at <= (at or now()):
        return Standing.EXPIRED
    return Standing.VALID
