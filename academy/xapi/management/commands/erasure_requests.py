"""What other stores are to be asked to erase: `manage.py erasure_requests [--confirm ID]`."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from academy.core.errors import AcademyError
from academy.xapi.erasure import confirm_request
from academy.xapi.models import ErasureRequest


class Command(BaseCommand):
    help = "Lists what other stores are to be asked to erase, as JSON; or notes that one has."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--confirm", type=int, metavar="ID", help="the other store has done it")

    def handle(self, *args: Any, confirm: int | None, **options: Any) -> None:
        if confirm is not None:
            try:
                request = confirm_request(pk=confirm)
            except AcademyError as error:
                raise CommandError(error.message) from error
            self.stdout.write(f"{request.destination}: confirmed.")
            return
        waiting = ErasureRequest.objects.filter(state=ErasureRequest.State.REQUESTED)
        for request in waiting.select_related("erasure").iterator():
            self.stdout.write(
                json.dumps(
                    {
                        "id": request.pk,
                        "erasure": str(request.erasure.uuid),
                        "destination": request.destination,
                        "since": request.requested_at.isoformat(timespec="seconds"),
                        "actors": request.names,
                    }
                )
            )
