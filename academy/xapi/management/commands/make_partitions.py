"""Make the months of the statement table now: `manage.py make_partitions`."""

from typing import Any

from django.core.management.base import BaseCommand

from academy.core.clock import now
from academy.xapi.partitions import make_partitions, months_ahead


class Command(BaseCommand):
    help = "Makes the monthly partitions that are missing, as beat does every six hours."

    def handle(self, *args: Any, **options: Any) -> None:
        on = now().date()
        for one in make_partitions(on=on):
            self.stdout.write(f"{one.table}, {one.month:%Y-%m}: made, {one.moved} rows moved")
        ready = months_ahead(on=on)
        self.stdout.write(
            "This database has no partitions."
            if ready is None
            else f"Ready for {ready} months after this one."
        )
