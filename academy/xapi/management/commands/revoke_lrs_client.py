"""Refuse a client of the learning record store from now on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.xapi.clients import revoke_client
from academy.xapi.models import LrsClient


class Command(BaseCommand):
    help = "Refuses a client of the learning record store from now on. What it stored stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="the client's key")

    def handle(self, *args: Any, key: str, **options: Any) -> None:
        client = LrsClient.objects.filter(key=key).first()
        if client is None:
            raise CommandError(f"There is no client with the key {key}.")
        revoke_client(client=client)
        self.stdout.write(f"{client.name} ({client.key}) is refused from now on.")
