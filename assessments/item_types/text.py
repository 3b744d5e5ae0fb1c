"""Words that people type: what is kept of them, when two are the same, how xAPI writes them."""

import re
import unicodedata

from django.utils.translation import gettext as _

_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼʹ`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "ß": "ss",
        "œ": "oe",
        "Œ": "oe",
        "æ": "ae",
        "Æ": "ae",
        "ø": "o",
        "Ø": "o",
        "ł": "l",
        "Ł": "l",
        "đ": "d",
        "Đ": "d",
    }
)
_SPACE = re.compile(r"\s+")
_AROUND_QUOTES = re.compile(r'\s*"\s*')


def kept(text: str, most: int) -> str:
    """A typed answer as it is kept: no control characters or halves of characters, which not every
    database takes; one space at a time. Raises `ValueError` when it is longer than `most`."""
    if len(text) > most:
        raise ValueError(
            _("Write at most %(most)d characters; you wrote %(count)d.")
            % {"most": most, "count": len(text)}
        )
    spaced = _SPACE.sub(" ", text)
    return "".join(one for one in spaced if unicodedata.category(one) not in ("Cc", "Cs")).strip()


def _folded(text: str) -> str:
    """Compatibility decomposition and full case folding (Unicode 3.13, D145) without the marks."""
    text = unicodedata.normalize("NFKD", text.translate(_SAME)).casefold()
    text = unicodedata.normalize("NFKD", text)
    return "".join(one for one in text if not unicodedata.combining(one)).translate(_SAME)


def normalised(text: str) -> str:
    """What two answers have in common that differ in case, accents, spaces, typographic punctuation
    or a full stop at the end only. Normalising twice is normalising once."""
    before = None
    while text != before:
        before = text
        text = _folded(text)
        text = "".join(one for one in text if unicodedata.category(one) not in ("Cc", "Cf", "Cs"))
        text = _SPACE.sub(" ", text).strip()
        text = _AROUND_QUOTES.sub('"', text)
        if len(text) > 1:
            text = text.removesuffix(".").rstrip() or text
    return text


def lines(text: str) -> list[str]:
    """What an author wrote one a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def literal(text: str) -> str:
    """A text inside an xAPI response pattern, where some brackets mean something."""
    return text.replace("[,]", "[ ,]").replace("[.]", "[ .]").replace("[:]", "[ :]")
