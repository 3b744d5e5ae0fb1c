"""Between the placement engine, which knows arrays, and the bank, which knows items."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import structlog
from django.db import connection
from django.db.models import F, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from academy.competencies.models import Competency, ProficiencyLevel
from academy.core.errors import AcademyError
from assessments.item_types import ITEM_TYPE_CHOICES, item_type_for
from assessments.measurement.adaptive import (
    ENGINE_VERSION,
    AreaResult,
    Bank,
    BankError,
    Exposure,
    Placement,
    Rules,
    RunError,
)
from assessments.measurement.irt import soften
from assessments.models import Assessment, Attempt, Item, ItemBank, PlacementReview, Response
from assessments.models import Exposure as ExposureRow
from assessments.models.bank import ItemStatus

log = structlog.get_logger(__name__)

#: Where each band begins, in logits, for frameworks with so many bands. The author's difficulties
#: use the same scale: an item of difficulty 0 is answered by half of those in the middle.
CUTS = {2: [0.0], 3: [-0.8, 0.8], 4: [-1.2, 0.0, 1.2], 5: [-1.5, -0.5, 0.5, 1.5]}

#: The correlation of any two competencies among people, taken as known (decision 33).
RHO = 0.6

#: How far an author's difficulty is off, in logits (one standard deviation): its slope is softened
#: by as much, so that a bank that is not calibrated claims no more certainty than it has.
AUTHOR_SD = 0.7

#: A bank too small for the target is used at most so many times as evenly as it could be.
SPREAD = 1.5

#: What attempts that began before these were pinned were measured with.
BEFORE = {"rho": 0.7, "eligible": None, "given": ()}


@dataclass
class Pool:
    """What a placement may ask: items with the parameters they have now, area by area."""

    items: list[Item] = field(default_factory=list)
    area: list[int] = field(default_factory=list)
    cuts: list[list[float]] = field(default_factory=list)
    competencies: list[Competency] = field(default_factory=list)
    calibrated: list[bool] = field(default_factory=list)

    def add(self, competency: Competency, items: Iterable[Item], cuts: list[float]) -> None:
        """One area more."""
        items = list(items)
        self.area += [len(self.cuts)] * len(items)
        self.items += items
        self.cuts.append(cuts)
        self.competencies.append(competency)
        self.calibrated.append(all(item.bank.is_calibrated for item in items))

    @property
    def discriminations(self) -> list[float]:
        """Softened by how little is known of each difficulty."""
        spread = [
            AUTHOR_SD if item.calibrated_at is None else item.difficulty_se or 0.0
            for item in self.items
        ]
        slopes = soften([item.discrimination for item in self.items], spread)
        return [round(float(slope), 6) for slope in slopes]

    def targets(self, share: float, most: int) -> np.ndarray:
        """The most runs that may show each item: the share, or more where the bank is too small to
        ask `most` items of an area otherwise."""
        sizes = np.bincount(self.area, minlength=len(self.cuts))
        return np.minimum(1.0, np.maximum(share, SPREAD * most / sizes))[self.area]

    def bank(self) -> Bank:
        """As the engine wants it. Raises `BankError`."""
        return Bank(
            a=self.discriminations,
            b=[item.difficulty for item in self.items],
            c=[item.guessing for item in self.items],
            area=self.area,
            cuts=self.cuts,
            rho=RHO,
        )


def askable_items():
    """Items that a placement can grade at once."""
    marked = [code for code, _label in ITEM_TYPE_CHOICES if item_type_for(code).is_marked]
    return (
        Item.objects.filter(status=ItemStatus.ACTIVE, current_version__isnull=False)
        .exclude(item_type__in=marked)
        .select_related("bank")
        .order_by("pk")
    )


def cuts_for(competency: Competency) -> list[float]:
    """Where the bands of the competency's framework begin. `AcademyError` when there are too few
    or too many to tell apart."""
    framework = competency.framework
    bands = framework.levels.values("band").distinct().count()
    if bands not in CUTS:
        raise AcademyError(
            _("A placement cannot tell apart the bands of “%(framework)s”: it needs 2 to 5.")
            % {"framework": framework}
        )
    return CUTS[bands]


def pool_of(assessment: Assessment) -> Pool:
    """All that this placement may ask, or `AcademyError` with what is missing."""
    pool = Pool()
    for section in assessment.sections.select_related("bank", "competency__framework"):
        if section.competency is None:
            raise AcademyError(_("Each section of a placement measures one competency."))
        items = askable_items().filter(bank=section.bank, competency=section.competency)
        if not items:
            raise AcademyError(
                _("The bank “%(bank)s” has no active questions. Tell your trainer.")
                % {"bank": section.bank}
            )
        pool.add(section.competency, items, cuts_for(section.competency))
    if not pool.cuts:
        raise AcademyError(_("This placement measures nothing yet. Tell your trainer."))
    return pool


def pool_of_banks(banks: Iterable[ItemBank]) -> Pool:
    """What a placement by these banks could ask: an area for each competency they have items of."""
    pool = Pool()
    by_competency: dict[int, list[Item]] = {}
    for item in askable_items().filter(bank__in=list(banks)):
        by_competency.setdefault(item.competency_id, []).append(item)
    competencies = Competency.objects.select_related("framework").filter(pk__in=by_competency)
    for competency in competencies.order_by("framework_id", "order"):
        pool.add(competency, by_competency[competency.pk], cuts_for(competency))
    if not pool.cuts:
        raise AcademyError(_("These banks have no active questions that a placement can ask."))
    return pool


def checked_bank(pool: Pool) -> Bank:
    """The engine's bank, or what is wrong with it in words for its author."""
    try:
        return pool.bank()
    except BankError as error:
        raise AcademyError(
            _("The engine cannot use this bank: %(problem)s.") % {"problem": error}
        ) from error


def rules_for(areas: int, *, fewest: int, most: int) -> Rules:
    """How a placement of so many competencies asks, between so many items of each."""
    return Rules(
        min_items=fewest * areas,
        max_items=most * areas,
        min_per_area=fewest,
        max_per_area=most,
        se_stop=0.4,
        certainty_stop=0.9,
        top_k=3,
    )


def exposure_of(assessment: Assessment, pool: Pool) -> Exposure:
    """How often the placement has used each item of the pool."""
    rows = {
        row.item_id: row
        for row in ExposureRow.objects.filter(assessment=assessment, item__in=pool.items)
    }
    known = [rows.get(item.pk) or ExposureRow() for item in pool.items]
    return Exposure(
        len(known),
        pool.targets(float(assessment.exposure_target), assessment.max_items),
        administered=[row.administered for row in known],
        eligible=[row.eligible for row in known],
        runs=[row.runs for row in known],
    )


def pin_placement(assessment: Assessment, *, seed: int = 0) -> dict:
    """Everything the engine needs, as it is now: item versions, parameters, cuts, rules, and which
    items this run may use, drawn from how often each was used."""
    pool = pool_of(assessment)
    bank = checked_bank(pool)
    rules = rules_for(len(pool.cuts), fewest=assessment.min_items, most=assessment.max_items)
    chances = exposure_of(assessment, pool).probabilities()
    run = Placement.start(bank, rules, seed=seed, eligibility=chances)
    return {
        "engine": ENGINE_VERSION,
        **parameters_of(pool),
        "cuts": pool.cuts,
        "competencies": [competency.pk for competency in pool.competencies],
        "calibrated": all(pool.calibrated),
        "calibrated_areas": pool.calibrated,
        "rho": RHO,
        "eligible": [int(one) for one in run.eligible],
        # Every field, defaults too: a default that changes must not change an attempt under way.
        "rules": asdict(rules),
    }


def parameters_of(pool: Pool) -> dict[str, list]:
    """The item versions of a pool and their parameters, as an attempt keeps them."""
    return {
        "versions": [item.current_version_id for item in pool.items],
        "a": pool.discriminations,
        "b": [item.difficulty for item in pool.items],
        "c": [item.guessing for item in pool.items],
        "area": pool.area,
    }


def pinned_bank(pinned: dict) -> Bank:
    return Bank(
        a=pinned["a"],
        b=pinned["b"],
        c=pinned["c"],
        area=pinned["area"],
        cuts=pinned["cuts"],
        rho=pinned.get("rho", BEFORE["rho"]),
    )


def counts_as_right(score: float | None) -> int:
    """The model knows right and wrong: what is only partly right is not right."""
    return int(score == 1)


def history_of(pinned: dict, responses: Iterable[Response]) -> list[tuple[int, int]]:
    """The answers, as the engine knows them: the index of the item, and whether it was right."""
    index_of = {version: index for index, version in enumerate(pinned["versions"])}
    return [
        (index_of[response.item_version_id], counts_as_right(response.score))
        for response in responses
        if response.answered_at is not None
    ]


def _run(how, attempt: Attempt, responses: list[Response]) -> Placement:
    pinned = attempt.pinned
    if pinned["engine"] != ENGINE_VERSION:
        raise AcademyError(_("The placement was renewed while you took it. Please start it again."))
    return how(
        pinned_bank(pinned),
        Rules(**pinned["rules"]),
        attempt.seed,
        history_of(pinned, responses),
        eligibility=pinned.get("eligible", BEFORE["eligible"]),
        given=pinned.get("given", BEFORE["given"]),
    )


def rebuild_run(attempt: Attempt, responses: list[Response]) -> Placement:
    """The engine's state after these responses: a pure function of what is pinned."""
    return _run(Placement.resume, attempt, responses)


def replay_run(attempt: Attempt, responses: list[Response]) -> Placement:
    """The same, with every selection made again. Raises `RunError` at one that differs."""
    return _run(Placement.replay, attempt, responses)


def placement_result(attempt: Attempt, responses: list[Response]) -> dict:
    """The result of a run as it was taken."""
    return result_of(attempt, rebuild_run(attempt, responses).result())


def result_of(attempt: Attempt, found: tuple[AreaResult, ...]) -> dict:
    """The result as kept with the attempt: JSON numbers only. A second form keeps the one area it
    was about, as the answers of both forms show it."""
    pinned = attempt.pinned
    calibrated = pinned.get("calibrated_areas") or [pinned["calibrated"]] * len(pinned["cuts"])
    areas = []
    for competency, cuts, known, area in zip(
        pinned["competencies"], pinned["cuts"], calibrated, found, strict=True
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
                "calibrated": known,
            }
        )
    if attempt.is_second_form:
        areas = [areas[pinned["contested"]]]
    return {"areas": areas, "calibrated": pinned["calibrated"]}


def is_replayed(attempt: Attempt, responses: list[Response]) -> bool:
    """Whether the engine would ask these questions again. One that it would not is logged: the
    result stands, for it rests on the answers and not on who chose the questions."""
    try:
        replay_run(attempt, responses)
    except RunError as error:
        log.error("placement_not_replayed", attempt=str(attempt.uuid), problem=str(error))
        return False
    return True


def count_exposure(attempt: Attempt) -> None:
    """Count a finished placement: what it might have used, and what it used.

    The rows are locked in one order, so that two that finish at once wait for each other and never
    in a circle. Called last in its transaction, which keeps the wait short.
    """
    pinned = attempt.pinned
    asked = set(attempt.responses.values_list("item_version", flat=True))
    item_of = dict(
        Item.objects.filter(versions__in=pinned["versions"]).values_list("versions", "pk")
    )
    eligible = pinned.get("eligible") or [1] * len(pinned["versions"])
    allowed = {item_of[v] for v, one in zip(pinned["versions"], eligible, strict=True) if one}
    used = {item_of[version] for version in asked if version in item_of}
    everything = sorted(item_of[version] for version in pinned["versions"])
    rows = ExposureRow.objects.filter(assessment=attempt.assessment_id, item__in=everything)
    known = set(rows.values_list("item", flat=True))
    ExposureRow.objects.bulk_create(
        [
            ExposureRow(assessment_id=attempt.assessment_id, item_id=item)
            for item in everything
            if item not in known
        ],
        ignore_conflicts=True,
    )
    if connection.features.has_select_for_update:
        list(rows.select_for_update().order_by("item_id").values_list("pk", flat=True))
    rows.update(runs=F("runs") + 1)
    rows.filter(item__in=allowed).update(eligible=F("eligible") + 1)
    rows.filter(item__in=used).update(administered=F("administered") + 1)


def placement_warnings(assessment: Assessment) -> list[str]:
    """Why a placement could not be started now, or would measure little, in words for its author."""
    try:
        pool = pool_of(assessment)
        checked_bank(pool)
    except AcademyError as error:
        return [error.message]
    sizes = np.bincount(pool.area, minlength=len(pool.cuts))
    return [
        _(
            "“%(competency)s” has %(count)d active questions; a placement asks up to %(most)d of "
            "them. People will see the same ones, and there are none left for a second form."
        )
        % {"competency": competency.title, "count": size, "most": assessment.max_items}
        for competency, size in zip(pool.competencies, sizes, strict=True)
        if size < assessment.max_items + assessment.min_items
    ]


@dataclass(frozen=True)
class PlacedCompetency:
    """One competency of a placement result, ready to show.

    `level` is the highest level of the band: bands are as fine as the placement can see. It is 0 in
    the lowest band: that is where somebody stands who answered nothing right.
    `at_least[n]` is the probability that the person is in band n or above. `review` is the decision
    on a review of it, if there is one: a second form's estimate takes the place of the first, and a
    band that a person decided is taken as it is, though never as calibrated. `band_of` gives the band
    of each level.
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
    calibrated: bool = False
    review: PlacementReview | None = None
    band_of: dict[int, int] = field(default_factory=dict)

    @property
    def band_title(self):
        return self.band_titles[self.band]

    @property
    def probability(self) -> float:
        """That the person is in this band or above."""
        return self.at_least[self.band]


def placed_competencies(attempt: Attempt) -> list[PlacedCompetency]:
    """The result of a graded placement, competency by competency, as reviews left it. Four queries."""
    areas = attempt.result.get("areas", [])
    reviews = _decided_reviews(attempt) if attempt.pk else {}
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
        review = reviews.get(competency.pk)
        known = area.get("calibrated", attempt.result.get("calibrated", False))
        if review and review.second_form and review.second_form.result:
            [area] = review.second_form.result["areas"]
            known = area["calibrated"]
        own = levels[competency.framework_id]
        titles = {level.band: level.band_title for level in own}
        one = PlacedCompetency(
            competency=competency,
            band=area["band"],
            band_titles=[titles[band] for band in sorted(titles)],
            level=_level_of(own, area["band"]),
            theta=area["theta"],
            interval=tuple(area["interval"]),
            cuts=area["cuts"],
            at_least=[
                min(1.0, sum(area["probabilities"][band:]))
                for band in range(len(area["probabilities"]))
            ],
            n_items=area["items"],
            calibrated=known,
            review=review,
            band_of={level.number: level.band for level in own},
        )
        if review and review.is_persons_change:
            one = replace(
                one,
                band=review.band,
                level=_level_of(own, review.band),
                at_least=[float(band <= review.band) for band in range(len(one.at_least))],
                calibrated=False,
            )
        placed.append(one)
    return placed


def _decided_reviews(attempt: Attempt) -> dict[int, PlacementReview]:
    """By competency: the reviews that were answered."""
    decided = (PlacementReview.Decision.KEPT, PlacementReview.Decision.CHANGED)
    return {one.competency_id: one for one in reviews_of(attempt) if one.decision in decided}


def with_reviews(attempts: QuerySet) -> QuerySet:
    """Attempts that know their reviews, and those their second forms."""
    return attempts.prefetch_related(
        Prefetch("reviews", PlacementReview.objects.select_related("second_form"))
    )


def reviews_of(attempt: Attempt) -> list[PlacementReview]:
    """What was contested in a placement. No query for an attempt that knows (`with_reviews`)."""
    rows = attempt.reviews.all()
    if "reviews" not in getattr(attempt, "_prefetched_objects_cache", {}):
        rows = rows.select_related("second_form")
    return list(rows)


def _level_of(levels: list[ProficiencyLevel], band: int) -> int:
    """The highest level of a band; 0 in the lowest."""
    return max(level.number for level in levels if level.band == band) if band else 0


def open_placement() -> Assessment | None:
    """The placement people take now."""
    return Assessment.objects.filter(kind=Assessment.Kind.PLACEMENT, is_open=True).first()


#: Attempts that look again at one competency of a placement (`reviews`), and are none themselves.
SECOND_FORM = Q(pinned__has_key="second_form_of")


def latest_placement(learner) -> Attempt | None:
    """The person's most recent finished placement."""
    return (
        Attempt.objects.filter(
            learner=learner,
            assessment__kind=Assessment.Kind.PLACEMENT,
            status=Attempt.Status.GRADED,
        )
        .exclude(SECOND_FORM)
        .select_related("assessment")
        .order_by("-submitted_at")
        .first()
    )
