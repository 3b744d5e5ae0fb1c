"""What an operator has to know of the store: `manage.py check --database default`."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError

from academy.core.clock import now
from academy.xapi.partitions import FEW_MONTHS, months_ahead


@register(Tags.database)
def check_months_ahead(databases: list[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """W001: the statement table is about to run out of months."""
    if "default" not in (databases or []):
        return []
    try:
        ready = months_ahead(on=now().date())
    except DatabaseError:
        return []  # not migrated yet, or no answer, of which others tell
    if ready is None or ready >= FEW_MONTHS:
        return []
    return [
        Warning(
            f"The statement table has partitions for {ready} months after this one.",
            hint="Beat makes them: see that it runs, then run `manage.py make_partitions`.",
            id="academy.xapi.W001",
        )
    ]
