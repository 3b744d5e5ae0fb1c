"""Archives from elsewhere: opened within limits, read in memory, never unpacked to disk."""

import io
import posixpath
import stat
import zipfile
import zlib
from dataclasses import dataclass, field
from urllib.parse import unquote

from django.conf import settings
from django.utils.translation import gettext as _

from assessments.exchange.model import Unreadable

#: No text or picture shrinks to less than this share of its size (a bomb is one of thousands).
MAX_RATIO = 200
RATIO_FROM = 1 << 20  # small files of spaces shrink a lot and hurt nobody
ARCHIVES = (".zip", ".jar", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".mbz", ".imscc")
LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass
class Opened:
    """A file as it was given, and the files in it where it is an archive."""

    name: str
    data: bytes = field(repr=False)
    files: "Package | None" = None


class Package:
    """The files of an archive, by their path. Every limit is asked before anything is read."""

    def __init__(self, data: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            entries = self._archive.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
            raise Unreadable(_("The archive is damaged and cannot be opened.")) from error
        if len(entries) > settings.IMPORT_MAX_FILES:
            raise Unreadable(
                _("The archive has %(count)d files; at most %(most)d are read.")
                % {"count": len(entries), "most": settings.IMPORT_MAX_FILES}
            )
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self.used: set[str] = set()
        self._read_bytes = 0
        for entry in entries:
            self._admit(entry)
        if sum(entry.file_size for entry in entries) > settings.IMPORT_MAX_UNPACKED_BYTES:
            raise Unreadable(
                _("The archive is larger than %(most)d MB when unpacked.")
                % {"most": settings.IMPORT_MAX_UNPACKED_BYTES >> 20}
            )

    def _admit(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or ":" in name.split("/")[0] or ".." in name.split("/"):
            raise Unreadable(
                _("The archive holds a path that leads out of it: %(path)s") % {"path": name[:100]}
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Unreadable(_("The archive holds a link: %(path)s") % {"path": name[:100]})
        if entry.flag_bits & 0x1:
            raise Unreadable(_("The archive is encrypted. Give it without a password."))
        if (
            entry.file_size > RATIO_FROM
            and entry.file_size > max(entry.compress_size, 1) * MAX_RATIO
        ):
            raise Unreadable(
                _("A file of the archive grows more than %(times)d times when unpacked: %(path)s")
                % {"times": MAX_RATIO, "path": name[:100]}
            )
        if entry.is_dir() or any(litter in name for litter in LITTER):
            return
        if name.lower().endswith(ARCHIVES):
            raise Unreadable(
                _("The archive holds another archive: %(path)s. Give that one alone.")
                % {"path": name[:100]}
            )
        path = posixpath.normpath(name)
        if path in self._entries:
            raise Unreadable(_("The archive holds %(path)s twice.") % {"path": path[:100]})
        self._entries[path] = entry

    def __contains__(self, path: str) -> bool:
        return path in self._entries

    @property
    def paths(self) -> list[str]:
        return list(self._entries)

    def read(self, path: str) -> bytes:
        """The bytes of a file. What the archive says of sizes is not believed: they are counted."""
        entry = self._entries[path]
        self.used.add(path)
        try:
            with self._archive.open(entry) as file:
                data = file.read(entry.file_size + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            raise Unreadable(
                _("%(path)s in the archive is damaged.") % {"path": path[:100]}
            ) from error
        self._read_bytes += len(data)
        if self._read_bytes > 4 * settings.IMPORT_MAX_UNPACKED_BYTES:
            raise Unreadable(
                _("The archive is larger than %(most)d MB when unpacked.")
                % {"most": settings.IMPORT_MAX_UNPACKED_BYTES >> 20}
            )
        return data

    def find(self, href: str, beside: str = "") -> str | None:
        """The path that `href` in the file `beside` leads to; None where it leads nowhere here."""
        href = unquote(href.split("#")[0].split("?")[0]).replace("\\", "/")
        if not href or "://" in href:
            return None
        for base in (posixpath.dirname(beside), ""):
            path = posixpath.normpath(posixpath.join(base, href.lstrip("/")))
            if path in self._entries:
                return path
        return None

    def unused(self) -> list[str]:
        return [path for path in self._entries if path not in self.used]
