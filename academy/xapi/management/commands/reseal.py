"""Seal stored passwords under the first of the keys, so that an old key can be taken out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from academy.core.errors import AcademyError
from academy.core.sealing import reseal
from academy.xapi.models import Destination


class Command(BaseCommand):
    help = "Seals the passwords of destinations under the newest key."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        for destination in Destination.objects.select_for_update():
            try:
                destination.password_sealed = reseal(destination.password_sealed)
                destination.pseudonym_key_sealed = reseal(destination.pseudonym_key_sealed)
            except AcademyError as error:
                raise CommandError(f"{destination}: {error.message}") from error
            destination.save(update_fields=["password_sealed", "pseudonym_key_sealed"])
            self.stdout.write(f"{destination}")
