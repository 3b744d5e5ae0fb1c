"""What credentials say to the learning record."""

from datetime import datetime
from uuid import UUID

from academy.people.models import User
from academy.people.services import identity_for
from academy.xapi.services import activity, record
from academy.xapi.vocabulary import ActivityType, badges, streams, tincan
from courses.statements import course_activity
from credentials.models import Credential


def _badge(credential: Credential) -> dict:
    return activity(
        kind="credentials",
        uuid=credential.uuid,
        type=ActivityType.BADGE,
        name=credential.course.title,
    )


def earned(credential: Credential, *, at: datetime) -> UUID:
    """`earned`: the credential was issued; its award names the statements it rests on."""
    return record(
        actor=credential.learner,
        verb=badges.EARNED,
        activity=_badge(credential),
        context={"contextActivities": {"grouping": [course_activity(credential.course)]}},
        registration=credential.enrollment.uuid,
        at=at,
    )


def revoked(credential: Credential, *, by: User | None, at: datetime) -> UUID:
    """`lost`: the credential was taken back, by whom if that is known. Why stays in its own row."""
    context: dict = {"contextActivities": {"grouping": [course_activity(credential.course)]}}
    if by is not None:
        context["instructor"] = identity_for(by).actor
    return record(
        actor=credential.learner,
        verb=streams.LOST,
        activity=_badge(credential),
        context=context,
        registration=credential.enrollment.uuid,
        at=at,
    )


def downloaded(credential: Credential, *, at: datetime) -> UUID:
    """`downloaded`: the holder took a copy of the document."""
    return record(
        actor=credential.learner,
        verb=tincan.DOWNLOADED,
        activity=_badge(credential),
        registration=credential.enrollment.uuid,
        at=at,
    )
