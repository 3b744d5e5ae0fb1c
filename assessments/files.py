"""Files handed in as answers: taken in whole or not at all, kept for good, given out with care.

What a file is, its content says: the ending of its name must agree. The name it came with is only
ever shown; on the disk it has one of ours.
"""

import hashlib
import os
import re
import unicodedata
import zipfile
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.errors import AcademyError, Conflict
from assessments.item_types.file import KINDS, MEGABYTE
from assessments.models import AnswerFile, Response

#: In a name: what no file system, header or page should meet.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')
#: ISO/IEC 29500-2: the parts of a package; a macro is a part too.
_OFFICE = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
_OPEN_DOCUMENT = {
    "odt": b"application/vnd.oasis.opendocument.text",
    "ods": b"application/vnd.oasis.opendocument.spreadsheet",
    "odp": b"application/vnd.oasis.opendocument.presentation",
}
_MARKS = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
}
_TEXT = ("txt", "csv", "md")


# --- Taking in ------------------------------------------------------------------------------------


def shown_name(name: str) -> str:
    """The name a file came with, without what could mislead: no folders, no control or direction
    characters, not hidden, not too long."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    stem, ending = os.path.splitext(_UNSAFE.sub("", name).strip(" ."))
    return f"{stem.strip()[:120] or 'file'}{ending[:10]}"


def _ending(name: str) -> str:
    ending = os.path.splitext(name)[1].lower().lstrip(".")
    return "jpg" if ending == "jpeg" else ending


def _is_text(upload: UploadedFile) -> bool:
    """UTF-8, or one byte a letter as older spreadsheets write it; never with a NUL."""
    upload.seek(0)
    return all(b"\0" not in chunk for chunk in upload.chunks())


def _is_package(upload: UploadedFile, kind: str) -> bool:
    """An Office or OpenDocument file without macros. Nothing is unpacked but its short type."""
    upload.seek(0)
    try:
        with zipfile.ZipFile(upload.file) as package:
            names = package.namelist()
            if any("vbaproject" in name.lower() or name.startswith("Basic/") for name in names):
                return False
            if kind in _OFFICE:
                return "[Content_Types].xml" in names and any(
                    name.startswith(_OFFICE[kind]) for name in names
                )
            with package.open("mimetype") as file:
                return file.read(200).strip() == _OPEN_DOCUMENT[kind]
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, OSError, ValueError):
        return False


def _is_kind(upload: UploadedFile, kind: str) -> bool:
    if kind in _TEXT:
        return _is_text(upload)
    if kind in _MARKS:
        upload.seek(0)
        return upload.read(16).startswith(_MARKS[kind])
    return kind in KINDS and _is_package(upload, kind)


def problem_of(upload: UploadedFile) -> str | None:
    """Why the file cannot be taken, in words for who sent it; None when it can."""
    name = shown_name(upload.name or "")
    if not upload.size:
        return _("“%(name)s” is empty. Choose the file again.") % {"name": name}
    most = settings.ANSWER_FILE_MB * MEGABYTE
    if upload.size > most:
        return _("“%(name)s” is larger than %(most)s. Make it smaller, or split it.") % {
            "name": name,
            "most": filesizeformat(most),
        }
    if not _is_kind(upload, _ending(name)):
        return _(
            "“%(name)s” cannot be taken: it has to be one of these, without macros: %(kinds)s."
        ) % {"name": name, "kinds": ", ".join(KINDS)}
    return None


def _digest(upload: UploadedFile) -> str:
    upload.seek(0)
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def all_or_nothing():
    """Take files in within a transaction: where it fails, what was written goes again."""
    written: list[AnswerFile] = []
    try:
        with transaction.atomic():
            yield written
    except BaseException:
        for one in written:
            one.file.storage.delete(one.file.name)
        raise


def take_files(
    response: Response,
    uploads: list[UploadedFile],
    kept: list[str],
    *,
    written: list[AnswerFile],
    at: datetime | None = None,
) -> list[str]:
    """Keep new files beside those kept; returns the uuids that the answer holds from now on.

    The same file again is the one there already (a double click adds nothing); a file of the same
    name takes the older one's place in the answer, which stays where it is. Called with the attempt
    locked. Raises `AcademyError` before anything is written when one of them cannot be taken.
    """
    for upload in uploads:
        if problem := problem_of(upload):
            raise AcademyError(problem)
    there = list(response.files.order_by("pk"))
    names = {str(one.uuid): one.name for one in there}
    answer = list(kept)
    for upload in uploads:
        name, digest = shown_name(upload.name or ""), _digest(upload)
        same = next((one for one in there if (one.sha256, one.name) == (digest, name)), None)
        if same is None:
            same = AnswerFile(
                response=response,
                learner_id=response.learner_id,
                name=name,
                size=upload.size,
                sha256=digest,
                uploaded_at=at or now(),
            )
            upload.seek(0)
            same.file.save(f"{same.uuid}.{_ending(name)}", upload, save=False)
            written.append(same)
            same.save()
            there.append(same)
        names[str(same.uuid)] = name
        answer = [one for one in answer if names[one] != name or one == str(same.uuid)]
        if str(same.uuid) not in answer:
            answer.append(str(same.uuid))
    if len(answer) > settings.ANSWER_FILES:
        raise AcademyError(
            _("An answer holds at most %(most)d files. Take one out first.")
            % {"most": settings.ANSWER_FILES}
        )
    if len(there) > 10 * settings.ANSWER_FILES:
        raise Conflict(_("Too many files were sent for this question. Tell your trainer."))
    return answer


# --- Giving out -----------------------------------------------------------------------------------


def files_of(response: Response) -> list[dict]:
    """All that was sent for a response: `{"uuid", "name", "size"}`."""
    return [
        {"uuid": str(one.uuid), "name": one.name, "size": one.size}
        for one in response.files.order_by("pk")
    ]


def handed_in(response: Response) -> list[AnswerFile]:
    """The files that the answer holds, in its order."""
    by_uuid = {str(one.uuid): one for one in response.files.all()}
    return [by_uuid[one] for one in (response.answer or {}).get("files", []) if one in by_uuid]


def blind_name(one: AnswerFile, number: int) -> str:
    """A name that tells a marker nothing of who sent it."""
    return f"{_('answer')}-{number}.{_ending(one.name)}"


def download(one: AnswerFile, name: str) -> FileResponse:
    """To be saved, never shown by the browser: what it holds is somebody's, not ours."""
    response = FileResponse(
        one.file.open("rb"),
        as_attachment=True,
        filename=name,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def delete_files(files: QuerySet[AnswerFile]) -> None:
    """Delete rows now, and what they stand for on the disk once that is sure."""
    for one in files:
        storage, name = one.file.storage, one.file.name
        one.delete()
        transaction.on_commit(partial(storage.delete, name))
