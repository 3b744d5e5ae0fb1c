"""When a module may be proven and when a course is complete. Pure rules, no database.

A module is complete when its final assessment is passed. A course is complete when every one of
its modules is proven: a module that was skipped on a placement leaves the plan, but placement is
provisional, so the certificate asks for its final assessment all the same.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass


@dataclass(frozen=True)
class ModuleState:
    """One module of a course for one person."""

    lessons: int
    lessons_done: int
    is_proven: bool
    has_final: bool

    @property
    def lessons_complete(self) -> bool:
        return self.lessons_done >= self.lessons

    @property
    def is_complete(self) -> bool:
        """Proven; a module without a final assessment is complete with its lessons."""
        return self.is_proven or (not self.has_final and self.lessons_complete and self.lessons > 0)

    @property
    def is_empty(self) -> bool:
        """Nothing to do in it: no live lesson and no final assessment."""
        return self.lessons == 0 and not self.has_final

    @property
    def share(self) -> float:
        """How far along, 0 to 1: each lesson counts one step, the final assessment one more."""
        if self.is_complete:
            return 1.0
        steps = self.lessons + (1 if self.has_final else 0)
        return self.lessons_done / steps if steps else 0.0


def course_is_complete(modules: Iterable[ModuleState]) -> bool:
    """Every module that has anything to do is complete, and there is at least one."""
    states = [state for state in modules if not state.is_empty]
    return bool(states) and all(state.is_complete for state in states)


def course_share(modules: Iterable[ModuleState]) -> float:
    """The mean of the modules' shares, 0 to 1."""
    states = [state for state in modules if not state.is_empty]
    return sum(state.share for state in states) / len(states) if states else 0.0


def route_of(lessons: Set[int], done: Set[int]) -> str:
    """How the module was proven: "learned" when every lesson was done before, else "direct"."""
    return "learned" if lessons and lessons <= done else "direct"
