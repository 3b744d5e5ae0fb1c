"""The last step of every reader: foreign markup, languages, pictures and tags made ours."""

import re
from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext as _

from assessments.exchange import html, media
from assessments.exchange.model import TEXTS, ImportedItem, Part, Words, texts_of

#: What a part is told from others by: without it there is nothing to show.
SHOWN = {"option": "text", "step": "text", "accepted": "text", "pair": "match", "token": "text"}
_TAGS = {
    "competency": re.compile(r"(?:competency|compétence)\s*[:=]\s*(\S+)", re.I),
    "level": re.compile(r"(?:level|niveau)\s*[:=]\s*(\d{1,2})", re.I),
    "difficulty": re.compile(r"(?:difficulty|difficulté)\s*[:=]\s*(-?\d(?:[.,]\d+)?)", re.I),
    "status": re.compile(r"(?:status|statut)\s*[:=]\s*(draft|pilot|active|retired)", re.I),
    "scoring": re.compile(r"(?:points)\s*[:=]\s*(all|each|penalty)", re.I),
    "code": re.compile(r"code\s*[:=]\s*([\w.-]{1,60})", re.I),
}


def finish(item: ImportedItem, language: str) -> ImportedItem:
    """Make a question of a reader's what an author here could have written; all else is noted."""
    if not item.is_refused:
        _split_languages(item, language)
    if not item.is_refused:
        words_in = dict(item.words)
        for code, words in words_in.items():
            where = "" if code == item.language else f" ({code})"
            item.words[code] = _cleaned(item, words, where)
        _find_image(item)
    _read_tags(item)
    if item.is_refused:
        item.words = {}  # nothing foreign is kept of what is not taken
    return item


def _split_languages(item: ImportedItem, language: str) -> None:
    known = [code for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES]
    if len(item.words) == 1:
        words = item.source
        found = list(
            dict.fromkeys(one for text in texts_of(words) for one in html.languages_in(text))
        )
        if found:
            del item.words[item.language]
            for code in found:
                item.words[code] = _in_language(words, code)
            if item.language not in found:
                item.language = language if language in found else found[0]
    named: dict[str, Words] = {}
    for code, words in item.words.items():
        short = code.lower().replace("_", "-").split("-")[0] or language
        if short not in known:
            item.note(
                "changed" if len(item.words) > 1 else "refused",
                _("Language %(language)s") % {"language": code},
                _("This academy does not have this language."),
            )
        elif short in named:
            item.changed(
                _("Language %(language)s") % {"language": code},
                _("There is another variety of the same language; the first one is kept."),
            )
        else:
            named[short] = words
    item.words = named
    first = item.language.lower().replace("_", "-").split("-")[0] or language
    item.language = first if first in named else next(iter(named), language)
    if item.language != language and language in named:
        item.language = language
    item.words = {item.language: item.source, **item.words}
    if not named and not item.is_refused:
        item.refuse(_("Language"), _("None of its languages is one of this academy."))


def _in_language(words: Words, code: str) -> Words:
    return Words(
        stem=html.only(words.stem, code),
        explanation=html.only(words.explanation, code),
        unit=html.only(words.unit, code),
        image_alt=html.only(words.image_alt, code),
        parts=[_part(part, lambda text: html.only(text, code)) for part in words.parts],
    )


def _part(part: Part, change: Callable[[str], str]) -> Part:
    """The part with each of its texts changed."""
    values = dict(part.values)
    for name in TEXTS.get(part.kind, ()):
        value = values.get(name, "")
        values[name] = [change(one) for one in value] if isinstance(value, list) else change(value)
    return Part(part.kind, values, part.ident)


def _cleaned(item: ImportedItem, words: Words, where: str) -> Words:
    def say(what: str, why: str) -> None:
        item.changed(f"{what}{where}", why)

    def picture(src: str, alt: str) -> str | None:
        key = find_picture(item, src, say)
        if key is not None and not alt:
            say(_("Picture"), _("It has no alternative text. Write what it shows."))
        return key

    def plain(text: str) -> str:
        return html.plain(text, picture, say)

    cleaned = Words(
        stem=html.rich(words.stem, picture, say),
        explanation=html.rich(words.explanation, picture, say, links=True),
        unit=plain(words.unit),
        image_alt=plain(words.image_alt),
        parts=[_part(part, plain) for part in words.parts],
    )
    if media.keys_in(cleaned.explanation):
        cleaned.explanation = media.replace(
            cleaned.explanation, lambda key, alt: f"<p>[{alt}]</p>" if alt else ""
        )
        say(_("Picture"), _("An explanation cannot hold a picture; its words stand in its place."))
    for number, part in enumerate(cleaned.parts, start=1):
        name = SHOWN.get(part.kind)
        if name and not part.values[name]:
            item.refuse(
                f"{_('Part %(number)d') % {'number': number}}{where}",
                _("It has no words, or is a picture that nothing describes."),
            )
    return cleaned


def find_picture(item: ImportedItem, src: str, say: Callable[[str, str], None]) -> str | None:
    """The key of the picture that the address leads to, kept with the question from now on."""
    src = src.strip()
    what = _("Picture %(name)s") % {"name": src[:80]}
    if src.startswith("media:"):
        return src[6:] if src[6:] in item.media else None
    found = media.from_data_uri(src) if src.startswith("data:") else None
    if found is not None:
        what = _("Picture")
    elif src.startswith(("http://", "https://", "//", "ftp:")):
        say(what, _("It is on another server and was not fetched. Left out."))
        return None
    else:
        found = item.find(src)
    if found is None:
        say(what, _("It is not in the file. Left out."))
        return None
    try:
        picture = media.checked(*found)
    except media.BadPicture as error:
        say(what, f"{error} {_('Left out.')}")
        return None
    item.media[picture.key] = picture
    return picture.key


def _find_image(item: ImportedItem) -> None:
    """The picture that places lie on."""
    if not item.image:
        return
    why: list[str] = []
    key = find_picture(item, item.image, lambda what, reason: why.append(reason))
    if key is None:
        item.refuse(_("Picture"), why[0] if why else _("It is not in the file. Left out."))
    else:
        item.image = key


def _read_tags(item: ImportedItem) -> None:
    """Tags that say what a question measures; importing asks whether others name a competency."""
    others = []
    for tag in item.tags:
        for name, pattern in _TAGS.items():
            match = pattern.fullmatch(tag.strip())
            if match is None:
                continue
            value = match[1].replace(",", ".") if name == "difficulty" else match[1]
            if name == "level":
                item.level = item.level if item.level is not None else int(value)
            elif name == "difficulty":
                item.difficulty = item.difficulty if item.difficulty is not None else float(value)
            elif name == "scoring" or not getattr(item, name):
                setattr(item, name, value.lower() if name in ("status", "scoring") else value)
            break
        else:
            if tag.strip() and tag.strip() not in others:
                others.append(tag.strip()[:200])
    item.tags = others
