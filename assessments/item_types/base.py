"""What every kind of question offers."""

from abc import ABC, abstractmethod
from typing import Any

from django.http import QueryDict


class ItemType(ABC):
    """One kind of interaction (QTI: interaction). Stateless.

    An *answer* is the JSON kept in a Response; a *key* the JSON kept in an ItemVersion.
    """

    code: str
    label: str
    interaction: str  # xAPI cmi.interaction type
    has_options = True

    @abstractmethod
    def problem(self, content) -> str | None:
        """Why this content cannot be published, in words for its author; None when it can."""

    @abstractmethod
    def key(self, content) -> Any:
        """The scoring key of a content."""

    @abstractmethod
    def parse(self, data: QueryDict, version_words: dict) -> Any | None:
        """The answer in a submitted form (field `answer`), or None where nothing was answered.

        Raises `ValueError` with a sentence for the learner where the input cannot be an answer.
        """

    @abstractmethod
    def grade(self, key: Any, answer: Any) -> float:
        """The score, 0 to 1. An empty answer scores 0."""

    @abstractmethod
    def pattern(self, value: Any) -> str:
        """An answer or key as xAPI writes it (xAPI Data 2.4.4.1, response patterns)."""

    def guessing(self, option_count: int) -> float:
        """The chance of a right answer by guessing: the 3PL's c."""
        return 0.0
