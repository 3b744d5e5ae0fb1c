"""Content's HTML, made to fit what the rich text editors of the pages and questions keep."""

import re
from html import unescape

_TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<t[hd]>(.*?)</t[hd]>", re.DOTALL)


def without_tables(html: str) -> str:
    """The same with each small table as a list, a line a row: "Hills: x".

    A trainer's editor has no tables; it would drop them, and the question with them, at the first
    saving.
    """
    return _TABLE.sub(lambda match: _as_list(match[1]), html)


def _as_list(table: str) -> str:
    header, *rows = [_CELL.findall(row) for row in _ROW.findall(table)]
    if len(header) == 2:
        lines = [f"{name}: {value}" for name, value in rows]
        lead = f"<p><b>{header[0]}: {header[1]}</b></p>"
    else:
        lines = [
            f"{row[0]}: " + ", ".join(f"{n} {v}" for n, v in zip(header[1:], row[1:], strict=True))
            for row in rows
        ]
        lead = f"<p><b>{header[0]}: {', '.join(header[1:])}</b></p>"
    return lead + "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html)).strip()
