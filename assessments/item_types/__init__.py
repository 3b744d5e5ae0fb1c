"""The kinds of question, one module each: what makes one valid, how it is answered and graded.

Each module offers `TYPE`, an `ItemType`. To add a kind, write its module and list it here.
"""

from assessments.item_types import essay, file, multiple, numeric, single
from assessments.item_types.base import Asked, ItemType

_TYPES: dict[str, ItemType] = {
    module.TYPE.code: module.TYPE for module in (single, multiple, numeric, essay, file)
}
__all__ = ["ITEM_TYPE_CHOICES", "MARKED_TYPES", "Asked", "ItemType", "item_type_for"]

ITEM_TYPE_CHOICES = [(item_type.code, item_type.label) for item_type in _TYPES.values()]
#: The codes of those that people mark: no placement can ask them.
MARKED_TYPES = [item_type.code for item_type in _TYPES.values() if item_type.is_marked]


def item_type_for(code: str) -> ItemType:
    return _TYPES[code]
