"""The kinds of question, one module each: what makes one valid, how it is answered and graded.

Each module offers `TYPE`, an `ItemType`. To add a kind, write its module and list it here.
"""

from assessments.item_types import data, dragdrop, hotspot, multiple, numeric, single
from assessments.item_types.base import Asked, ItemType

_TYPES: dict[str, ItemType] = {
    module.TYPE.code: module.TYPE for module in (single, multiple, numeric, hotspot, dragdrop, data)
}
__all__ = ["ITEM_TYPE_CHOICES", "Asked", "ItemType", "item_type_for"]

ITEM_TYPE_CHOICES = [(item_type.code, item_type.label) for item_type in _TYPES.values()]


def item_type_for(code: str) -> ItemType:
    return _TYPES[code]
