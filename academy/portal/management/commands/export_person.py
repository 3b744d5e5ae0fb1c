"""Write everything recorded about a person to a ZIP file: `manage.py export_person EMAIL --out DIR`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.people.models import User
from academy.portal.export import write_bundle


class Command(BaseCommand):
    help = "Writes a person's statements, timeline and attachments to DIR/record-UUID.zip."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person's e-mail address")
        parser.add_argument("--out", required=True, metavar="DIR", type=Path)
        parser.add_argument(
            "--whole",
            action="store_true",
            help="also what the person's own copy leaves out: whether single answers were right, "
            "and results of others in statements that mention the person",
        )

    def handle(self, *args: Any, email: str, out: Path, whole: bool, **options: Any) -> None:
        person = User.objects.filter(email__iexact=email).first()
        if person is None:
            raise CommandError(f"There is nobody with the address {email}.")
        if not out.is_dir():
            raise CommandError(f"There is no folder {out}.")
        path = out / f"record-{person.uuid}.zip"
        path.touch(mode=0o600)
        with path.open("wb") as file:
            count = write_bundle(person, file, whole=whole)
        self.stdout.write(f"{path}: {count} statements")
