"""What credentials say to the learning record."""

from datetime import datetime
from uuid import UUID

from academy.xapi.services import activity, record
from academy.xapi.vocabulary import ActivityType, badges
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
