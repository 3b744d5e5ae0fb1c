"""What a bank can measure: `manage.py simulate_placement --bank data-literacy --n 1000`."""

import json

from django.core.management.base import BaseCommand, CommandError

from academy.core.errors import AcademyError
from academy.core.fields import Localized
from assessments.models import Assessment, ItemBank
from assessments.simulations import MOST_PEOPLE, simulate_now


class Command(BaseCommand):
    help = "Let simulated people take a placement, and say how well the bank measures them."

    def add_arguments(self, parser):
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--bank", help="codes of item banks, with commas between them")
        what.add_argument("--assessment", help="code of a placement")
        parser.add_argument("--n", type=int, default=1000, help="how many people")
        parser.add_argument("--seed", type=int, default=1, help="other people, other answers")
        parser.add_argument("--json", action="store_true", help="everything, as JSON")

    def handle(self, *, bank, assessment, n, seed, **options):
        if not 1 <= n <= MOST_PEOPLE:
            raise CommandError(f"--n lies between 1 and {MOST_PEOPLE}.")
        if seed < 0:
            raise CommandError("--seed is not negative.")
        try:
            result = simulate_now(
                assessment=self._placement(assessment) if assessment else None,
                banks=self._banks(bank) if bank else None,
                n=n,
                seed=seed,
            )
        except AcademyError as refused:
            raise CommandError(refused.message) from refused
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False, indent=2))
        else:
            self._write(result)

    def _placement(self, code: str) -> Assessment:
        found = Assessment.objects.filter(code=code).first()
        if found is None or found.kind != Assessment.Kind.PLACEMENT:
            raise CommandError(f"There is no placement with the code “{code}”.")
        return found

    def _banks(self, codes: str) -> list[ItemBank]:
        wanted = [code.strip() for code in codes.split(",") if code.strip()]
        found = {bank.code: bank for bank in ItemBank.objects.filter(code__in=wanted)}
        if missing := [code for code in wanted if code not in found]:
            raise CommandError(f"There is no item bank with the code “{missing[0]}”.")
        return [found[code] for code in wanted]

    def _write(self, result: dict) -> None:
        write, exposure = self.stdout.write, result["exposure"]
        write(f"{result['n']} people, seed {result['seed']}: {result['asked']:.1f} items each")
        write(f"level accuracy        {result['accuracy']:.1%}")
        write(
            f"wrong skips           {result['wrong_skips']:.1%} of {result['skips']} "
            f"(P(held) ≥ {result['threshold']})"
        )
        write(
            f"  of those decided    {result['wrong_decided']:.1%} of {result['skips_decided']} "
            f"(P(held) ≥ {result['decided']}, calibrated banks alone)"
        )
        write(
            f"exposure              most {exposure['most']:.1%}, mean {exposure['mean']:.1%}, "
            f"never used {exposure['never']:.1%}, over the target {exposure['over']} items"
        )
        for area in result["areas"]:
            title = Localized(area["title"])
            known = "calibrated" if area["calibrated"] else "not calibrated"
            write(f"\n{area['competency']} {title}: {area['items']} items, {known}")
            write("  ability          people    SE  error  items")
            for one in area["by_ability"]:
                write(
                    f"  {one['low']:5.1f} to {one['high']:4.1f}   {one['people']:6d}  "
                    f"{one['se']:.2f}   {one['rmse']:.2f}  {one['items']:5.1f}"
                )
            write("  true level  people  placed at it  would skip above it")
            for one in area["levels"]:
                write(
                    f"  {one['level'] + 1:10d}  {one['people']:6d}  {one['accuracy']:12.1%}  "
                    f"{one['wrong_skips']:19.1%}"
                )
            if not area["missing"]:
                write("  Nothing is missing.")
            for one in area["missing"]:
                write(
                    f"  Needs about {one['items']} more items near difficulty {one['ability']:+.1f} "
                    f"(the best it can do there is a standard error of {one['se']:.2f})."
                )
