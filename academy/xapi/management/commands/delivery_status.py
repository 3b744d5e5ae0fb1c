"""How delivery to other stores stands."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from academy.xapi.backlog import backlogs


class Command(BaseCommand):
    help = "Prints as JSON what waits for each destination, since when, and what was refused."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps([one.as_json() for one in backlogs()], indent=2))
