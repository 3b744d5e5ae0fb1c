"""Between the placement engine, which knows arrays, and the bank, which knows items."""

from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _

from academy.competencies.models import Competency, ProficiencyLevel
from academy.core.errors import AcademyError
from assessments.item_types import MARKED_TYPES
from assessments.measurement.adaptive import ENGINE_VERSION, Bank, Placement, Rules
from assessments.models import Assessment, Attempt, Item, Response
from assessments.models.bank import ItemStatus

#: Where each band begins, in logits, for frameworks with so many bands. The author's difficulties
#: use the same scale: an item of difficulty 0 is answered by half of those in the middle.
CUTS = {2: [0.0], 3: [-0.8, 0.8], 4: [-1.2, 0.0, 1.2], 5: [-1.5, -0.5, 0.5, 1.5]}


def pin_placement(assessment: Assessment) -> dict:
    """Everything the engine needs, as it is now: item versions, parameters, cuts, rules."""
    pinned: dict = {
        "engine": ENGINE_VERSION,
        "versions": [],
        "a": [],
        "b": [],
        "c": [],
        "area": [],
        "cuts": [],
        "competencies": [],
        "calibrated": True,
    }
    for section in assessment.sections.select_related("bank", "competency__framework"):
        if section.competency is None:
            raise AcademyError(_("Each section of a placement measures one competency."))
        items = Item.objects.filter(
            bank=section.bank,
            competency=section.competency,
            status=ItemStatus.ACTIVE,
            current_version__isnull=False,
        )
        items = items.exclude(item_type__in=MARKED_TYPES).order_by("pk")
        if not items:
            raise AcademyError(
                _("The bank “%(bank)s” has no active questions. Tell your trainer.")
                % {"bank": section.bank}
            )
        framework = section.competency.framework
        bands = framework.levels.values("band").distinct().count()
        if bands not in CUTS:
            raise AcademyError(
                _("A placement cannot tell apart the bands of “%(framework)s”: it needs 2 to 5.")
                % {"framework": framework}
            )
        area = len(pinned["cuts"])
        pinned["cuts"].append(CUTS[bands])
        pinned["competencies"].append(section.competency_id)
        pinned["calibrated"] = pinned["calibrated"] and section.bank.is_calibrated
        for item in items:
            pinned["versions"].append(item.current_version_id)
            pinned["a"].append(item.discrimination)
            pinned["b"].append(item.difficulty)
            pinned["c"].append(item.guessing)
            pinned["area"].append(area)
    if not pinned["cuts"]:
        raise AcademyError(_("This placement measures nothing yet. Tell your trainer."))
    areas = len(pinned["cuts"])
    rules = Rules(
        min_items=assessment.min_items * areas,
        max_items=assessment.max_items * areas,
        min_per_area=assessment.min_items,
        max_per_area=assessment.max_items,
        se_stop=0.4,
        certainty_stop=0.9,
        top_k=3,
    )
    # Every field, defaults too: a default that changes must not change an attempt under way.
    pinned["rules"] = asdict(rules)
    return pinned


def rebuild_run(attempt: Attempt, responses: list[Response]) -> Placement:
    """The engine's state after these responses: a pure function of what is pinned."""
    pinned = attempt.pinned
    if pinned["engine"] != ENGINE_VERSION:
        raise AcademyError(_("The placement was renewed while you took it. Please start it again."))
    index_of = {version: index for index, version in enumerate(pinned["versions"])}
    history = [
        (index_of[response.item_version_id], response.score)
        for response in responses
        if response.answered_at is not None
    ]
    bank = Bank(
        a=pinned["a"], b=pinned["b"], c=pinned["c"], area=pinned["area"], cuts=pinned["cuts"]
    )
    return Placement.replay(bank, Rules(**pinned["rules"]), attempt.seed, history)


def placement_result(attempt: Attempt, responses: list[Response]) -> dict:
    """The result as kept with the attempt: JSON numbers only."""
    run = rebuild_run(attempt, responses)
    areas = []
    for competency, cuts, area in zip(
        attempt.pinned["competencies"], attempt.pinned["cuts"], run.result(), strict=True
    ):
        areas.append(
            {
                "competency": competency,
                "theta": round(float(area.theta), 4),
                "se": round(float(area.se), 4),
                "interval": [round(float(edge), 4) for edge in area.interval],
                "band": int(area.level),
                "probabilities": [round(float(p), 4) for p in area.level_probabilities],
                "cuts": cuts,
                "items": int(area.n_items),
            }
        )
    return {"areas": areas, "calibrated": attempt.pinned["calibrated"]}


@dataclass(frozen=True)
class PlacedCompetency:
    """One competency of a placement result, ready to show.

    `level` is the highest level of the band: bands are as fine as the placement can see. It is 0 in
    the lowest band: that is where somebody stands who answered nothing right.
    `at_least[n]` is the probability that the person is in band n or above.
    """

    competency: Competency
    band: int
    band_titles: list
    level: int
    theta: float
    interval: tuple[float, float]
    cuts: list[float]
    at_least: list[float]
    n_items: int

    @property
    def band_title(self):
        return self.band_titles[self.band]

    @property
    def probability(self) -> float:
        """That the person is in this band or above."""
        return self.at_least[self.band]


def placed_competencies(attempt: Attempt) -> list[PlacedCompetency]:
    """The result of a graded placement, competency by competency. Three queries."""
    areas = attempt.result.get("areas", [])
    competencies = Competency.objects.select_related("framework").in_bulk(
        [area["competency"] for area in areas]
    )
    levels: dict[int, list[ProficiencyLevel]] = {}
    frameworks = {competency.framework_id for competency in competencies.values()}
    for level in ProficiencyLevel.objects.filter(framework__in=frameworks):
        levels.setdefault(level.framework_id, []).append(level)
    placed = []
    for area in areas:
        competency = competencies[area["competency"]]
        own = levels[competency.framework_id]
        titles = {level.band: level.band_title for level in own}
        probabilities = area["probabilities"]
        placed.append(
            PlacedCompetency(
                competency=competency,
                band=area["band"],
                band_titles=[titles[band] for band in sorted(titles)],
                level=max(level.number for level in own if level.band == area["band"])
                if area["band"]
                else 0,
                theta=area["theta"],
                interval=tuple(area["interval"]),
                cuts=area["cuts"],
                at_least=[sum(probabilities[band:]) for band in range(len(probabilities))],
                n_items=area["items"],
            )
        )
    return placed


def open_placement() -> Assessment | None:
    """The placement people take now."""
    return Assessment.objects.filter(kind=Assessment.Kind.PLACEMENT, is_open=True).first()


def latest_placement(learner) -> Attempt | None:
    """The person's most recent finished placement."""
    return (
        Attempt.objects.filter(
            learner=learner,
            assessment__kind=Assessment.Kind.PLACEMENT,
            status=Attempt.Status.GRADED,
        )
        .select_related("assessment")
        .order_by("-submitted_at")
        .first()
    )
