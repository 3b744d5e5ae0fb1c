"""QTI 3.0: read by `qti2` after renaming; written as a content package.

What QTI has no words for is written as `data-academy-…` attributes, which others leave aside:
exact places in per cent, names of gaps, further units, a limit of words.
"""

import io
import re
import zipfile

from django.utils.html import escape

from assessments.exchange import media, qti2
from assessments.exchange.model import ImportedItem, Part, Reading, Words
from assessments.exchange.packages import Opened

_NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
_MANIFEST = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
_LOM = "http://ltsc.ieee.org/xsd/LOM"


def read(opened: Opened, language: str) -> Reading:
    return qti2.read(opened, language)


# --- Writing --------------------------------------------------------------------------------------


def write(items: list[ImportedItem]) -> bytes:
    """A content package: one file for each question and language, its pictures, the manifest."""
    target = io.BytesIO()
    resources: list[str] = []
    written: set[str] = set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, item in enumerate(items, start=1):
            pictures = {key: f"media/{key}-{one.name}" for key, one in item.media.items()}
            for language, words in item.words.items():
                path = f"items/{number:05}-{language}.xml"
                archive.writestr(path, _document(item, language, words))
                resources.append(_resource(item, f"i{number}-{language}", path, pictures))
            for key, path in pictures.items():
                if path not in written:
                    written.add(path)
                    archive.writestr(path, item.media[key].data)
        archive.writestr(
            "imsmanifest.xml",
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<manifest xmlns="{_MANIFEST}" identifier="questions"><metadata>'
            "<schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata>"
            f"<organizations/><resources>{''.join(resources)}</resources></manifest>\n",
        )
    return target.getvalue()


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return re.sub(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def _resource(item: ImportedItem, identifier: str, path: str, pictures: dict[str, str]) -> str:
    tags = [f"competency:{item.competency}", f"points:{item.scoring}"]
    tags += [f"level:{item.level}"] if item.level is not None else []
    tags += [f"difficulty:{item.difficulty:g}"] if item.difficulty is not None else []
    tags += [f"status:{item.status}"] if item.status else []
    tags += [f"code:{item.code}"] if item.code else []
    words = "".join(
        f'<keyword><string language="en">{escape(_clean(tag))}</string></keyword>'
        for tag in [*tags, *item.tags]
    )
    files = "".join(f'<file href="{escape(one)}"/>' for one in [path, *pictures.values()])
    return (
        f'<resource identifier="{identifier}" type="imsqti_item_xmlv3p0" href="{path}">'
        f'<metadata><lom xmlns="{_LOM}"><general>{words}</general></lom></metadata>{files}</resource>'
    )


def _xhtml(item: ImportedItem, markup: str) -> str:
    shown = media.replace(
        markup,
        lambda key, alt: f'<img src="../media/{key}-{item.media[key].name}" alt="{alt}"/>',
    )
    return _clean(re.sub(r"<br\s*/?>", "<br/>", shown))


def _text(words: str) -> str:
    """Plain words as content of an element."""
    return escape(_clean(words)).replace("\n", "<br/>")


def _name(part: Part, number: int) -> str:
    """An identifier that comes back as the part's id."""
    if re.fullmatch(r"[A-Za-z_][\w.-]*", part.ident):
        return part.ident
    return f"part{number}"


class _Written:
    """The pieces of one item's file."""

    def __init__(self) -> None:
        self.declarations: list[str] = []
        self.interaction = ""
        self.score = ""
        self.feedback: list[tuple[str, str]] = []
        self.conditions: list[str] = []
        self.is_response_feedback = False


def _document(item: ImportedItem, language: str, words: Words) -> str:
    written = _Written()
    names = [_name(part, number) for number, part in enumerate(words.parts, start=1)]
    stem = WRITTEN[item.kind](written, item, words, names)
    feedback = "".join(
        f'<qti-modal-feedback outcome-identifier="FEEDBACK" identifier="{name}" show-hide="show">'
        f"<qti-content-body>{_text(said)}</qti-content-body></qti-modal-feedback>"
        for name, said in written.feedback
        if said
    )
    processing = [written.score] if written.score else []
    if written.is_response_feedback and feedback:
        processing.append(
            '<qti-set-outcome-value identifier="FEEDBACK"><qti-variable identifier="RESPONSE"/>'
            "</qti-set-outcome-value>"
        )
    processing += written.conditions
    if words.explanation:
        processing.append(_set("EXPLANATION", "identifier", "explanation"))
        feedback += (
            '<qti-modal-feedback outcome-identifier="EXPLANATION" identifier="explanation" '
            f'show-hide="show"><qti-content-body>{_xhtml(item, words.explanation)}'
            "</qti-content-body></qti-modal-feedback>"
        )
    title = escape(_clean(item.title or item.source_id))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<qti-assessment-item xmlns="{_NAMESPACE}" identifier="{escape(_clean(item.source_id))}" '
        f'title="{title}" xml:lang="{escape(language)}" adaptive="false" time-dependent="false">'
        f"{''.join(written.declarations)}"
        '<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>'
        '<qti-outcome-declaration identifier="FEEDBACK" cardinality="multiple" '
        'base-type="identifier"/>'
        '<qti-outcome-declaration identifier="EXPLANATION" cardinality="single" '
        'base-type="identifier"/>'
        f"<qti-item-body>{stem}</qti-item-body>"
        f"<qti-response-processing>{''.join(processing)}</qti-response-processing>"
        f"{feedback}</qti-assessment-item>\n"
    )


def _set(identifier: str, base_type: str, value: str) -> str:
    return (
        f'<qti-set-outcome-value identifier="{identifier}"><qti-base-value base-type="{base_type}">'
        f"{escape(value)}</qti-base-value></qti-set-outcome-value>"
    )


def _declaration(
    correct: list[str],
    *,
    name: str = "RESPONSE",
    cardinality: str = "single",
    base_type: str = "identifier",
    mapped: dict[str, float] | None = None,
    otherwise: float = 0.0,
) -> str:
    values = "".join(f"<qti-value>{escape(_clean(one))}</qti-value>" for one in correct)
    mapping = ""
    if mapped:
        entries = "".join(
            f'<qti-map-entry map-key="{escape(_clean(key))}" mapped-value="{value:.10g}"'
            f"{' case-sensitive=' + chr(34) + 'false' + chr(34) if base_type == 'string' else ''}/>"
            for key, value in mapped.items()
        )
        mapping = (
            f'<qti-mapping default-value="{otherwise:.10g}" lower-bound="0" upper-bound="1">'
            f"{entries}</qti-mapping>"
        )
    right = f"<qti-correct-response>{values}</qti-correct-response>" if correct else ""
    return (
        f'<qti-response-declaration identifier="{name}" cardinality="{cardinality}" '
        f'base-type="{base_type}">{right}{mapping}</qti-response-declaration>'
    )


_MATCH = (
    "<qti-response-condition><qti-response-if><qti-match>"
    '<qti-variable identifier="RESPONSE"/><qti-correct identifier="RESPONSE"/></qti-match>'
    f"{_set('SCORE', 'float', '1')}</qti-response-if><qti-response-else>"
    f"{_set('SCORE', 'float', '0')}</qti-response-else></qti-response-condition>"
)
_MAP = (
    '<qti-set-outcome-value identifier="SCORE"><qti-map-response identifier="RESPONSE"/>'
    "</qti-set-outcome-value>"
)


def _scored(written: _Written, item: ImportedItem, right: list[str], **more) -> None:
    """The declaration and the processing of one response, by the question's rule for points."""
    if item.scoring == "all" or item.kind == "single":
        written.declarations.append(_declaration(right, **more))
        written.score = _MATCH
        return
    share = 1 / max(len(right), 1)
    otherwise = -share if item.scoring == "penalty" else 0.0
    mapped = dict.fromkeys(right, share)
    written.declarations.append(_declaration(right, mapped=mapped, otherwise=otherwise, **more))
    written.score = _MAP


def _choice(written: _Written, item: ImportedItem, words: Words, names: list[str]) -> str:
    right = [
        name for name, part in zip(names, words.parts, strict=True) if part.values.get("correct")
    ]
    single = item.kind == "single"
    _scored(written, item, right, cardinality="single" if single else "multiple")
    written.is_response_feedback = True
    choices = []
    for name, part in zip(names, words.parts, strict=True):
        choices.append(
            f'<qti-simple-choice identifier="{name}">{_text(part.values["text"])}'
            "</qti-simple-choice>"
        )
        written.feedback.append((name, part.values.get("feedback", "")))
    return (
        f"{_xhtml(item, words.stem)}"
        '<qti-choice-interaction response-identifier="RESPONSE" shuffle="true" '
        f'max-choices="{1 if single else 0}">{"".join(choices)}</qti-choice-interaction>'
    )


def _order(written: _Written, item: ImportedItem, words: Words, names: list[str]) -> str:
    _scored(written, item, names, cardinality="ordered")
    written.is_response_feedback = True
    steps = []
    for name, part in zip(names, words.parts, strict=True):
        steps.append(
            f'<qti-simple-choice identifier="{name}">{_text(part.values["text"])}'
            "</qti-simple-choice>"
        )
        written.feedback.append((name, part.values.get("feedback", "")))
    return (
        f"{_xhtml(item, words.stem)}"
        '<qti-order-interaction response-identifier="RESPONSE" shuffle="true">'
        f"{''.join(steps)}</qti-order-interaction>"
    )


def _match(written: _Written, item: ImportedItem, words: Words, names: list[str]) -> str:
    left, right, pairs = [], [], []
    for name, part in zip(names, words.parts, strict=True):
        match = name
        if part.values.get("prompt"):
            match = f"m{name}"
            pairs.append(f"{name} {match}")
            left.append(
                f'<qti-simple-associable-choice identifier="{name}" match-max="1">'
                f"{_text(part.values['prompt'])}</qti-simple-associable-choice>"
            )
        right.append(
            f'<qti-simple-associable-choice identifier="{match}" match-max="1">'
            f"{_text(part.values['match'])}</qti-simple-associable-choice>"
        )
        written.feedback.append((name, part.values.get("feedback", "")))
    _scored(written, item, pairs, cardinality="multiple", base_type="directedPair")
    return (
        f"{_xhtml(item, words.stem)}"
        '<qti-match-interaction response-identifier="RESPONSE" shuffle="true" '
        f'max-associations="{len(pairs)}"><qti-simple-match-set>{"".join(left)}'
        f"</qti-simple-match-set><qti-simple-match-set>{''.join(right)}</qti-simple-match-set>"
        "</qti-match-interaction>"
    )


def _number(written: _Written, item: ImportedItem, words: Words, names: list[str]) -> str:
    written.declarations.append(_declaration([item.numeric_value], base_type="float"))
    spread = item.numeric_tolerance
    written.score = (
        "<qti-response-condition><qti-response-if>"
        f'<qti-equal tolerance-mode="absolute" tolerance="{spread} {spread}">'
        '<qti-variable identifier="RESPONSE"/><qti-correct identifier="RESPONSE"/></qti-equal>'
        f"{_set('SCORE', 'float', '1')}</qti-response-if><qti-response-else>"
        f"{_set('SCORE', 'float', '0')}</qti-response-else></qti-response-condition>"
    )
    units = ";".join(
        f"{part.values['unit']}={float(part.values['factor']):.12g}" for part in words.parts
    )
    units = f' data-academy-units="{escape(_clean(units))}"' if units else ""
    return (
        f"{_xhtml(item, words.stem)}<p>"
        f'<qti-text-entry-interaction response-identifier="RESPONSE"{units}/> '
        f"{_text(words.unit)}</p>"
    )


def _short(written: _Written, item: ImportedItem, words: Words, names: list[str]) -> str:
    accepted = {part.values["text"]: float(part.values.get("credit", 1)) for part in words.parts}
    right = [text for text, credit in accepted.items() if credit >= 1][:1]
    written.declarations.append(_declaration(right, base_type="string", mapped=accepted))
    written.score = _MAP
    for name, part in zip(names, words.parts, strict=True):
        if part.values.get("feedback"):
            written.feedback.append((name, part.values["feedback"]))
            written.conditions.append(
                "<qti-response-condition><qti-response-if>"
                '<qti-string-match case-sensitive="false"><qti-variable identifier="RESPONSE"/>'
                '<qti-base-value base-type="string">'
                f"{escape(_clean(part.values['text']))}</qti-base-value></qti-string-match>"
                f"{_set('FEEDBACK', 'identifier', name)}</qti-response-if></qti-response-condition>"
            )
    return (
        f"{_xhtml(item, words.stem)}<p>"
        '<qti-text-entry-interaction response-identifier="RESPONSE"/></p>'
    )


def _gaps(written: _Written, item: ImportedItem, words: Words, names: list[str]) -> str:
    stem = _xhtml(item, words.stem)
    share = 1 / max(len(words.parts), 1)
    otherwise = -share if item.scoring == "penalty" else 0.0
    for name, part in zip(names, words.parts, strict=True):
        values, exact = part.values, f' data-academy-name="{escape(part.values["name"])}"'
        if values["kind"] == "choice":
            keys = [f"{name}-{number}" for number in range(1, len(values["answers"]) + 1)]
            choices = "".join(
                f'<qti-inline-choice identifier="{key}">{_text(text)}</qti-inline-choice>'
                for key, text in zip(keys, values["answers"], strict=True)
            )
            field = (
                f'<qti-inline-choice-interaction response-identifier="{name}" shuffle="true"{exact}>'
                f"{choices}</qti-inline-choice-interaction>"
            )
            declaration = _declaration(
                keys[:1], name=name, mapped=dict.fromkeys(keys[:1], share), otherwise=otherwise
            )
        else:
            field = f'<qti-text-entry-interaction response-identifier="{name}"{exact}/>'
            mapped = dict.fromkeys(values["answers"], share)
            declaration = _declaration(
                values["answers"][:1], name=name, base_type="string", mapped=mapped,
                otherwise=otherwise,
            )  # fmt: skip
        stem = stem.replace(escape(f"[[{values['name']}]]"), field, 1)
        written.declarations.append(declaration)
        written.feedback.append((name, values.get("feedback", "")))
    total = "".join(f'<qti-map-response identifier="{name}"/>' for name in names)
    if item.scoring == "all":
        written.score = (
            f"<qti-response-condition><qti-response-if><qti-gte><qti-sum>{total}</qti-sum>"
            '<qti-base-value base-type="float">0.999</qti-base-value></qti-gte>'
            f"{_set('SCORE', 'float', '1')}</qti-response-if></qti-response-condition>"
        )
    else:
        written.score = (
            f'<qti-set-outcome-value identifier="SCORE"><qti-sum>{total}</qti-sum>'
            "</qti-set-outcome-value>"
        )
    return stem


def _places(item: ImportedItem, words: Words) -> tuple[str, tuple[float, float]]:
    """The picture, and the size that coordinates are written in."""
    picture = item.media[item.image]
    size = media.size_of(picture) or (1000.0, 1000.0)
    return (
        f'<img src="../media/{picture.key}-{picture.name}" alt="{escape(words.image_alt)}" '
        f'width="{size[0]:.0f}" height="{size[1]:.0f}"/>',
        size,
    )


def _box(values: dict, size: tuple[float, float]) -> str:
    left, top = values["x"] * size[0] / 100, values["y"] * size[1] / 100
    right = left + values["width"] * size[0] / 100
    bottom = top + values["height"] * size[1] / 100
    exact = " ".join(f"{values[name]:.10g}" for name in ("x", "y", "width", "height"))
    return (
        f'shape="rect" coords="{left:.0f},{top:.0f},{right:.0f},{bottom:.0f}" '
        f'hotspot-label="{escape(_clean(values["label"]))}" data-academy-box="{exact}"'
    )


def _hotspot(written: _Written, item: ImportedItem, words: Words, names: list[str]) -> str:
    picture, size = _places(item, words)
    right = [
        name for name, part in zip(names, words.parts, strict=True) if part.values.get("correct")
    ]
    _scored(written, item, right, cardinality="multiple")
    written.is_response_feedback = True
    spots = []
    for name, part in zip(names, words.parts, strict=True):
        spots.append(f'<qti-hotspot-choice identifier="{name}" {_box(part.values, size)}/>')
        written.feedback.append((name, part.values.get("feedback", "")))
    return (
        f"{_xhtml(item, words.stem)}"
        '<qti-hotspot-interaction response-identifier="RESPONSE" max-choices="0">'
        f"{picture}{''.join(spots)}</qti-hotspot-interaction>"
    )


def _drag(written: _Written, item: ImportedItem, words: Words, names: list[str]) -> str:
    picture, size = _places(item, words)
    zones, tokens, pairs = [], [], []
    named = {
        part.values["label"]: name
        for name, part in zip(names, words.parts, strict=True)
        if part.kind == "zone"
    }
    for name, part in zip(names, words.parts, strict=True):
        if part.kind == "zone":
            zones.append(
                f'<qti-associable-hotspot identifier="{name}" match-max="0" '
                f"{_box(part.values, size)}/>"
            )
            continue
        tokens.append(
            f'<qti-gap-text identifier="{name}" match-max="1">{_text(part.values["text"])}'
            "</qti-gap-text>"
        )
        if zone := named.get(part.values.get("zone", "")):
            pairs.append(f"{name} {zone}")
        written.feedback.append((name, part.values.get("feedback", "")))
    _scored(written, item, pairs, cardinality="multiple", base_type="directedPair")
    return (
        f"{_xhtml(item, words.stem)}"
        '<qti-graphic-gap-match-interaction response-identifier="RESPONSE">'
        f"{picture}{''.join(tokens)}{''.join(zones)}</qti-graphic-gap-match-interaction>"
    )


def _essay(written: _Written, item: ImportedItem, words: Words, names: list[str]) -> str:
    written.declarations.append(_declaration([], base_type="string"))
    limit = f' data-academy-words="{item.word_limit}"' if item.word_limit else ""
    return (
        f"{_xhtml(item, words.stem)}"
        f'<qti-extended-text-interaction response-identifier="RESPONSE"{limit}/>'
    )


def _file(written: _Written, item: ImportedItem, words: Words, names: list[str]) -> str:
    written.declarations.append(_declaration([], base_type="file"))
    return f'{_xhtml(item, words.stem)}<qti-upload-interaction response-identifier="RESPONSE"/>'


#: The kinds that can be written, and how.
WRITTEN = {
    "single": _choice,
    "multiple": _choice,
    "ordering": _order,
    "matching": _match,
    "numeric": _number,
    "short": _short,
    "cloze": _gaps,
    "hotspot": _hotspot,
    "dragdrop": _drag,
    "essay": _essay,
    "file": _file,
}
