"""The reading vocabulary for people and the organisation."""

from datetime import date

from django.db import models
from django.db.models import Q


class UserQuerySet(models.QuerySet):
    def active_members(self, on: date):
        """People with an active account and a primary membership on the day."""
        from academy.people.models import Membership  # the models import this module

        primary = Membership.objects.on(on).filter(is_primary=True)
        return self.filter(is_active=True, pk__in=primary.values("person"))


class OrgUnitQuerySet(models.QuerySet):
    def below(self, unit):
        """The unit and everything under it, as placed today."""
        return self.filter(path__startswith=unit.path)


class MembershipQuerySet(models.QuerySet):
    def on(self, day: date):
        """Memberships in force on the day: `valid_from` counts, `valid_to` no longer does."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)

    def primary(self):
        return self.filter(is_primary=True)

    def below(self, unit):
        return self.filter(unit__path__startswith=unit.path)
