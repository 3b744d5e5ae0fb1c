"""People, units and positions for tests. What has rules is made through the services."""

from datetime import date

import factory

from academy.core.fields import Localized
from academy.people.models import Membership, OrgUnit, Position, User
from academy.people.services import assign_membership, create_org_unit


class UserFactory(factory.django.DjangoModelFactory):
    """A person who can sign in with the password "password"; `role="…"` puts them in its group."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@academy.example")
    first_name = "Sam"
    last_name = factory.Sequence(lambda n: f"Person{n:04}")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs.setdefault("password", "password")
        return model_class.objects.create_user(*args, **kwargs)

    @factory.post_generation
    def role(self, create, extracted, **kwargs):
        if create and extracted:
            from django.contrib.auth.models import Group

            self.groups.add(Group.objects.get_or_create(name=extracted)[0])


class OrgUnitFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OrgUnit

    code = factory.Sequence(lambda n: f"UNIT{n}")
    name = factory.LazyAttribute(
        lambda unit: Localized({"en": f"Unit {unit.code}", "fr": f"Unité {unit.code}"})
    )
    parent = None
    valid_from = date(2020, 1, 1)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return create_org_unit(**kwargs)


class PositionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Position

    code = factory.Sequence(lambda n: f"POST{n}")
    title = factory.LazyAttribute(
        lambda post: Localized({"en": f"Post {post.code}", "fr": f"Poste {post.code}"})
    )


class MembershipFactory(factory.django.DjangoModelFactory):
    """A primary membership since 2024, through the service that keeps them from overlapping."""

    class Meta:
        model = Membership

    person = factory.SubFactory(UserFactory)
    unit = factory.SubFactory(OrgUnitFactory)
    position = factory.SubFactory(PositionFactory)
    valid_from = date(2024, 1, 1)

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return assign_membership(**kwargs)
