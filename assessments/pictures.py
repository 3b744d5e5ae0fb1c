"""The pictures of questions: frozen with a version, served without asking the database.

A version keeps a copy of its picture under its content's hash, so that whoever replaces or deletes an
image in the library changes nothing that was asked.
"""

import hashlib
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from academy.media.models import AcademyImage

FOLDER = "questions"
#: Large enough for a wide screen, light enough for a phone. Drawings stay drawings.
RENDITION = "max-1200x1200|preserve-svg"


def freeze_picture(image: AcademyImage) -> dict:
    """What a version says of its picture: `file` is a copy in the default storage, made once."""
    rendition = image.get_rendition(RENDITION)
    with rendition.file.open("rb") as stream:
        data = stream.read()
    ending = PurePath(rendition.file.name).suffix.lower()
    name = f"{FOLDER}/{hashlib.sha256(data).hexdigest()[:40]}{ending}"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(data))
    return {
        "id": image.pk,
        "title": image.title,
        "width": round(rendition.width),
        "height": round(rendition.height),
        "file": name,
    }


def picture_url(frozen: dict) -> str:
    return default_storage.url(frozen["file"])
