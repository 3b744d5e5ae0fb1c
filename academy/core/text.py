"""Markup as text."""

import re
from html import unescape

from django.utils.html import strip_tags

_ENDS = re.compile(r"</(?:p|li|h[1-6]|t[dhr]|div|blockquote)\s*>|<br\s*/?>", re.IGNORECASE)


def plain_text(markup: str) -> str:
    """The words of a piece of HTML on one line; where a block ends there is a space."""
    return " ".join(unescape(strip_tags(_ENDS.sub(" ", markup))).split())
