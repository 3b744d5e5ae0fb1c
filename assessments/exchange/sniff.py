"""Which format a file is, and its questions."""

import re
import zlib

from django.conf import settings
from django.utils.translation import gettext as _

from assessments.exchange import aiken, gift, moodle_xml, qti3, spreadsheet, xml
from assessments.exchange.cleaning import finish
from assessments.exchange.model import (
    CHANGED,
    Reading,
    Unreadable,
    merge_languages,
    name_apart,
)
from assessments.exchange.packages import Opened, Package
from assessments.exchange.text import decode

UNUSED_NAMED = 20
#: Files of a package that nobody misses.
_SCHEMAS = (".xsd", ".dtd")


def read(name: str, data: bytes, language: str) -> Reading:
    """The questions of a file, cleaned, with one source id each. Raises `Unreadable` alone."""
    if not data:
        raise Unreadable(_("The file is empty."))
    if len(data) > settings.IMPORT_MAX_BYTES:
        raise Unreadable(
            _("The file is larger than %(most)d MB.") % {"most": settings.IMPORT_MAX_BYTES >> 20}
        )
    opened = Opened(name, data)
    try:
        reading = _reader_of(opened)(opened, language)
    except (RecursionError, MemoryError, zlib.error) as error:
        raise Unreadable(_("The file is nested too deep, or too large, to be read.")) from error
    if len(reading.items) > settings.IMPORT_MAX_QUESTIONS:
        raise Unreadable(
            _("The file has %(count)d questions; at most %(most)d are read at once.")
            % {"count": len(reading.items), "most": settings.IMPORT_MAX_QUESTIONS}
        )
    if not reading.items:
        raise Unreadable(_("The file has no question."))
    reading.items = merge_languages([finish(item, language) for item in reading.items])
    name_apart(reading.items)
    if opened.files is not None:
        _name_unused(opened.files, reading)
    return reading


def _name_unused(files: Package, reading: Reading) -> None:
    unused = [path for path in files.unused() if not path.lower().endswith(_SCHEMAS)]
    for path in unused[:UNUSED_NAMED]:
        reading.note(CHANGED, path[:160], _("No question uses this file. Left out."))
    if len(unused) > UNUSED_NAMED:
        more = len(unused) - UNUSED_NAMED
        reading.note(
            CHANGED,
            _("%(count)d more files") % {"count": more},
            _("No question uses them. Left out."),
        )


def _reader_of(opened: Opened):
    data = opened.data
    if data[:2] == b"PK":
        return _reader_of_archive(opened)
    if data[:2] == b"\x1f\x8b":
        raise Unreadable(
            _("This is a compressed backup. Export the questions as Moodle XML or QTI instead.")
        )
    start = data[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start.startswith(b"<") and not start.startswith(b"<p>"):
        return _reader_of_xml(data)
    if data[:4] in (b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff\xe0", b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_unknown())
    text, _notes = decode(data)
    if "\x00" in text[:1000]:
        raise Unreadable(_unknown())
    if spreadsheet.looks_like(text):
        return spreadsheet.read
    if aiken.looks_like(text):
        return aiken.read
    if gift.looks_like(text):
        return gift.read
    raise Unreadable(_unknown())


def _unknown() -> str:
    return _(
        "The format was not recognised. What can be read: the academy’s table (CSV, XLSX), GIFT, "
        "Aiken, Moodle XML, QTI 2.1, 2.2 and 3.0."
    )


def _reader_of_xml(data: bytes):
    root, _notes = xml.parse(data)
    name = xml.local(root)
    if name == "quiz":
        return moodle_xml.read
    if name in ("assessmentItem", "assessmentTest", "qti-assessment-item", "qti-assessment-test"):
        return qti3.read
    if name in ("questestinterop", "item", "section"):
        raise Unreadable(_("QTI 1.2 is not read. Export it as QTI 2.1 or 3."))
    if name == "manifest":
        raise Unreadable(_("This is the manifest of a package. Give the whole package (ZIP)."))
    raise Unreadable(
        _("This XML, which begins with <%(name)s>, holds no questions that can be read.")
        % {"name": name[:60]}
    )


def _reader_of_archive(opened: Opened):
    files = Package(opened.data)
    paths = files.paths
    if "[Content_Types].xml" in paths or any(path.startswith("xl/") for path in paths):
        return spreadsheet.read
    if any(path.rpartition("/")[2] == "moodle_backup.xml" for path in paths):
        raise Unreadable(
            _("This is a compressed backup. Export the questions as Moodle XML or QTI instead.")
        )
    opened.files = files
    has_manifest = any(path.rpartition("/")[2] == "imsmanifest.xml" for path in paths)
    if not has_manifest:
        single = _only_text(files)
        if single:
            opened.name, opened.data = single, files.read(single)
            return _reader_of(opened)
    return qti3.read


def _only_text(files: Package) -> str:
    """The one table or list of questions in an archive that is no package; or nothing."""
    found = [path for path in files.paths if re.search(r"\.(csv|txt|gift|tsv)$", path, re.I)]
    if len(found) == 1:
        return found[0]
    documents = [path for path in files.paths if path.lower().endswith(".xml")]
    for path in documents:
        head = files.read(path)[:4096]
        files.used.discard(path)
        if len(documents) == 1 and re.search(rb"<(\w+:)?quiz\b", head):
            return path
    return ""
