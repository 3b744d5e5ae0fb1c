"""The kinds of question, one module each: what makes one valid, how it is answered and graded.

Each module offers `TYPE`, an `ItemType`. To add a kind, write its module and list it here.
"""

from django.utils.translation import gettext as _

from assessments.item_types import (
    cloze,
    data,
    dragdrop,
    essay,
    file,
    hotspot,
    matching,
    multiple,
    numeric,
    ordering,
    short,
    single,
)
from assessments.item_types.base import Asked, ItemType

_TYPES: dict[str, ItemType] = {
    module.TYPE.code: module.TYPE
    for module in (
        single,
        multiple,
        numeric,
        matching,
        ordering,
        short,
        cloze,
        hotspot,
        dragdrop,
        data,
        essay,
        file,
    )
}
__all__ = [
    "ITEM_TYPE_CHOICES",
    "MARKED_TYPES",
    "Asked",
    "ItemType",
    "item_type_for",
    "problem_at",
    "problem_of",
]

ITEM_TYPE_CHOICES = [(item_type.code, item_type.label) for item_type in _TYPES.values()]
#: The codes of those that people mark: no placement can ask them.
MARKED_TYPES = [item_type.code for item_type in _TYPES.values() if item_type.is_marked]


def item_type_for(code: str) -> ItemType:
    return _TYPES[code]


def problem_at(content) -> tuple[str, str] | None:
    """The field and the reason why a content cannot be published; None when it can."""
    item_type = item_type_for(content.item_type)
    for one in content.options:
        if one.block_type not in item_type.blocks:
            return "options", _(
                "“%(block)s” does not belong to a question of the type “%(type)s”. "
                "Remove it, or choose another type."
            ) % {"block": one.block.label, "type": item_type.label}
    problem = item_type.problem(content)
    return (item_type.place, problem) if problem else None


def problem_of(content) -> str | None:
    """Why a content cannot be published, in words for its author; None when it can."""
    found = problem_at(content)
    return found[1] if found else None
