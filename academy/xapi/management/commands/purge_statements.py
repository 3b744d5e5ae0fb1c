"""Remove statements that are over: `manage.py purge_statements [--dry-run]`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from academy.xapi.retention import purge


class Command(BaseCommand):
    help = "Removes statements kept longer than RETENTION_…_MONTHS say, as beat does every day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count only")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        report = purge(dry_run=dry_run)
        if not report.limits:
            self.stdout.write("Everything is kept for ever: RETENTION_…_MONTHS are not set.")
        word = "to remove" if dry_run else "removed"
        for one, before in report.limits.items():
            count = report.statements[one]
            self.stdout.write(f"{one}, stored before {before:%Y-%m-%d}: {count} {word}")
        for name in report.partitions:
            self.stdout.write(f"{name}: dropped")
