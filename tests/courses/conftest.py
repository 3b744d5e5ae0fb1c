"""Courses as plain rows: quicker than pages, and all the services need."""

import uuid
from dataclasses import dataclass

import pytest

from academy.competencies.models import Competency, Profile, ProfileEntry
from academy.people.models import User
from assessments.models import Attempt
from assessments.services import save_answer, submit_attempt
from courses.models import Course, Lesson, LessonVersion, Module, ModuleCompetency
from courses.services import start_final
from tests.factories import teaching
from tests.factories.competencies import CompetencyFactory
from tests.factories.courses import CourseFactory, ModuleFactory
from tests.factories.people import UserFactory


def lesson_of(module: Module, order: int = 0) -> Lesson:
    """A published lesson at the end of the module."""
    lesson = Lesson.objects.create(
        uuid=uuid.uuid4(), module=module, title={"en": f"Lesson {order}"}, minutes=5, order=order
    )
    lesson.current_version = LessonVersion.objects.create(lesson=lesson, number=1, content_hash="1")
    lesson.save()
    return lesson


@dataclass
class School:
    """One competency, one bank of four questions, and what is made of them."""

    skill: Competency
    learner: User

    def module(self, *, level: int = 2, lessons: int = 2, final: bool = True) -> Module:
        """A module of lessons that teaches the competency, proven by all of the bank."""
        module = ModuleFactory(
            final_assessment=teaching.final(f"final-{uuid.uuid4().hex[:8]}", self.bank, count=0)
            if final
            else None
        )
        ModuleCompetency.objects.create(module=module, competency=self.skill, level=level)
        for order in range(lessons):
            lesson_of(module, order)
        return module

    @property
    def bank(self):
        from assessments.models import ItemBank

        return ItemBank.objects.filter(code="school").first() or teaching.bank(
            "school", self.skill, items=4
        )

    def course(self, *modules: Module, **fields) -> Course:
        return CourseFactory(modules=modules, **fields)

    def ask(self, level: int) -> None:
        """Ask the competency of everyone, at the level."""
        baseline, _created = Profile.objects.get_or_create(position=None)
        ProfileEntry.objects.update_or_create(
            profile=baseline, competency=self.skill, defaults={"level": level}
        )

    def ask_nothing(self) -> None:
        ProfileEntry.objects.all().delete()

    def other_skill(self) -> Competency:
        return CompetencyFactory(
            framework=self.skill.framework, area=self.skill.area, code=f"X.{uuid.uuid4().hex[:4]}"
        )

    def prove(self, module: Module, *, learner: User | None = None, right: int = 4) -> Attempt:
        """Take the module's final assessment with so many right answers."""
        attempt = start_final(learner=learner or self.learner, module=module)
        return self.answer(attempt, right=right)

    def answer(self, attempt: Attempt, *, right: int = 4) -> Attempt:
        for response in attempt.responses.select_related("item_version")[:right]:
            save_answer(
                attempt=attempt,
                position=response.position,
                answer=response.item_version.content["key"],
                sequence=1,
                language="en",
            )
        return submit_attempt(attempt=attempt)


@pytest.fixture
def school(db) -> School:
    return School(teaching.competency(), UserFactory(first_name="Amina", last_name="Diallo"))
