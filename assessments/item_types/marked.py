"""What an essay and a file task have in common: people mark them, by the rubric of their question."""

import re
import unicodedata
from typing import ClassVar

from django.utils.translation import gettext as _

from assessments.item_types.base import ItemType

#: More than an hour's writing, and less than a request may carry.
MOST_CHARACTERS = 40_000
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def clean_text(text: str) -> str:
    """The text as it is kept: lines end as in Unix, no control characters, composed letters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text)).strip()


def word_count(text: str) -> int:
    """Words as the page counts them: what stands between spaces."""
    return len((text or "").split())


class Marked(ItemType):
    """A question without a key. Its version freezes the whole rubric: the settings hold what does not
    depend on the language (`rubric`: kind, criteria, points), the words the rest (`criteria`)."""

    is_marked = True
    fields: ClassVar = ("rubric", "word_limit")
    explained_template = "assessments/items/marked_explained.html"

    def problem(self, content):
        if content.rubric is None:
            return _("Choose the rubric that the answers are marked by.")
        return rubric_problem(content.rubric)

    def key(self, content):
        return None

    def settings(self, content):
        rubric = content.rubric
        return {
            "word_limit": content.word_limit,
            "rubric": {
                "uuid": str(rubric.uuid),
                "kind": rubric.kind,
                "criteria": [
                    {
                        "id": str(criterion.uuid),
                        "is_scored": criterion.is_scored,
                        "levels": [
                            {"id": str(level.uuid), "points": float(level.points)}
                            for level in criterion.levels.all()
                        ],
                    }
                    for criterion in rubric.criteria.all()
                ],
            },
        }

    def words(self, content):
        language = content.locale.language_code
        return {
            "options": [],
            "criteria": [
                {
                    "id": str(criterion.uuid),
                    "title": criterion.title.in_language(language),
                    "description": criterion.description.in_language(language),
                    "levels": [
                        {
                            "id": str(level.uuid),
                            "title": level.title.in_language(language),
                            "description": level.description.in_language(language),
                        }
                        for level in criterion.levels.all()
                    ],
                }
                for criterion in content.rubric.criteria.all()
            ],
        }

    def order(self, words, generator):
        return []

    def context(self, asked):
        text = (asked.answer or {}).get("text", "")
        return {
            "text": text,
            "word_count": word_count(text),
            "word_limit": asked.document["settings"].get("word_limit"),
            "most_characters": MOST_CHARACTERS,
            "criteria": rubric_of(asked.document, asked.language),
        }

    def parse_text(self, data, name: str) -> str:
        text = clean_text(data.get(name) or "")
        if len(text) > MOST_CHARACTERS:
            raise ValueError(
                _("Your text has %(count)d characters. At most %(most)d can be kept.")
                % {"count": len(text), "most": MOST_CHARACTERS}
            )
        return text

    def grade(self, key, answer):
        """An empty answer scores 0; any other is for people to mark."""
        return 0.0

    def explain(self, asked, *, whole):
        return {
            "text": (asked.answer or {}).get("text", ""),
            "criteria": rubric_of(asked.document, asked.language),
        }


def rubric_problem(rubric) -> str | None:
    """Why nobody could mark by this rubric; None when they can."""
    scored = [one for one in rubric.criteria.all() if one.is_scored]
    if not scored:
        return _("The rubric needs at least one criterion that counts.")
    for criterion in scored:
        points = [level.points for level in criterion.levels.all()]
        if len(set(points)) < 2:
            return _(
                "The criterion “%(criterion)s” needs at least two levels with different points."
            ) % {"criterion": criterion}
    if rubric.kind == "safe_to_fail" and len(scored) == len(rubric.criteria.all()):
        return _(
            "A safe-to-fail rubric leaves the outcome unscored: add a criterion that does not count."
        )
    return None


def rubric_of(document: dict, language: str) -> list[dict]:
    """The frozen criteria with their words in the language: `[{"id", "title", "description",
    "is_scored", "most", "levels": [{"id", "title", "description", "points"}]}]`."""
    languages = document["languages"]
    words = languages.get(language) or next(iter(languages.values()))
    by_id = {one["id"]: one for one in words.get("criteria", [])}
    found = []
    for criterion in document["settings"]["rubric"]["criteria"]:
        said = by_id[criterion["id"]]
        levels = {one["id"]: one for one in said["levels"]}
        found.append(
            {
                **said,
                "is_scored": criterion["is_scored"],
                "most": max((one["points"] for one in criterion["levels"]), default=0),
                "levels": [{**levels[one["id"]], **one} for one in criterion["levels"]],
            }
        )
    return found


def share_of_points(document: dict, levels: dict[str, str]) -> float:
    """The points of the levels chosen, as a share of the most there are; what is not scored counts
    nothing. `levels` is `{criterion id: level id}`."""
    reached = most = 0.0
    for criterion in document["settings"]["rubric"]["criteria"]:
        if not criterion["is_scored"]:
            continue
        points = {level["id"]: level["points"] for level in criterion["levels"]}
        reached += points[levels[criterion["id"]]]
        most += max(points.values())
    return reached / most
