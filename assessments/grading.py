"""Adding up: what the scores of an attempt come to, and whether that is enough."""

from collections.abc import Sequence

from assessments.drawing import (
    adaptive_bank,
    adaptive_run,
    adaptive_sections,
    pilot_versions,
)
from assessments.measurement.adaptive import ENGINE_VERSION, Rules
from assessments.measurement.domain import domain_score, estimate
from assessments.models import Attempt, Response, Section
from assessments.placement import counts_as_right

#: Sums of thirds are not quite whole.
TOLERANCE = 1e-9

#: What `Attempt.result` keeps of a final beside its sections: positions that a regrade took out, and
#: by section the versions that would have been asked had it not been submitted before.
KEPT = ("neutral", "unasked")


def reaches(raw: float, maximum: float, cut: float) -> bool:
    return raw >= cut * maximum - TOLERANCE


def settle(attempt: Attempt, responses: Sequence[Response]) -> None:
    """Set the score, the sections' scores and the outcome of a final from its responses' scores.

    Passing takes the cut of the whole and that of each section that has one. What was asked on
    trial, and what a regrade took out, counts neither for nor against. Where nothing is left that
    counts, the outcome stays what it was.
    """
    sections = attempt.pinned.get("sections")
    neutral = set(attempt.result.get("neutral", ()))
    counted = [one for one in responses if one.position not in neutral]
    if sections is None:  # began before sections were pinned
        outcomes = []
        attempt.score_raw = float(sum(one.score or 0 for one in counted))
        attempt.score_max = float(len(counted))
    else:
        pilots = pilot_versions(attempt)
        counted = [one for one in counted if one.item_version_id not in pilots]
        outcomes = [
            _outcome(attempt, index, section, [one for one in counted if one.section == index])
            for index, section in enumerate(sections)
        ]
        attempt.score_raw = float(sum(one["raw"] for one in outcomes))
        attempt.score_max = float(sum(one["max"] for one in outcomes))
    kept = {key: attempt.result[key] for key in KEPT if attempt.result.get(key)}
    attempt.result = {"sections": outcomes, **kept}
    if attempt.score_max or attempt.passed is None:
        whole = reaches(attempt.score_raw, attempt.score_max, float(attempt.cut_score))
        attempt.passed = whole and all(one["passed"] is not False for one in outcomes)


def _outcome(attempt: Attempt, index: int, section: dict, responses: list[Response]) -> dict:
    if section["rule"] == Section.Rule.ADAPTIVE:
        engine = section["engine"]
        found = estimate_section(attempt, index, responses)
        share = domain_score(found["theta"], engine["a"], engine["b"], engine["c"])
        raw, maximum = share * engine["points"], float(engine["points"])
    else:
        raw, maximum = float(sum(one.score or 0 for one in responses)), float(len(responses))
        found = {}
    cut = section["cut"]
    return {
        "section": index,
        "raw": raw,
        "max": maximum,
        "cut": cut,
        "passed": None if cut is None or not maximum else reaches(raw, maximum, cut),
        **found,
    }


def estimate_section(attempt: Attempt, index: int, responses: Sequence[Response]) -> dict:
    """Ability and its standard error from the answers of an adaptive section."""
    engine = attempt.pinned["sections"][index]["engine"]
    place = {version: row for row, version in enumerate(engine["versions"])}
    answers = [(one.item_version_id, counts_as_right(one.score)) for one in responses]
    unasked = attempt.result.get("unasked", {}).get(str(index), ())
    history = [(place[version], right) for version, right in answers]
    history += [(place[version], False) for version in unasked]
    [found] = estimate(adaptive_bank(engine), Rules(**engine["rules"]), history)
    return {"theta": round(found.theta, 4), "se": round(found.se, 4)}


def close_sections(attempt: Attempt, responses: Sequence[Response]) -> None:
    """An attempt is submitted: what its adaptive sections would still have asked counts as wrong, as
    what is left unanswered does elsewhere. Submitting early never pays. An engine that was renewed
    meanwhile cannot say what that would have been: then the answers there are have to do."""
    unasked = {}
    if attempt.pinned.get("engine") != ENGINE_VERSION:
        return
    for index in adaptive_sections(attempt):
        mine = [one for one in responses if one.section == index]
        run = adaptive_run(attempt, index, [(one.item_version_id, one.score or 0) for one in mine])
        versions = attempt.pinned["sections"][index]["engine"]["versions"]
        left = []
        while (row := run.next_item()) is not None:
            run.record(row, 0)
            left.append(versions[row])
        if left:
            unasked[str(index)] = left
    attempt.result = {**attempt.result, "unasked": unasked}
