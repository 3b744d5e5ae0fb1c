"""The reading vocabulary for courses."""

from datetime import date, datetime

from django.db import models
from django.db.models import Q


class EnrollmentQuerySet(models.QuerySet):
    def active(self):
        return self.filter(status=self.model.Status.ACTIVE)

    def completed(self):
        return self.filter(status=self.model.Status.COMPLETED)


class LearningPlanQuerySet(models.QuerySet):
    def owed(self, on: date):
        """Plans that have to be made anew by the day."""
        return self.filter(renew_on__lte=on)


class ModuleCompletionQuerySet(models.QuerySet):
    def valid(self, at: datetime):
        """Completions that have not run out at the instant."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at))
