"""The clock. Services take the time as `at=`; only their edges read it from here."""

from datetime import UTC, date, datetime

from django.utils import timezone


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return timezone.now().astimezone(UTC)


def today() -> date:
    """The present date in the academy's time zone."""
    return timezone.localdate()
