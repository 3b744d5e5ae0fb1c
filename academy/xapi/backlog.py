"""How delivery stands: what waits for each destination, since when, and what was refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min

from academy.core.clock import now
from academy.xapi import destinations
from academy.xapi.models import Destination, OutboxEntry, StatementKey


@dataclass(frozen=True, slots=True)
class Backlog:
    """One destination at one time. `oldest` is when the statement owed longest was stored."""

    destination: Destination
    at: datetime
    owed: int
    refused: int
    oldest: datetime | None

    @property
    def lag(self) -> timedelta:
        """How far the destination is behind."""
        return self.at - self.oldest if self.oldest else timedelta()

    @property
    def breaker(self) -> Destination.Breaker:
        return self.destination.breaker_at(self.at)

    def as_json(self) -> dict[str, Any]:
        one = self.destination
        return {
            "name": one.name,
            "endpoint": one.address,
            "active": one.is_usable,
            "breaker": self.breaker.value,
            "failures": one.failures,
            "open_until": _text(one.open_until),
            "owed": self.owed,
            "refused": self.refused,
            "lag_seconds": round(self.lag.total_seconds(), 3),
            "last_success": _text(one.last_success_at),
            "last_failure": _text(one.last_answer_at),
            "last_failure_answer": one.last_answer,
        }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def backlogs(name: str | None = None) -> list[Backlog]:
    """Every destination, or the one named, in five queries however many there are."""
    destinations.ensure_environment()
    found = Destination.objects.filter(name=name) if name else Destination.objects.all()
    names = [one.name for one in found]
    rows = OutboxEntry.objects.filter(destination_id__in=names).order_by()
    refused = dict(rows.refused().values_list("destination_id").annotate(count=Count("id")))
    owed = {
        row["destination_id"]: row
        for row in rows.owed().values("destination_id").annotate(count=Count("id"), first=Min("id"))
    }
    firsts = dict(
        OutboxEntry.objects.filter(id__in=[row["first"] for row in owed.values()]).values_list(
            "destination_id", "statement_id"
        )
    )
    stored = dict(StatementKey.objects.filter(id__in=firsts.values()).values_list("id", "stored"))
    at = now()
    return [
        Backlog(
            destination=one,
            at=at,
            owed=owed.get(one.name, {}).get("count", 0),
            refused=refused.get(one.name, 0),
            oldest=stored.get(firsts.get(one.name)),
        )
        for one in found
    ]


#: Prometheus gauges: name, help, value.
GAUGES = (
    ("owed", "Statements owed to the destination.", lambda one: one.owed),
    ("refused", "Statements the destination refused.", lambda one: one.refused),
    (
        "lag_seconds",
        "Age of the statement that is owed longest.",
        lambda one: round(one.lag.total_seconds(), 3),
    ),
    ("failures", "Failures since the last success.", lambda one: one.destination.failures),
    (
        "breaker_open",
        "1 while the destination is left alone after a failure.",
        lambda one: int(one.breaker == Destination.Breaker.OPEN),
    ),
    ("active", "1 where statements are owed and sent.", lambda one: int(one.destination.is_usable)),
    (
        "last_success_timestamp_seconds",
        "When the destination last took a statement; 0 for never.",
        lambda one: (
            one.destination.last_success_at.timestamp() if one.destination.last_success_at else 0
        ),
    ),
)


def metrics() -> str:
    """The same as metrics in Prometheus' text format 0.0.4."""
    found = backlogs()
    lines = []
    for name, words, value in GAUGES:
        metric = f"academy_delivery_{name}"
        lines += [f"# HELP {metric} {words}", f"# TYPE {metric} gauge"]
        # a destination's name is a slug: nothing in it to escape
        lines += [f'{metric}{{destination="{one.destination.name}"}} {value(one)}' for one in found]
    return "\n".join(lines) + "\n"
