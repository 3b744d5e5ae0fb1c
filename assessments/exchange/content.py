"""A neutral question to the fields of an `ItemContent`, and back: the one place that knows both."""

import re
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from wagtail.blocks import StreamBlock

from assessments.exchange import media
from assessments.exchange.cleaning import finish
from assessments.exchange.model import (
    CHANGED,
    TEXTS,
    ImportedItem,
    Media,
    Note,
    Part,
    RefusedItem,
    Words,
)
from assessments.item_types import ITEM_TYPE_CHOICES, item_type_for
from assessments.models import ItemContent

_UUID = re.compile(r"_?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", re.I)
_EMBED = re.compile(r"<embed\b(?P<attributes>[^>]*?)/?>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
SCORINGS = ("all", "each", "penalty")
#: What can be read and is not written: a recipe or a rubric stays where it is.
NOT_EXPORTED = ("data",)


def options_block() -> StreamBlock:
    return ItemContent._meta.get_field("options").stream_block


def is_known(kind: str) -> bool:
    return kind in dict(ITEM_TYPE_CHOICES)


# --- To content -----------------------------------------------------------------------------------


def part_id(bank: uuid.UUID, item: ImportedItem, part: Part, number: int) -> str:
    """The block id of a part: the same whenever the same question is imported into the bank."""
    ours = _UUID.fullmatch(part.ident)
    if ours:
        return ours[1].lower()
    return str(uuid.uuid5(bank, f"{item.source_id}/{part.kind}/{part.ident or number}"))


def ids_of(bank: uuid.UUID, item: ImportedItem, existing: ItemContent | None) -> list[str]:
    """The block ids of all parts. A question that is there keeps the ids of what it has already."""
    parts = item.source.parts
    ids = [part_id(bank, item, part, number) for number, part in enumerate(parts)]
    if existing is not None:
        there = [(block.block_type, block.id, block.value) for block in existing.options]
        taken = {block_id for _kind, block_id, _value in there} & set(ids)
        for match_words in (True, False):
            for number, part in enumerate(parts):
                if ids[number] in taken:
                    continue
                for place, (kind, block_id, value) in enumerate(there):
                    same = kind == part.kind and block_id not in taken
                    if same and (_same_words(part, value) if match_words else place == number):
                        ids[number] = block_id
                        taken.add(block_id)
                        break
    if len(set(ids)) != len(ids):
        ids = [f"{one}" if ids.index(one) == number else str(uuid.uuid5(bank, f"{one}/{number}"))
               for number, one in enumerate(ids)]  # fmt: skip
    return ids


def _same_words(part: Part, value: Any) -> bool:
    name = TEXTS[part.kind][0]
    return bool(part.values.get(name)) and _stored(name, part.values[name]) == value.get(name)


def _stored(name: str, value: Any) -> Any:
    return "\n".join(value) if isinstance(value, list) else value


def number_of(text: str, what: str) -> Decimal:
    """A number that the database can hold; `RefusedItem` otherwise."""
    try:
        number = Decimal(str(text).strip())
    except InvalidOperation as error:
        raise RefusedItem(what, _("“%(text)s” is no number.") % {"text": str(text)[:40]}) from error
    if not number.is_finite() or abs(number) >= Decimal("1e14"):
        raise RefusedItem(what, _("“%(text)s” is too large.") % {"text": str(text)[:40]})
    if round(number, 6) != number:
        raise RefusedItem(
            what, _("“%(text)s” has more than six decimals.") % {"text": str(text)[:40]}
        )
    return number


def check(item: ImportedItem) -> None:
    """Refuse what cannot stand here at all; note what is left away. Raises `RefusedItem`."""
    if not is_known(item.kind):
        raise RefusedItem(
            _("Type %(kind)s") % {"kind": item.kind}, _("This academy does not have this type.")
        )
    item_type = item_type_for(item.kind)
    if not re.sub(r"<(?!img)[^>]+>", "", item.source.stem).strip():
        raise RefusedItem(_("Question"), _("It has no words."))
    limits = options_block().meta.block_counts
    for words in item.words.values():
        for part in list(words.parts):
            if part.kind not in item_type.blocks or part.kind not in options_block().child_blocks:
                words.parts.remove(part)
                item.note(
                    CHANGED,
                    _("%(kind)s “%(text)s”")
                    % {"kind": part.kind, "text": str(part.values.get(TEXTS[part.kind][0]))[:60]},
                    _("A question of this type cannot hold it. Left out."),
                )
        for name, most in (("unit", 30), ("image_alt", 500)):
            if len(getattr(words, name)) > most:
                raise RefusedItem(
                    _("Text"), _("It is longer than %(most)d characters.") % {"most": most}
                )
    for kind, counts in limits.items():
        count = sum(part.kind == kind for part in item.source.parts)
        most = counts.get("max_num")
        if most is not None and count > most:
            raise RefusedItem(
                _("Parts"),
                _("It has %(count)d of the kind “%(kind)s”; at most %(most)d can stand here.")
                % {"count": count, "kind": kind, "most": most},
            )
    if len(item.code) > 60:
        raise RefusedItem(_("Code"), _("It is longer than %(most)d characters.") % {"most": 60})
    if item.difficulty is not None and not -4 <= item.difficulty <= 4:
        item.changed(_("Difficulty"), _("It is not between -4 and 4. Left out."))
        item.difficulty = None


def fields_of(
    item: ImportedItem,
    language: str,
    ids: list[str],
    image_of: Callable[[Media], Any] | None = None,
) -> dict[str, Any]:
    """The fields of the content in one language that come from the file. Without `image_of`,
    pictures stay as they are in the model: nothing is written."""
    words = item.words[language]
    stem = words.stem
    if image_of is not None:
        stem = media.replace(stem, lambda key, alt: _embed(image_of(item.media[key]).pk, alt))
    fields: dict[str, Any] = {
        "item_type": item.kind,
        "stem": stem,
        "explanation": words.explanation,
        "options": [
            {"type": part.kind, "id": block_id, "value": _values(part)}
            for part, block_id in zip(words.parts, ids, strict=True)
        ],
        "scoring": item.scoring if item.scoring in SCORINGS else "all",
        "unit": words.unit,
        "image_alt": words.image_alt,
    }
    if item.kind == "numeric":
        fields["numeric_value"] = number_of(item.numeric_value, _("Correct value"))
        fields["numeric_tolerance"] = abs(number_of(item.numeric_tolerance, _("Tolerance")))
    if item.word_limit:
        fields["word_limit"] = item.word_limit
    if item.difficulty is not None:
        fields["difficulty"] = item.difficulty
    if item.image and image_of is not None:
        fields["image"] = image_of(item.media[item.image])
    return fields


def _embed(pk: int, alt: str) -> str:
    return f'<embed alt="{alt}" embedtype="image" format="fullwidth" id="{pk}"/>'


def _values(part: Part) -> dict[str, Any]:
    return {name: _stored(name, value) for name, value in part.values.items()}


def is_same(item: ImportedItem, contents: list[ItemContent]) -> bool:
    """Whether the contents say already what the file says, in the languages that it has."""
    try:
        current = finish(item_of(contents), item.language)
    except RefusedItem:
        return False
    if set(item.words) - set(current.words):
        return False
    same = [
        (item.kind, current.kind),
        (item.scoring, current.scoring),
        (item.image, current.image),
        (item.word_limit or current.word_limit, current.word_limit),
        (current.difficulty if item.difficulty is None else item.difficulty, current.difficulty),
        (item.competency or current.competency, current.competency),
        (current.level if item.level is None else item.level, current.level),
    ]
    if item.kind == "numeric":
        same += [
            (Decimal(item.numeric_value), Decimal(current.numeric_value)),
            (Decimal(item.numeric_tolerance), Decimal(current.numeric_tolerance)),
        ]
    for language, words in item.words.items():
        other = current.words[language]
        same += [(_compared(words), _compared(other))]
    return all(one == two for one, two in same)


def _compared(words: Words) -> list:
    return [
        words.stem,
        words.explanation,
        words.unit,
        words.image_alt,
        [(part.kind, _filled(part.kind, _values(part))) for part in words.parts],
    ]


def _filled(kind: str, values: dict) -> dict[str, Any]:
    """The values of a part with what its block fills in where the file says nothing."""
    block = options_block().child_blocks.get(kind)
    return _plain_values(values if block is None else block.to_python(values))


def _plain_values(value: Any) -> dict[str, Any]:
    """Numbers as numbers, nothing as an empty text: what two blocks are compared by."""
    plain = {}
    for name, one in dict(value).items():
        if isinstance(one, bool):
            plain[name] = one
        elif isinstance(one, int | float | Decimal):
            plain[name] = float(one)
        else:
            plain[name] = one or ""
    return plain


# --- From content ---------------------------------------------------------------------------------


def item_of(contents: list[ItemContent]) -> ImportedItem:
    """The question that contents of one translation key are; the first one is its source.

    Raises `RefusedItem` for a kind that no format here can write.
    """
    source = contents[0]
    if source.item_type in NOT_EXPORTED:
        raise RefusedItem(
            _("Type %(kind)s") % {"kind": source.item_type},
            _("A question whose data are made anew for each learner cannot be written to a file."),
        )
    item = ImportedItem(
        kind=source.item_type,
        place=source.code,
        title=source.code or source.stem_text,
        source_id=source.code or str(source.translation_key),
        language=source.locale.language_code,
        scoring=source.scoring if item_type_for(source.item_type).blocks else "all",
        word_limit=source.word_limit,
        code=source.code,
        competency=source.competency.ref,
        level=source.level,
        difficulty=source.difficulty,
        status=source.status if source.live else "draft",
    )
    if source.item_type == "numeric":
        item.numeric_value = _short(source.numeric_value)
        item.numeric_tolerance = _short(source.numeric_tolerance)
    if source.image_id:
        item.image = _keep(item, source.image)
    shape = [block.id for block in source.options]
    for content in contents:
        blocks = {block.id: block for block in content.options}
        if set(blocks) != set(shape):
            continue  # it is not shown to learners either: see services.publish_item
        item.words[content.locale.language_code] = Words(
            stem=_without_embeds(item, content.stem),
            explanation=content.explanation,
            unit=content.unit,
            image_alt=content.image_alt,
            parts=[_part_of(blocks[block_id]) for block_id in shape],
        )
    return item


def _short(number: Decimal | None) -> str:
    return format((number or Decimal(0)).normalize(), "f")


def _part_of(block: Any) -> Part:
    values = _plain_values(block.value)
    if block.block_type == "gap":
        lines = str(values.get("answers", "")).splitlines()
        values["answers"] = [line.strip() for line in lines if line.strip()]
    return Part(block.block_type, values, f"_{block.id}")


def _without_embeds(item: ImportedItem, stem: str) -> str:
    from academy.media.models import AcademyImage

    def picture(match: re.Match) -> str:
        attributes = dict(_ATTRIBUTE.findall(match["attributes"]))
        image = AcademyImage.objects.filter(pk=attributes.get("id")).first()
        if image is None:
            return ""
        return f'<img src="media:{_keep(item, image)}" alt="{attributes.get("alt", "")}">'

    return _EMBED.sub(picture, stem)


def _keep(item: ImportedItem, image: Any) -> str:
    with image.file.open("rb") as file:
        picture = Media(image.file.name.rpartition("/")[2], file.read())
    item.media[picture.key] = picture
    return picture.key


def summary(item: ImportedItem) -> Note:
    """What is kept of a question, in a line."""
    words = item.source
    parts: dict[str, int] = {}
    for part in words.parts:
        parts[part.kind] = parts.get(part.kind, 0) + 1
    said = [dict(ITEM_TYPE_CHOICES).get(item.kind, item.kind)]
    said += [f"{kind} × {count}" for kind, count in parts.items()]
    feedback = sum(bool(part.values.get("feedback")) for part in words.parts)
    if feedback:
        said.append(_("feedback × %(count)d") % {"count": feedback})
    if words.explanation:
        said.append(str(_("explanation")))
    if item.media:
        said.append(_("pictures × %(count)d") % {"count": len(item.media)})
    said.append(", ".join(item.words))
    return Note("kept", _("Question"), " · ".join(str(one) for one in said))
