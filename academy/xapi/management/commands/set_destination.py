"""Make or change a store that statements are delivered to."""

import json
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.xapi import backlog, destinations
from academy.xapi.models import Destination


class Command(BaseCommand):
    help = (
        "Makes the destination of that name, or changes what is given of it; prints it as JSON. "
        "The password is read from standard input with --password-stdin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="a short name; it cannot change")
        parser.add_argument("--endpoint", help="the address under which “statements” lies")
        parser.add_argument("--username", help="the key")
        parser.add_argument("--password-stdin", action="store_true", help="read the secret")
        parser.add_argument(
            "--xapi-version", dest="version_", choices=Destination.Version.values, metavar="VERSION"
        )
        parser.add_argument("--policy", choices=Destination.Policy.values)
        parser.add_argument(
            "--verb", action="append", help="only this verb; may be repeated; '' for any"
        )
        parser.add_argument(
            "--activity", action="append", help="only this activity; may be repeated; '' for any"
        )
        state = parser.add_mutually_exclusive_group()
        state.add_argument("--on", dest="is_active", action="store_true", default=None)
        state.add_argument("--off", dest="is_active", action="store_false")

    def handle(self, *args: Any, name: str, password_stdin: bool, **options: Any) -> None:
        destinations.ensure_environment()
        destination = Destination.objects.filter(name=name).first() or Destination(name=name)
        changes = {
            "endpoint": options["endpoint"],
            "username": options["username"],
            "version": options["version_"],
            "policy": options["policy"],
            "is_active": options["is_active"],
            "verbs": _iris(options["verb"]),
            "activities": _iris(options["activity"]),
        }
        for field, value in changes.items():
            if value is not None:
                setattr(destination, field, value)
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
        try:
            destinations.save_destination(destination, password=password)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(json.dumps(backlog.backlogs(name)[0].as_json(), indent=2))


def _iris(given: list[str] | None) -> list[str] | None:
    return None if given is None else [iri for iri in given if iri]
