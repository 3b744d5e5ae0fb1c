"""The reading vocabulary for competency records."""

from datetime import datetime

from django.db import models
from django.db.models import Q


class CompetencyRecordQuerySet(models.QuerySet):
    def valid(self, at: datetime):
        """Records in force at the instant."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=at), valid_from__lte=at)

    def holding(self):
        """Bases that count as having the competency: held, recognised or waived; never placed."""
        basis = self.model.Basis
        return self.filter(basis__in=[basis.HELD, basis.RECOGNISED, basis.WAIVED])

    def placed(self):
        return self.filter(basis=self.model.Basis.PLACED)
