"""Where a unit stands in the tree, and which row of a report a person or an event belongs to.

The tree is today's, whatever the date of the figures: a unit that moved takes its people with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from academy.people.models import OrgUnit


def ancestors_of(unit: OrgUnit) -> list[OrgUnit]:
    """The units above, from the root down, and the unit itself. One query."""
    codes = unit.path.strip("/").split("/")
    return list(OrgUnit.objects.filter(code__in=codes).order_by("depth"))


def only_root() -> OrgUnit | None:
    """The root of the tree, when there is just one: a report of the whole opens there."""
    roots = list(OrgUnit.objects.filter(depth=0)[:2])
    return roots[0] if len(roots) == 1 else None


@dataclass(frozen=True)
class Branches:
    """The units that a report about a unit lists: its children, or the roots of the tree."""

    unit: OrgUnit | None
    children: tuple[OrgUnit, ...]

    @classmethod
    def of(cls, unit: OrgUnit | None) -> "Branches":
        """One query."""
        if unit is None:
            return cls(None, tuple(OrgUnit.objects.filter(depth=0)))
        return cls(unit, tuple(OrgUnit.objects.below(unit).filter(depth=unit.depth + 1)))

    def code_for(self, path: str) -> str | None:
        """The code of the child that a unit with this path is in; None for the unit itself."""
        above = self.unit.path if self.unit else "/"
        return path.removeprefix(above).split("/", 1)[0] or None

    def codes(self) -> Iterable[str]:
        return (child.code for child in self.children)
