"""`manage.py load_demo`: fill an empty academy with a believable government and its history."""

from time import monotonic

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from academy.demo.accounts import accounts_table
from academy.demo.load import holds_other_data, is_loaded, load


class Command(BaseCommand):
    help = "Fill an empty academy with the demo. A second run keeps what is there."

    def handle(self, *args, **options):
        if not settings.DEMO:
            raise CommandError(
                "The demo loads under demo settings only: its accounts have a public password."
            )
        if is_loaded():
            self.stdout.write("The demo is loaded already; what is there is kept.")
        elif holds_other_data():
            raise CommandError(
                "This database holds an academy already. Load the demo into an empty one."
            )
        else:
            self._load()
        self.stdout.write(f"\n  {settings.SITE_URL}\n\n{accounts_table()}\n")

    def _load(self) -> None:
        began = self._last = monotonic()
        # The certificates are made here and now; messages about them would find nothing to do.
        # While DEBUG is on, Django keeps the text of every query.
        debug, settings.DEBUG = settings.DEBUG, False
        conf = current_app.conf
        eager, conf.task_always_eager = conf.task_always_eager, True
        try:
            with transaction.atomic():
                load(self._done)
        finally:
            conf.task_always_eager = eager
            settings.DEBUG = debug
        self.stdout.write(f"Loaded the demo in {monotonic() - began:.0f} s.")

    def _done(self, step: str) -> None:
        now = monotonic()
        self.stdout.write(f"  {now - self._last:5.1f} s  {step}")
        self.stdout.flush()
        self._last = now
