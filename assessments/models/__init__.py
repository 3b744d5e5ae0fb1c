from assessments.models.assessment import Assessment, Section
from assessments.models.attempt import Attempt, Response
from assessments.models.bank import Item, ItemBank, ItemContent, ItemVersion

__all__ = [
    "Assessment",
    "Attempt",
    "Item",
    "ItemBank",
    "ItemContent",
    "ItemVersion",
    "Response",
    "Section",
]
