"""One person's steps through the academy, taken with the real services at times of our choosing."""

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils.translation import override

from academy.demo.keys import key_of
from academy.demo.people import Person
from academy.people.models import User
from assessments.models import Attempt, ItemVersion, Response
from assessments.placement import open_placement
from assessments.services import answer_placement, start_attempt, submit_attempt
from courses.models import Course, Enrollment, Lesson, Module, PlanItem
from courses.plans import renew_plan
from courses.services import complete_lesson, enroll, open_lesson, start_final
from credentials.models import Credential
from credentials.services import issue_credential

#: In logits: where the ministry's average stands on the placement's scale before anybody has learned
#: anything, and how much studying a module adds.
AVERAGE, GAIN = -1.2, 2.6


class Life:
    """A person living through their story.

    A story is a generator: it yields the time of each step before it takes it, so that many stories
    can be told in the order of time. Every draw comes from a generator seeded with the person's key,
    so that each demo tells the same.
    """

    def __init__(self, person: Person, user: User, start: datetime):
        self.person = person
        self.user = user
        self.at = start
        self.random = random.Random(f"academy:{person.key}")
        self.studied: set[Module] = set()
        self.lift = 0.0

    # --- time -------------------------------------------------------------------------------------

    def wait(self, days: float = 0, minutes: float = 0) -> datetime:
        """Let time pass; whole days end in an hour of work."""
        self.at += timedelta(days=days, minutes=minutes)
        if days:
            hour, minute = self.random.randrange(8, 16), self.random.randrange(60)
            self.at = self.at.replace(hour=hour, minute=minute)
            while self.at.weekday() >= 5:
                self.at += timedelta(days=1)
        return self.at

    def _tick(self, low: int, high: int) -> datetime:
        self.at += timedelta(seconds=self.random.randint(low, high))
        return self.at

    # --- answering --------------------------------------------------------------------------------

    def _knows(self, version: ItemVersion, lift: float) -> bool:
        """Whether the person gets this right: the two-parameter logistic, guessing apart."""
        item = version.item
        theta = AVERAGE + self.person.ability + lift
        chance = 1 / (1 + math.exp(-item.discrimination * (theta - item.difficulty)))
        return self.random.random() < item.guessing + (1 - item.guessing) * chance

    def _answer(self, version: ItemVersion, lift: float):
        key, kind = version.content["key"], version.content["type"]
        right = self._knows(version, lift)
        if kind == "numeric":
            value, tolerance = Decimal(key["value"]), Decimal(key["tolerance"])
            return str(value if right else value + 2 * tolerance + 1)
        words = next(iter(version.content["languages"].values()))
        options = [option["id"] for option in words["options"]]
        if kind == "multiple":
            return key if right else sorted(set(key) ^ {self.random.choice(options)})
        return key if right else self.random.choice([one for one in options if one != key])

    # --- steps ------------------------------------------------------------------------------------

    def place(self) -> Attempt:
        """Take the placement, from the first item to its result."""
        with override(self.person.language):
            attempt = start_attempt(
                assessment=open_placement(),
                learner=self.user,
                registration=UUID(int=self.random.getrandbits(128), version=4),
                at=self.at,
                seed=self.random.getrandbits(48),
            )
            while attempt.status == Attempt.Status.IN_PROGRESS:
                shown = (
                    attempt.responses.select_related("item_version__item")
                    .order_by("-position")
                    .first()
                )
                answer = self._answer(shown.item_version, 0)
                unsure = answer != shown.item_version.content["key"] and self.random.random() < 0.15
                attempt = answer_placement(
                    attempt=attempt,
                    position=shown.position,
                    answer=None if unsure else answer,
                    language=self.person.language,
                    at=self._tick(15, 70),
                )
        return attempt

    def plan(self) -> list[PlanItem]:
        return list(renew_plan(self.user, at=self.at).items.select_related("module"))

    def enroll(self, code: str) -> Enrollment:
        with override(self.person.language):
            course = Course.objects.get(uuid=key_of("courses", code))
            return enroll(learner=self.user, course=course, at=self.at)

    def study(self, enrollment: Enrollment, code: str, lessons: int = 99) -> Iterator[datetime]:
        """The lessons of a module, one or two a sitting."""
        module = Module.objects.get(uuid=key_of("modules", code))
        rows = list(
            Lesson.objects.filter(module=module).select_related("module", "current_version")
        )
        for index, lesson in enumerate(rows[:lessons]):
            yield self.wait(days=self.random.choice((1, 3, 6)) if index % 2 == 0 else 0, minutes=1)
            with override(self.person.language):
                open_lesson(enrollment=enrollment, lesson=lesson, at=self.at)
                self._tick(lesson.minutes * 45, lesson.minutes * 90)
                complete_lesson(enrollment=enrollment, lesson=lesson, at=self.at)
        if lessons >= len(rows):
            self.studied.add(module)

    def attempt(self, enrollment: Enrollment, code: str, *, lift: float | None = None) -> Attempt:
        """Take a module's final assessment once. `lift` overrides what was learned."""
        module = Module.objects.select_related("final_assessment").get(uuid=key_of("modules", code))
        if lift is None:
            lift = self.lift + (GAIN if module in self.studied else 0)
        with override(self.person.language):
            attempt = start_final(
                learner=self.user,
                module=module,
                enrollment=enrollment,
                at=self.at,
                seed=self.random.getrandbits(48),
            )
            self._fill_in(attempt, lift)
            attempt = submit_attempt(attempt=attempt, at=self._tick(10, 60))
            self._collect()
        return attempt

    def _fill_in(self, attempt: Attempt, lift: float) -> None:
        """Answer every question. What `save_answer` would write one by one is written at once: an
        answer says nothing to the record before it is graded, and this halves the time of a load."""
        responses = list(
            attempt.responses.select_related("item_version__item").order_by("position")
        )
        for response in responses:
            response.answer = self._answer(response.item_version, lift)
            response.sequence = 1
            response.language = response.item_version.language_shown(self.person.language)
            response.answered_at = self._tick(20, 110)
        Response.objects.bulk_update(responses, ["answer", "sequence", "language", "answered_at"])

    def prove(self, enrollment: Enrollment, code: str) -> Iterator[datetime]:
        """Take the final assessment until it is passed, knowing a little more each time."""
        for _again in range(6):
            yield self.wait(days=self.random.choice((1, 2, 3)))
            if self.attempt(enrollment, code).passed:
                return
            self.lift += 0.6

    def learn(self, enrollment: Enrollment, code: str) -> Iterator[datetime]:
        yield from self.study(enrollment, code)
        yield from self.prove(enrollment, code)

    def _collect(self) -> None:
        """What the worker does within seconds: make the certificates that are owed."""
        owed = Credential.objects.filter(learner=self.user, state=Credential.State.PENDING)
        for pk in owed.values_list("pk", flat=True):
            issue_credential(pk, at=self.at + timedelta(seconds=12))
