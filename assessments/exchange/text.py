"""Bytes to text, whatever they were written with."""

import codecs

from django.utils.translation import gettext as _

from assessments.exchange.model import CHANGED, Note

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes) -> tuple[str, list[Note]]:
    """The text, and a note where its encoding had to be guessed. Never fails."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), []
    if data[:4].count(0) >= 2 and len(data) > 4:
        encoding = "utf-16-le" if data[1] == 0 else "utf-16-be"
        return data.decode(encoding, errors="replace"), [_guess("UTF-16")]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), [_guess("Windows-1252")]


def _guess(encoding: str) -> Note:
    return Note(
        CHANGED,
        _("Encoding"),
        _("The file is not UTF-8; it was read as %(encoding)s. Check letters with accents.")
        % {"encoding": encoding},
    )
