"""What people did, as stories. Each yields the time of a step before it takes it (see `Life`)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from academy.demo.life import Life
from academy.people.models import User
from courses.models import PlanItem
from courses.plans import accept_skip, add_to_plan, defer
from credentials.models import Credential, Revocation
from credentials.services import revoke_credential

Story = Callable[[Life], Iterator[datetime]]


def placed(life: Life):
    """Took the placement, and has a plan."""
    yield life.wait(days=2)
    life.place()


def deferred(life: Life):
    """Put one module off for a while."""
    yield from placed(life)
    yield life.wait(days=1)
    last = [item for item in life.plan() if item.is_open][-1]
    defer(item=last, until=(life.at + timedelta(days=75)).date(), at=life.at)


def began(life: Life):
    """Began a course, and has not been seen for a while."""
    yield from placed(life)
    yield life.wait(days=3)
    enrollment = life.enroll("working-with-data")
    yield from life.study(enrollment, "finding-data", lessons=2)


def halfway(life: Life):
    """Proved the first module, and is in the middle of the second."""
    yield from placed(life)
    yield life.wait(days=2)
    enrollment = life.enroll("working-with-data")
    yield from life.learn(enrollment, "finding-data")
    yield from life.study(enrollment, "describing-data", lessons=3)


def working(life: Life):
    """Completed "Working with data", without a placement: straight from the catalogue."""
    yield life.wait(days=2)
    yield from _course(life, "working-with-data", "finding-data", "describing-data")


def privacy(life: Life):
    """Completed "Data and privacy"."""
    yield from placed(life)
    yield from _course(life, "data-and-privacy", "finding-data", "personal-data")


def both(life: Life):
    """Completed both courses; the shared module counted twice."""
    yield from working(life)
    yield life.wait(days=12)
    enrollment = life.enroll("data-and-privacy")
    yield from life.learn(enrollment, "personal-data")


def direct(life: Life):
    """Already knew it, and proved it by the final assessments alone."""
    yield from placed(life)
    yield life.wait(days=1)
    enrollment = life.enroll("working-with-data")
    yield from life.prove(enrollment, "finding-data")
    yield from life.prove(enrollment, "describing-data")
    yield life.wait(days=9)
    enrollment = life.enroll("data-and-privacy")
    yield from life.prove(enrollment, "personal-data")


def skipped(life: Life):
    """Accepted what the placement offered to skip, added a module out of interest, went on."""
    yield from placed(life)
    yield life.wait(days=1)
    for item in life.plan():
        if item.state == PlanItem.State.SKIP_OFFERED:
            accept_skip(item=item, at=life.at)
    yield life.wait(days=4)
    enrollment = life.enroll("data-and-privacy")
    module = enrollment.course.course_modules.last().module
    add_to_plan(learner=life.user, module=module, at=life.at)
    yield from life.learn(enrollment, "personal-data")


def failed(life: Life):
    """Read everything, failed the final assessment twice, and has not tried again."""
    yield from placed(life)
    yield life.wait(days=2)
    enrollment = life.enroll("data-and-privacy")
    yield from life.study(enrollment, "finding-data")
    for _try in range(2):
        yield life.wait(days=2)
        life.attempt(enrollment, "finding-data", lift=-2.5)


def retook(life: Life):
    """Failed at first, read again, passed, and completed the course."""
    yield from failed(life)
    yield life.wait(days=5)
    life.lift += 1.5
    enrollment = life.enroll("data-and-privacy")
    yield from life.prove(enrollment, "finding-data")
    yield from life.learn(enrollment, "personal-data")


def revoked(life: Life):
    """Was given a certificate that had to be taken back."""
    yield from privacy(life)
    yield life.wait(days=20)
    credential = Credential.objects.filter(learner=life.user).first()
    if credential is not None:
        revoke_credential(
            credential=credential,
            reason="The final assessment was taken on another person's account.",
            public_label=Revocation.PublicLabel.WITHDRAWN,
            by=User.objects.get(email__startswith="hr@"),
            at=life.at,
        )


def pilot(life: Life):
    """Took part in the pilot more than two years ago: that certificate has expired since."""
    yield life.wait(days=1)
    yield from _course(life, "data-and-privacy", "finding-data", "personal-data")
    yield life.wait(days=600)
    enrollment = life.enroll("working-with-data")
    yield from life.learn(enrollment, "describing-data")


def _course(life: Life, code: str, *modules: str):
    yield life.wait(days=2)
    enrollment = life.enroll(code)
    for module in modules:
        yield from life.learn(enrollment, module)


STORIES: dict[str, Story] = {
    story.__name__: story
    for story in (
        placed, deferred, began, halfway, working, privacy, both, direct, skipped, failed, retook,
        revoked, pilot,
    )
} | {"left": working}  # fmt: skip
