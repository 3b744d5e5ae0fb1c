"""XML from elsewhere: no entities, no outside, bounded; and what of it was used."""

import re
from collections.abc import Iterator
from html.entities import name2codepoint
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from django.utils.html import escape
from django.utils.translation import gettext as _

from assessments.exchange.model import CHANGED, Note, Unreadable
from assessments.exchange.text import decode

MAX_DEPTH = 120
MAX_ELEMENTS = 1_500_000
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XMLS_OWN = {"amp", "lt", "gt", "quot", "apos"}
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_VOID = {"br", "hr", "img", "input", "col", "source", "embed", "area", "wbr"}


class _TooDeep(Exception):
    pass


class _Bounded(TreeBuilder):
    """Builds the tree and gives up before anything recursive would."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = self.count = 0

    def start(self, tag, attrs):
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise _TooDeep
        return super().start(tag, attrs)

    def end(self, tag):
        self.depth -= 1
        return super().end(tag)


def _parse(data: bytes | str) -> Element:
    parser = DefusedXMLParser(
        target=_Bounded(), forbid_dtd=False, forbid_entities=True, forbid_external=True
    )
    parser.feed(data)
    return parser.close()


def parse(data: bytes, name: str = "") -> tuple[Element, list[Note]]:
    """The root, and notes on what had to be put right to read it. Raises `Unreadable`."""
    notes: list[Note] = []
    try:
        try:
            return _parse(data), notes
        except (ParseError, ValueError, LookupError, UnicodeError) as error:
            first = error
        text, notes = decode(data)
        text = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
        text = _NAMED.sub(_named, text)
        root = _parse(text)
    except DefusedXmlException as error:
        raise Unreadable(
            _("%(name)s declares entities or points outside itself; such XML is not read.")
            % {"name": name or _("The file")}
        ) from error
    except _TooDeep as error:
        raise Unreadable(
            _("%(name)s is nested too deep or has too many elements.")
            % {"name": name or _("The file")}
        ) from error
    except (ParseError, ValueError, LookupError, UnicodeError, RecursionError) as error:
        raise Unreadable(
            _("%(name)s is no well-formed XML: %(problem)s")
            % {"name": name or _("The file"), "problem": first}
        ) from error
    if not notes:
        notes.append(
            Note(CHANGED, _("XML"), _("It was not well-formed, and was put right to be read."))
        )
    return root, notes


def _named(match: re.Match) -> str:
    """HTML's named characters, which XML does not know, as themselves."""
    name = match[1]
    if name in _XMLS_OWN or name not in name2codepoint:
        return match[0]
    return chr(name2codepoint[name])


def local(element: Element) -> str:
    """The name without its namespace; of a comment or an instruction, nothing."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def attribute(element: Element, name: str, default: str = "") -> str:
    """An attribute, whatever its namespace."""
    if name in element.attrib:
        return element.attrib[name].strip()
    for key, value in element.attrib.items():
        if key.rpartition("}")[2].rpartition(":")[2] == name:
            return value.strip()
    return default


def children(element: Element, *names: str) -> list[Element]:
    return [child for child in element if not names or local(child) in names]


def child(element: Element, name: str) -> Element | None:
    return next((one for one in element if local(one) == name), None)


def descendants(element: Element, *names: str) -> Iterator[Element]:
    """Those below it of these names, in the order of the document."""
    return (one for one in element.iter() if one is not element and local(one) in names)


def text_of(element: Element | None) -> str:
    """All text in it, with white space as one space."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def markup(element: Element, without: "set[Element] | frozenset" = frozenset()) -> str:
    """What is inside the element, as HTML without namespaces."""
    return escape(element.text or "") + "".join(
        ("" if one in without else outer(one, without)) + escape(one.tail or "") for one in element
    )


def outer(element: Element, without: "set[Element] | frozenset" = frozenset()) -> str:
    name = local(element)
    if not name:
        return ""
    attributes = "".join(
        f' {key.rpartition("}")[2]}="{escape(value)}"' for key, value in element.attrib.items()
    )
    if name in _VOID and not len(element) and not (element.text or "").strip():
        return f"<{name}{attributes}>"
    return f"<{name}{attributes}>{markup(element, without)}</{name}>"


class Used:
    """Which elements of a tree were used, so that the others can be named."""

    def __init__(self) -> None:
        self._used: set[Element] = set()

    def one(self, *elements: Element | None) -> None:
        self._used.update(element for element in elements if element is not None)

    def all(self, *elements: Element | None) -> None:
        for element in elements:
            if element is not None:
                self._used.update(element.iter())

    def __contains__(self, element: Element) -> bool:
        return element in self._used

    def left_out(self, root: Element) -> list[str]:
        """The names of what was not used, each once, the outermost of a tree alone."""
        names: list[str] = []
        waiting = [root]
        while waiting:
            element = waiting.pop()
            if element in self._used:
                waiting.extend(reversed(element))
            elif (name := local(element)) and name not in names:
                names.append(name)
        return names
