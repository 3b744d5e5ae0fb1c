"""Make a client of the learning record store, and show its secret for the only time."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

from academy.xapi.clients import create_client
from academy.xapi.models import LrsClient


class Command(BaseCommand):
    help = "Creates a client of the learning record store; prints endpoint, key and secret as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="who the client is, for people")
        parser.add_argument(
            "--scope",
            action="append",
            choices=LrsClient.Scope.values,
            help="may be given more than once; default: statements/write and statements/read",
        )

    def handle(self, *args: Any, name: str, scope: list[str] | None, **options: Any) -> None:
        client, secret = create_client(
            name=name, scopes=scope or [LrsClient.Scope.WRITE, LrsClient.Scope.READ]
        )
        endpoint = settings.SITE_URL + reverse("xapi:statements").removesuffix("statements")
        self.stdout.write(
            json.dumps(
                {
                    "endpoint": endpoint,
                    "key": client.key,
                    "secret": secret,
                    "scopes": client.scopes,
                },
                indent=2,
            )
        )
