"""Frameworks, profiles and competency records for tests."""

from datetime import UTC, datetime

import factory

from academy.competencies.models import (
    Area,
    Competency,
    CompetencyRecord,
    Framework,
    ProficiencyLevel,
    Profile,
    ProfileEntry,
)
from academy.core.fields import Localized
from tests.factories.people import PositionFactory, UserFactory


class FrameworkFactory(factory.django.DjangoModelFactory):
    """A framework with `levels` levels in bands of two, as DigComp has."""

    class Meta:
        model = Framework
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"framework-{n}")
    title = factory.LazyAttribute(lambda one: Localized({"en": f"Framework {one.code}"}))
    publisher = "Academy"

    @factory.post_generation
    def levels(self, create, extracted, **kwargs):
        if create:
            for number in range(1, (extracted or 8) + 1):
                band = (number - 1) // 2
                ProficiencyLevel.objects.create(
                    framework=self,
                    number=number,
                    band=band,
                    band_title=Localized({"en": f"Band {band + 1}"}),
                )


class AreaFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Area

    framework = factory.SubFactory(FrameworkFactory)
    code = factory.Sequence(str)
    title = factory.LazyAttribute(lambda area: Localized({"en": f"Area {area.code}"}))


class CompetencyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Competency

    framework = factory.SubFactory(FrameworkFactory)
    area = factory.SubFactory(AreaFactory, framework=factory.SelfAttribute("..framework"))
    code = factory.Sequence(lambda n: f"1.{n}")
    ref = factory.LazyAttribute(lambda one: f"{one.framework.code}:{one.code}")
    title = factory.LazyAttribute(lambda one: Localized({"en": f"Competency {one.code}"}))
    order = factory.Sequence(lambda n: n)


class ProfileFactory(factory.django.DjangoModelFactory):
    """What a position asks for. `position=None` is the baseline; `asks` maps competency to level."""

    class Meta:
        model = Profile
        skip_postgeneration_save = True

    position = factory.SubFactory(PositionFactory)
    due_days = 180

    @factory.post_generation
    def asks(self, create, extracted, **kwargs):
        for competency, level in (extracted or {}).items():
            ProfileEntry.objects.create(profile=self, competency=competency, level=level)


class CompetencyRecordFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CompetencyRecord

    learner = factory.SubFactory(UserFactory)
    competency = factory.SubFactory(CompetencyFactory)
    level = 1
    basis = CompetencyRecord.Basis.HELD
    valid_from = datetime(2024, 6, 1, tzinfo=UTC)
