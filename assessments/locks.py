"""Rows held until the transaction ends. The person is locked first, then the attempt."""

from django.db import connection

from assessments.models import Attempt


def lock_attempt(attempt: Attempt) -> Attempt:
    """The attempt as it is now, held until the transaction ends."""
    queryset = Attempt.objects.select_related("assessment", "learner")
    if connection.features.has_select_for_update:
        queryset = queryset.select_for_update(of=("self",))
    return queryset.get(pk=attempt.pk)
