"""Pictures that come with questions: found, checked, kept by the digest of their bytes."""

import base64
import binascii
import io
import re
from urllib.parse import unquote, unquote_to_bytes

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from assessments.exchange import xml
from assessments.exchange.model import Media, Unreadable

FORMATS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
MAX_SIDE = 8000
_DATA = re.compile(r"data:(?P<type>[\w/+.-]*)(?:;[\w=.-]+)*?(?P<base>;base64)?,(?P<data>.*)", re.S)
_IN_MARKUP = re.compile(r'<img src="media:(\w+)" alt="([^"]*)"\s*/?>')


class BadPicture(Exception):
    """Why a picture is not taken."""


def checked(name: str, data: bytes) -> Media:
    """The picture, if it is one that browsers show and that cannot do anything."""
    if len(data) > settings.IMPORT_MAX_PICTURE_BYTES:
        raise BadPicture(
            _("It is larger than %(most)d MB.") % {"most": settings.IMPORT_MAX_PICTURE_BYTES >> 20}
        )
    stem = re.sub(r"[^\w.-]+", "-", name.rpartition("/")[2].rpartition(".")[0])[:60] or "picture"
    if data.lstrip()[:5] in (b"<?xml", b"<svg ", b"<!DOC", b"<!-- ") or b"<svg" in data[:1000]:
        _check_drawing(data)
        return Media(f"{stem}.svg", data)
    try:
        with Image.open(io.BytesIO(data)) as image:
            form, size = image.format, image.size
            if form in FORMATS and max(size) <= MAX_SIDE:
                image.load()
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        OverflowError,
        MemoryError,
    ) as error:
        raise BadPicture(_("It is no picture that can be read.")) from error
    if form not in FORMATS:
        raise BadPicture(_("Pictures are PNG, JPEG, GIF, WebP or SVG."))
    if max(size) > MAX_SIDE:
        raise BadPicture(_("It is wider or higher than %(most)d pixels.") % {"most": MAX_SIDE})
    return Media(f"{stem}.{FORMATS[form]}", data)


def _check_drawing(data: bytes) -> None:
    """An SVG without scripts, handlers and links outside itself."""
    try:
        root, _notes = xml.parse(data)
    except Unreadable as error:
        raise BadPicture(error.message) from error
    for element in root.iter():
        name = xml.local(element).lower()
        if name in ("script", "foreignobject", "iframe", "handler", "set", "animate"):
            raise BadPicture(_("The drawing holds <%(name)s>.") % {"name": name})
        for key, value in element.attrib.items():
            attribute = key.rpartition("}")[2].lower()
            if attribute.startswith("on"):
                raise BadPicture(_("The drawing holds a script."))
            if attribute == "href" and not value.strip().startswith(("#", "data:image/")):
                raise BadPicture(_("The drawing points outside itself."))


def from_data_uri(src: str) -> tuple[str, bytes] | None:
    match = _DATA.fullmatch(src.strip())
    if match is None:
        return None
    try:
        if match["base"]:
            return "picture.bin", base64.b64decode(unquote(match["data"]).encode(), validate=False)
        return "picture.bin", unquote_to_bytes(match["data"])
    except (binascii.Error, ValueError):
        return "picture.bin", b""


def size_of(picture: Media) -> tuple[float, float] | None:
    """Width and height in pixels; None where a drawing does not say them."""
    if not picture.name.endswith(".svg"):
        with Image.open(io.BytesIO(picture.data)) as image:
            return image.size
    root, _notes = xml.parse(picture.data)
    try:
        box = [float(one) for one in re.split(r"[\s,]+", root.get("viewBox", "").strip()) if one]
        if len(box) == 4 and min(box[2:]) > 0:
            return box[2], box[3]
        width, height = (
            float(re.sub(r"[a-z%]+$", "", root.get(name, ""))) for name in ("width", "height")
        )
        return (width, height) if min(width, height) > 0 else None
    except ValueError:
        return None


def per_cent(
    box: tuple[float, float, float, float], width: float, height: float
) -> dict[str, float]:
    """Left, top, width, height in pixels as shares of the picture, inside it."""
    left, top = max(0.0, min(box[0], width)), max(0.0, min(box[1], height))
    return {
        "x": round(100 * left / width, 2),
        "y": round(100 * top / height, 2),
        "width": round(100 * max(0.0, min(box[2], width - left)) / width, 2),
        "height": round(100 * max(0.0, min(box[3], height - top)) / height, 2),
    }


def keys_in(markup: str) -> list[str]:
    return [match[1] for match in _IN_MARKUP.finditer(markup)]


def replace(markup: str, write) -> str:
    """The markup with each picture as `write(key, alt)` gives it; `alt` is escaped already."""
    return _IN_MARKUP.sub(lambda match: write(match[1], match[2]), markup)


def data_uri(picture: Media) -> str:
    kind = picture.name.rpartition(".")[2]
    kind = {"jpg": "jpeg", "svg": "svg+xml"}.get(kind, kind)
    return f"data:image/{kind};base64,{base64.b64encode(picture.data).decode()}"
