"""Take a credential back: `manage.py revoke_credential CODE --reason TEXT`."""

from django.core.management.base import BaseCommand, CommandError

from academy.core.errors import AcademyError
from credentials.models import Credential, Revocation
from credentials.services import revoke_credential


class Command(BaseCommand):
    help = "Revoke a credential. The reason stays inside; the label is what a verifier reads."

    def add_arguments(self, parser) -> None:
        parser.add_argument("code", help="the code printed on the credential")
        parser.add_argument("--reason", required=True, help="why; kept, and not shown to verifiers")
        parser.add_argument(
            "--label",
            choices=Revocation.PublicLabel.values,
            default=Revocation.PublicLabel.WITHDRAWN.value,
        )

    def handle(self, *, code: str, reason: str, label: str, **options) -> None:
        credential = Credential.objects.filter(code=code.strip().upper()).first()
        if credential is None:
            raise CommandError(f"There is no credential {code}.")
        if not reason.strip():
            raise CommandError("Give a reason.")
        try:
            revoke_credential(
                credential=credential, reason=reason.strip(), public_label=label, by=None
            )
        except AcademyError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(f"{credential.code} is revoked ({label}).")
