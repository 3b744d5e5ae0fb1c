"""Deliver to a destination now: what is owed, what was never owed, what was refused."""

import json
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from academy.core.errors import AcademyError
from academy.xapi import backlog, destinations, forwarding


def instant(text: str) -> datetime:
    """A date or a time; without a zone, in the academy's."""
    try:
        at = parse_datetime(text)
        if at is None and (day := parse_date(text)) is not None:
            at = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - made aware below
    except ValueError as error:
        raise CommandError(f"“{text}” is no time: {error}.") from error
    if at is None:
        raise CommandError(f"“{text}” is no time. Write 2026-01-31 or 2026-01-31T08:00:00Z.")
    return at if timezone.is_aware(at) else timezone.make_aware(at)


class Command(BaseCommand):
    help = (
        "Delivers to a destination. With --since, first owes it what was stored from then on and is "
        "not owed yet; with --refused, owes again what it refused; with --now, does not wait for the "
        "next try. It can be stopped and started again at will. Prints what is left as JSON."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--destination", default="default", help="its name")
        parser.add_argument("--since", help="owe what was stored from this date or time on")
        parser.add_argument("--until", help="and before this one")
        parser.add_argument("--refused", action="store_true", help="owe again what was refused")
        parser.add_argument("--now", action="store_true", help="try at once what is backing off")
        parser.add_argument("--dry-run", action="store_true", help="count only")

    def handle(
        self,
        *args: Any,
        destination: str,
        since: str | None,
        until: str | None,
        refused: bool,
        now: bool,
        dry_run: bool,
        **options: Any,
    ) -> None:
        if until and not since:
            raise CommandError("--until needs --since.")
        try:
            chosen = destinations.destination_named(destination)
        except AcademyError as error:
            raise CommandError(error.message) from error
        if since:
            self._owe(chosen, instant(since), instant(until) if until else None, dry_run)
        if not dry_run:
            if refused or now:
                count = destinations.retry(chosen, refused=refused, waiting=now)
                self.stderr.write(f"{count} to try again")
            self._deliver(chosen)
        self.stdout.write(json.dumps(backlog.backlogs(chosen.name)[0].as_json(), indent=2))

    def _owe(self, destination, since: datetime, until: datetime | None, dry_run: bool) -> None:
        progress = None
        for progress in destinations.owe_missing(
            destination, since=since, until=until, dry_run=dry_run
        ):
            through = progress.through.astimezone(UTC).isoformat()
            self.stderr.write(f"{progress.seen} seen, {progress.owed} newly owed, up to {through}")
        if progress is None:
            self.stderr.write("Nothing was stored in that time.")

    def _deliver(self, destination) -> None:
        while True:
            delivery = forwarding.forward(destination.name)
            self.stderr.write(
                f"{delivery.delivered} delivered, {delivery.refused} refused, "
                f"{delivery.postponed} postponed"
            )
            if not delivery.more:
                return
