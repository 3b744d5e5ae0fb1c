"""Take a person out of the academy: `manage.py erase_person EMAIL --reason TEXT --by EMAIL`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.core.errors import AcademyError
from academy.people.models import User
from academy.xapi.erasure import begin_erasure, carry_on, find_unfinished, preview
from academy.xapi.models import Erasure


class Command(BaseCommand):
    help = (
        "Erases a person: closes the account, forgets the name, and rewrites the statements so that "
        "they no longer say who. Cannot be undone. Run it again if it was stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person's e-mail address")
        parser.add_argument("--reason", default="", help="why; kept with the erasure")
        parser.add_argument("--by", default="", metavar="EMAIL", help="the operator who does it")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")
        parser.add_argument("--no-input", action="store_true", help="do not ask again")

    def handle(
        self,
        *args: Any,
        email: str,
        reason: str,
        by: str,
        dry_run: bool,
        no_input: bool,
        **options: Any,
    ) -> None:
        person = User.objects.filter(email__iexact=email).first()
        if person is None:
            erasure = find_unfinished(email)
            if erasure is None:
                raise CommandError(f"There is nobody with the address {email}.")
            if dry_run:
                self.stdout.write(
                    f"An erasure begun on {erasure.started_at:%Y-%m-%d} is unfinished."
                )
                return
            self._report(carry_on(erasure))
            return
        found = preview(person)
        self.stdout.write(
            f"{found.statements} statements under {found.accounts} accounts; delivered to: "
            f"{', '.join(found.destinations) or 'nobody'}."
        )
        if dry_run:
            return
        operator = User.objects.filter(email__iexact=by).first()
        if operator is None:
            raise CommandError("Say with --by which operator erases the person.")
        if not no_input and input("Type the address again to erase this person: ") != email:
            raise CommandError("Nothing was done.")
        try:
            erasure = begin_erasure(person=person, reason=reason, by=operator)
        except AcademyError as error:
            raise CommandError(error.message) from error
        self._report(carry_on(erasure))

    def _report(self, erasure: Erasure) -> None:
        self.stdout.write(
            f"Erased ({erasure.uuid}): {erasure.statements} statements rewritten, "
            f"{erasure.attachments} attachments removed."
        )
        for request in erasure.requests.all():
            self.stdout.write(
                f"Delivered to “{request.destination}”: ask whoever runs that store to erase it too "
                "(manage.py erasure_requests)."
            )
