"""Put refused credentials back to work: `manage.py retry_credentials [CODE …]`."""

from django.core.management.base import BaseCommand

from credentials.models import Credential


def retry_refused(codes: list[str] | None = None) -> int:
    """Refused credentials are owed again, with all their tries; the sweep does the rest."""
    refused = Credential.objects.filter(state=Credential.State.REFUSED)
    if codes:
        refused = refused.filter(code__in=codes)
    return refused.update(
        state=Credential.State.PENDING, tries=0, problem="", claimed_by=None, lease_until=None
    )


class Command(BaseCommand):
    help = "Make refused credentials pending again: those with these codes, or all of them."

    def add_arguments(self, parser) -> None:
        parser.add_argument("codes", nargs="*", metavar="CODE")

    def handle(self, *, codes: list[str], **options) -> None:
        count = retry_refused([code.strip().upper() for code in codes])
        self.stdout.write(f"{count} put back.")
