"""Calibrate a bank now: `manage.py calibrate --bank CODE [--dry-run] [--json]`."""

import json

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from academy.core.errors import AcademyError
from assessments.calibrating import Estimate, ask_calibration, estimate, run_calibration
from assessments.models import Calibration, ItemBank


class Command(BaseCommand):
    help = "Estimate the difficulties of a bank's items from the answers to them."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--bank", required=True, help="the code of the bank")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be kept")
        parser.add_argument("--json", action="store_true", help="say it as JSON")

    def handle(self, *, bank: str, dry_run: bool, **options) -> None:
        found = ItemBank.objects.filter(code=bank).first()
        if found is None:
            raise CommandError(f"There is no bank {bank}.")
        try:
            report = _estimated(estimate(found)) if dry_run else _kept(found)
        except AcademyError as error:
            raise CommandError(str(error.message)) from error
        report = {"bank": found.code, "dry_run": dry_run, **report}
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2))
            return
        self.stdout.write(
            f"{found.code}: {report['people']} people, {report['responses']} answers, "
            f"scale {report['slope']:.3f} x + {report['intercept']:.3f}"
        )
        for row in report["items"]:
            words = "drifts" if row["drifting"] else ""
            self.stdout.write(
                f"  {row['code']:<24}{row['answers']:>7}  a {row['discrimination']:.2f}"
                f" ± {row['discrimination_se']:.2f}  b {row['difficulty']:+.2f}"
                f" ± {row['difficulty_se']:.2f}  {words}".rstrip()
            )


def _estimated(made: Estimate) -> dict:
    shown = np.flatnonzero(made.found.answers > 0)
    return {
        "people": made.people,
        "responses": made.gathered.responses,
        "slope": made.scale.slope,
        "intercept": made.scale.intercept,
        "items": [
            {
                "code": made.gathered.items[i].code,
                "answers": int(made.found.answers[i]),
                "discrimination": float(made.a[i]),
                "discrimination_se": float(made.se_a[i]),
                "difficulty": float(made.b[i]),
                "difficulty_se": float(made.se_b[i]),
                "fit": float(made.found.fit[i]),
                "drifting": bool(made.drifting[i]),
            }
            for i in shown
        ],
    }


def _kept(bank: ItemBank) -> dict:
    calibration = run_calibration(ask_calibration(bank).pk)
    if calibration is None:
        raise CommandError("This bank is being calibrated by another process.")
    if calibration.state == Calibration.State.FAILED:
        raise CommandError(calibration.problem)
    return {
        "number": calibration.number,
        "people": calibration.people,
        "responses": calibration.responses,
        "slope": calibration.slope,
        "intercept": calibration.intercept,
        "items": [
            {
                "code": row.item.code,
                "answers": row.responses,
                "discrimination": row.discrimination,
                "discrimination_se": row.discrimination_se,
                "difficulty": row.difficulty,
                "difficulty_se": row.difficulty_se,
                "fit": row.fit,
                "drifting": row.is_drifting,
            }
            for row in calibration.parameters.select_related("item").order_by("item__code")
        ],
    }
