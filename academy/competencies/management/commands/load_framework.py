"""`manage.py load_framework FILE`: load or update a competency framework."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from academy.competencies.services import load_framework
from academy.core.errors import AcademyError


class Command(BaseCommand):
    help = "Load or update a competency framework from a JSON file. The same file changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    def handle(self, *args, file: Path, **options):
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"Cannot read {file}: {error.strerror}") from error
        try:
            framework, changed = load_framework(content)
        except AcademyError as error:
            raise CommandError(error.message) from error
        version = framework.versions.first().number
        count = framework.competencies.filter(is_retired=False).count()
        state = "loaded" if changed else "unchanged"
        self.stdout.write(f"{framework.code}: {state}, version {version}, {count} competencies")
