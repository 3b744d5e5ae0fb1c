"""`manage.py demo_accounts`: the accounts of the demo, and their password."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from academy.demo.accounts import accounts_table
from academy.demo.load import is_loaded


class Command(BaseCommand):
    help = "Print the accounts of the demo, and their password."

    def handle(self, *args, **options):
        if not settings.DEMO:
            raise CommandError("These accounts work under demo settings only.")
        if not is_loaded():
            raise CommandError("No demo is loaded. Run: python manage.py load_demo")
        self.stdout.write(f"\n  {settings.SITE_URL}\n\n{accounts_table()}\n")
