"""PDF syntax shared by the other modules: numbers, text strings, streams."""

from __future__ import annotations

import zlib

from reportlab.pdfbase import pdfdoc


def number(value: float) -> str:
    """A PDF real number, short and never in exponent form (ISO 32000-1 7.3.3)."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def text_string(text: str) -> str:
    """A text string as hexadecimal UTF-16BE with its mark (7.9.2.2): any script, no escaping."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


class Stream(pdfdoc.PDFStream):
    """A stream with an end of line before `endstream`, which PDF/A asks for (ISO 19005-3 6.1.7.1).

    ReportLab writes none. `compress` is off for metadata, which must stay readable (6.6.2.1).
    `padding` is what may be added once to the content without changing its meaning.
    """

    def __init__(
        self, content: bytes, *, compress: bool = True, padding: bytes = b"", **entries: object
    ) -> None:
        super().__init__(content=content)
        self._compress = compress
        self._padding = padding
        for key, value in entries.items():
            self.dictionary[key] = value

    def format(self, document: pdfdoc.PDFDocument) -> bytes:
        """The object's bytes; the dictionary is copied, so that writing twice gives the same."""
        dictionary = pdfdoc.PDFDictionary(self.dictionary.dict.copy())
        content = self.content
        if self._compress:
            # A stream that ends like a line would make a validator take its last byte for the end
            # of line and find /Length wrong. What ends it is the low byte of Adler-32, one more
            # than the sum of the content's bytes: padding must change that sum (zeros do not). Where
            # nothing may be added, the content is stored as it is.
            compressed = zlib.compress(content, 6)
            if compressed[-1:] in (b"\r", b"\n") and self._padding:
                content += self._padding
                compressed = zlib.compress(content, 6)
            if compressed[-1:] not in (b"\r", b"\n"):
                content = compressed
                dictionary["Filter"] = "/FlateDecode"
        dictionary["Length"] = len(content)
        return dictionary.format(document) + b"\nstream\n" + content + b"\nendstream"
