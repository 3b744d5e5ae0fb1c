"""QTI 3 calls things `qti-choice-interaction` and `response-identifier`; QTI 2 `choiceInteraction`
and `responseIdentifier`."""

import re
from xml.etree.ElementTree import Element

_DASH = re.compile(r"-([a-z0-9])")


def _camel(name: str) -> str:
    return _DASH.sub(lambda match: match[1].upper(), name)


def to_qti2(root: Element) -> bool:
    """Rename the elements and attributes of QTI 3 to those of QTI 2; whether there were any."""
    found = False
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        name = element.tag.rpartition("}")[2].rpartition(":")[2]
        if not name.startswith("qti-"):
            continue
        found = True
        element.tag = _camel(name[4:])
        for key in list(element.attrib):
            if "-" in key and not key.startswith(("data-", "aria-", "{")):
                element.attrib[_camel(key)] = element.attrib.pop(key)
    return found
