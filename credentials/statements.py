"""What credentials say to the learning record."""

from datetime import datetime
from uuid import UUID

from academy.xapi.services import activity, record
from academy.xapi.vocabulary import ActivityType, adl, badges
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
    """`earned`: the credential was issued; its evidence statements are named in its award."""
    return record(
        actor=credential.learner,
        verb=badges.EARNED,
        activity=_badge(credential),
        context={"contextActivities": {"grouping": [course_activity(credential.course)]}},
        registration=credential.enrollment.uuid,
        at=at,
    )


def viewed_by_holder(credential: Credential, *, at: datetime) -> UUID:
    """`experienced`: the holder downloaded the document."""
    return record(
        actor=credential.learner,
        verb=adl.EXPERIENCED,
        activity=_badge(credential),
        registration=credential.enrollment.uuid,
        at=at,
    )
