"""What questions with several parts have in common: how parts add up to a score."""

#: `ItemScoring` of the models, which import the kinds of question.
ALL, EACH, PENALTY = "all", "each", "penalty"


def share(*, right: int, wrong: int, parts: int, scoring: str) -> float:
    """The score, 0 to 1, of an answer with so many right and wrong of `parts` (QTI 3: map_response).

    All or nothing; a share for each right part, right/parts; or right less wrong, never below zero:
    max(0, right - wrong)/parts.
    """
    if scoring == EACH:
        return right / parts
    if scoring == PENALTY:
        return max(0, right - wrong) / parts
    return float(right == parts and not wrong)


def scoring_of(document: dict) -> str:
    return document.get("settings", {}).get("scoring", ALL)
