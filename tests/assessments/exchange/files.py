"""Files as other systems write them, made for these tests."""

import base64
import io
import zipfile

from PIL import Image

from assessments.exchange import sniff
from assessments.exchange.model import ImportedItem, Reading


def png(width: int = 200, height: int = 100, colour: str = "teal") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(target, "PNG")
    return target.getvalue()


PICTURE = png()
PICTURE_64 = base64.b64encode(PICTURE).decode()


def archive(files: dict[str, bytes | str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for path, data in files.items():
            package.writestr(path, data)
    return target.getvalue()


def read(data: bytes | str, name: str = "file") -> Reading:
    return sniff.read(name, data.encode() if isinstance(data, str) else data, "en")


def only(data: bytes | str) -> ImportedItem:
    [item] = read(data).items
    return item


def taken(data: bytes | str) -> ImportedItem:
    """The one question, which is not refused."""
    item = only(data)
    assert not item.is_refused, item.notes
    return item


def refusal(item: ImportedItem) -> str:
    return " ".join(f"{note.what}: {note.why}" for note in item.notes if note.severity == "refused")


def changes(item: ImportedItem) -> str:
    return "\n".join(
        f"{note.what}: {note.why}" for note in item.notes if note.severity == "changed"
    )


def parts(item: ImportedItem, *names: str, language: str = "") -> list[tuple]:
    words = item.words[language or item.language]
    return [tuple(part.values[name] for name in names) for part in words.parts]


# --- Moodle ---------------------------------------------------------------------------------------


def quiz(*questions: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>{"".join(questions)}</quiz>'


def question(kind: str, body: str = "", text: str = "<p>What?</p>", name: str = "Q") -> str:
    return (
        f'<!-- question: 12 --><question type="{kind}"><name><text>{name}</text></name>'
        f'<questiontext format="html"><text><![CDATA[{text}]]></text></questiontext>'
        '<generalfeedback format="html"><text><![CDATA[<p>Because.</p>]]></text></generalfeedback>'
        "<defaultgrade>1.0000000</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden>"
        f"<idnumber></idnumber>{body}</question>"
    )


def answer(text: str, share: float, feedback: str = "") -> str:
    return (
        f'<answer fraction="{share}" format="html"><text><![CDATA[{text}]]></text>'
        f'<feedback format="html"><text><![CDATA[{feedback}]]></text></feedback></answer>'
    )


# --- QTI ------------------------------------------------------------------------------------------

NS2 = "http://www.imsglobal.org/xsd/imsqti_v2p1"
NS3 = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
TEMPLATES2 = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/"


def declared(
    *right: str,
    cardinality: str = "single",
    base_type: str = "identifier",
    name: str = "RESPONSE",
    mapping: str = "",
) -> str:
    values = "".join(f"<value><![CDATA[{one}]]></value>" for one in right)
    correct = f"<correctResponse>{values}</correctResponse>" if right else ""
    return (
        f'<responseDeclaration identifier="{name}" cardinality="{cardinality}" '
        f'baseType="{base_type}">{correct}{mapping}</responseDeclaration>'
    )


def mapping(default: float = 0, **entries: float) -> str:
    inner = "".join(
        f'<mapEntry mapKey="{key.replace("__", " ")}" mappedValue="{value}"/>'
        for key, value in entries.items()
    )
    return f'<mapping defaultValue="{default}">{inner}</mapping>'


def item2(
    body: str,
    declarations: str = "",
    *,
    processing: str = "match_correct",
    after: str = "",
    identifier: str = "item-1",
    attributes: str = "",
) -> str:
    if processing and not processing.startswith("<"):
        url = processing if ":" in processing else TEMPLATES2 + processing
        processing = f'<responseProcessing template="{url}"/>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><assessmentItem xmlns="{NS2}" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="{identifier}" '
        f'title="A title" adaptive="false" timeDependent="false" {attributes}>{declarations}'
        '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>'
        f"<itemBody>{body}</itemBody>{processing}{after}</assessmentItem>"
    )


CHOICE = (
    '<p>Pick one.</p><choiceInteraction responseIdentifier="RESPONSE" shuffle="true" '
    'maxChoices="1"><prompt>Which?</prompt><simpleChoice identifier="A">One</simpleChoice>'
    '<simpleChoice identifier="B">Two</simpleChoice></choiceInteraction>'
)


def choice2(**more) -> str:
    return item2(CHOICE, declared("B"), **more)


def item3(body: str, declarations: str = "", after: str = "", attributes: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><qti-assessment-item xmlns="{NS3}" '
        f'identifier="item-3" title="Three" adaptive="false" time-dependent="false" {attributes}>'
        f"{declarations}"
        '<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>'
        f"<qti-item-body>{body}</qti-item-body>"
        '<qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/'
        f'match_correct.xml"/>{after}</qti-assessment-item>'
    )


CHOICE3 = (
    '<qti-choice-interaction response-identifier="RESPONSE" max-choices="1">'
    '<qti-prompt>Which?</qti-prompt><qti-simple-choice identifier="A">One</qti-simple-choice>'
    '<qti-simple-choice identifier="B">Two</qti-simple-choice></qti-choice-interaction>'
)
DECLARED3 = (
    '<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="identifier">'
    "<qti-correct-response><qti-value>A</qti-value></qti-correct-response>"
    "</qti-response-declaration>"
)


def manifest(*resources: tuple[str, str], metadata: str = "", kind: str = "imsqti_item_xmlv2p1"):
    inner = "".join(
        f'<resource identifier="{name}" type="{kind}" href="{href}">{metadata}'
        f'<file href="{href}"/></resource>'
        for name, href in resources
    )
    return (
        '<?xml version="1.0"?><manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" '
        f'identifier="M"><organizations/><resources>{inner}</resources></manifest>'
    )
