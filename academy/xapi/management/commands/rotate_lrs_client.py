"""Give a client of the learning record store a new secret, and show it for the only time."""

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.core.errors import AcademyError
from academy.xapi.clients import ROTATION_GRACE, rotate_client
from academy.xapi.models import LrsClient


class Command(BaseCommand):
    help = "Gives a client of the learning record store a new secret; prints both as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="the client's key")
        parser.add_argument(
            "--grace-hours",
            type=float,
            default=ROTATION_GRACE / timedelta(hours=1),
            help="how long the old secret is still taken; 0 where it has leaked",
        )

    def handle(self, *args: Any, key: str, grace_hours: float, **options: Any) -> None:
        if not 0 <= grace_hours <= 24 * 30:
            raise CommandError("--grace-hours must be from 0 to 720.")
        client = LrsClient.objects.filter(key=key).first()
        if client is None:
            raise CommandError(f"There is no client with the key {key}.")
        try:
            secret = rotate_client(client=client, grace=timedelta(hours=grace_hours))
        except AcademyError as error:
            raise CommandError(error.message) from error
        self.stdout.write(json.dumps({"key": client.key, "secret": secret}, indent=2))
