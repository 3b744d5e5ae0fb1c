"""`manage.py import_items FILE --bank CODE`: import questions, with a report."""

import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from academy.core.errors import AcademyError
from assessments.importing import STATUSES, Choices, apply_import, plan_import
from assessments.models import ItemBank


class Command(BaseCommand):
    help = (
        "Import questions from CSV, XLSX, GIFT, Aiken, Moodle XML, QTI 2 or QTI 3. "
        "The same file again changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--bank", required=True, help="The code of the bank.")
        parser.add_argument("--competency", default="", help="For questions that name none.")
        parser.add_argument("--level", type=int, help="For questions that name none.")
        parser.add_argument("--language", default="en", help="Of questions that name none.")
        parser.add_argument("--status", default="", choices=[str(status) for status in STATUSES])
        parser.add_argument("--all-or-nothing", action="store_true")
        parser.add_argument("--dry-run", action="store_true", help="Write nothing.")
        parser.add_argument("--json", action="store_true", help="The report as JSON.")

    def handle(self, *args, file: Path, **options):
        if options["language"] not in dict(settings.WAGTAIL_CONTENT_LANGUAGES):
            raise CommandError(f"There is no language {options['language']!r}.")
        bank = ItemBank.objects.filter(code=options["bank"]).first()
        if bank is None:
            raise CommandError(f"There is no bank with the code {options['bank']!r}.")
        try:
            if file.stat().st_size > settings.IMPORT_MAX_BYTES:
                raise CommandError(f"{file} is larger than IMPORT_MAX_BYTES.")
            data = file.read_bytes()
        except OSError as error:
            raise CommandError(f"Cannot read {file}: {error.strerror}") from error
        choices = Choices(
            language=options["language"],
            competency=options["competency"],
            level=options["level"],
            status=options["status"],
            all_or_nothing=options["all_or_nothing"],
        )
        act = plan_import if options["dry_run"] else apply_import
        try:
            report = act(name=file.name, data=data, bank=bank, choices=choices).as_json()
        except AcademyError as error:
            if options["json"]:
                refused = {"file": file.name, "bank": bank.code, "applied": False}
                self.stdout.write(json.dumps({**refused, "error": error.message}))
            raise CommandError(error.message) from error
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
            return
        self._tell(report)

    def _tell(self, report: dict) -> None:
        counts = ", ".join(f"{count} {name}" for name, count in report["counts"].items())
        state = "imported" if report["applied"] else "nothing written"
        self.stdout.write(f"{report['file']} ({report['format']}): {counts}; {state}")
        for note in report["notes"]:
            self.stdout.write(f"  {note['severity']}: {note['what']}: {note['why']}")
        for item in report["items"]:
            self.stdout.write(f"{item['outcome']}: {item['place']} {item['title']}")
            for note in item["notes"]:
                self.stdout.write(f"  {note['severity']}: {note['what']}: {note['why']}")
