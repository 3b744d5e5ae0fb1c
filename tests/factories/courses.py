"""Courses, modules and what was done in them, for tests."""

import uuid
from datetime import UTC, datetime

import factory

from academy.core.fields import Localized
from courses.models import Course, CourseModule, Enrollment, Module, ModuleCompletion
from tests.factories.people import UserFactory


class ModuleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Module

    uuid = factory.LazyFunction(uuid.uuid4)
    title = factory.Sequence(lambda n: Localized({"en": f"Module {n}", "fr": f"Module {n}"}))
    minutes = 30


class CourseFactory(factory.django.DjangoModelFactory):
    """A course; `modules=[…]` are its modules in their order."""

    class Meta:
        model = Course
        skip_postgeneration_save = True

    uuid = factory.LazyFunction(uuid.uuid4)
    title = factory.Sequence(lambda n: Localized({"en": f"Course {n}", "fr": f"Cours {n}"}))
    outcome = Localized({"en": "You can do it."})

    @factory.post_generation
    def modules(self, create, extracted, **kwargs):
        for order, module in enumerate(extracted or []):
            CourseModule.objects.create(course=self, module=module, order=order)


class EnrollmentFactory(factory.django.DjangoModelFactory):
    """An enrolment; `completed_at` makes it a completed one."""

    class Meta:
        model = Enrollment

    learner = factory.SubFactory(UserFactory)
    course = factory.SubFactory(CourseFactory)
    enrolled_at = datetime(2024, 6, 1, tzinfo=UTC)
    status = factory.LazyAttribute(
        lambda one: "completed" if getattr(one, "completed_at", None) else "active"
    )
    completed_at = None


class ModuleCompletionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ModuleCompletion

    enrollment = factory.SubFactory(EnrollmentFactory)
    learner = factory.SelfAttribute("enrollment.learner")
    module = factory.SubFactory(ModuleFactory)
    attempt = factory.LazyFunction(uuid.uuid4)
    route = ModuleCompletion.Route.LEARNED
    score = 0.8
    completed_at = datetime(2024, 7, 1, tzinfo=UTC)
