"""The structure tree: what each drawn thing is, for people who read with software (ISO 32000-1
14.7, PDF/UA-1).

Rule: every operator that paints stands either in a marked-content sequence that belongs to an
element of the tree, or in an artifact (PDF/UA-1 7.1). The tree is written as ReportLab objects in
the same pass; ReportLab has no writer for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from reportlab.pdfbase import pdfdoc

from .objects import text_string


@dataclass(eq=False)
class Mark:
    """A marked-content sequence: its number on its page."""

    page: int
    mcid: int


@dataclass(eq=False)
class Annotation:
    """An annotation that belongs to an element (a link): its object and its key in the parent
    tree."""

    page: int
    name: str
    key: int


@dataclass(eq=False)
class Element:
    """A structure element: standard role, language, text alternative, children in reading order."""

    role: str
    parent: Element | None = None
    lang: str | None = None
    alt: str | None = None
    attributes: str | None = None
    kids: list[Element | Mark | Annotation] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _out_of_order: bool = False

    def read(self, text: str, *, out_of_order: bool) -> None:
        """Note a line drawn in this element. Once one is drawn out of reading order, the element's
        text is written."""
        self._texts.append(text)
        self._out_of_order = self._out_of_order or out_of_order

    @property
    def actual_text(self) -> str | None:
        """The text in reading order, where the drawing order does not say it (14.9.4)."""
        return "".join(self._texts) if self._out_of_order else None


class StructureTree:
    """Builds the tree while the page is drawn and writes it at the end.

    `element` opens a level; `mark` gives the current element one sequence of content and returns
    its number.
    """

    def __init__(self) -> None:
        self.root = Element("Document")
        self._stack = [self.root]
        self._pages: list[list[Element]] = [[]]
        self._annotations: list[tuple[Annotation, Element]] = []

    @property
    def current(self) -> Element:
        """The innermost open element."""
        return self._stack[-1]

    @contextmanager
    def element(
        self,
        role: str,
        *,
        lang: str | None = None,
        alt: str | None = None,
        attributes: str | None = None,
    ) -> Iterator[Element]:
        """Open an element under the current one. Figures need `alt` (PDF/UA-1 7.3)."""
        if role == "Figure" and not alt:
            raise ValueError("A figure needs a text alternative (PDF/UA-1 7.3)")
        element = Element(role, self.current, lang, alt, attributes)
        self.current.kids.append(element)
        self._stack.append(element)
        try:
            yield element
        finally:
            self._stack.pop()

    def mark(self) -> int:
        """A new marked-content number on this page, for the current element."""
        marks = self._pages[-1]
        mark = Mark(page=len(self._pages) - 1, mcid=len(marks))
        marks.append(self.current)
        self.current.kids.append(mark)
        return mark.mcid

    def annotation(self, name: str) -> int:
        """Register an annotation object for the current element; returns its StructParent key.

        Keys below 1000 are pages'.
        """
        key = 1000 + len(self._annotations)
        annotation = Annotation(page=len(self._pages) - 1, name=name, key=key)
        self.current.kids.append(annotation)
        self._annotations.append((annotation, self.current))
        return key

    def next_page(self) -> None:
        """Following marks are on the next page."""
        self._pages.append([])

    def write(self, document: pdfdoc.PDFDocument) -> object:
        """Write every element and the parent tree; returns the reference of StructTreeRoot."""
        names: dict[int, str] = {}

        def register(element: Element) -> None:
            names[id(element)] = f"struct{len(names)}"
            for kid in element.kids:
                if isinstance(kid, Element):
                    register(kid)

        register(self.root)

        def reference(element: Element) -> object:
            return pdfdoc.PDFObjectReference(names[id(element)])

        def page_reference(index: int) -> object:
            return pdfdoc.PDFObjectReference(f"Page{index + 1}")

        def kid_object(kid: Element | Mark | Annotation) -> object:
            if isinstance(kid, Element):
                return reference(kid)
            if isinstance(kid, Mark):
                return pdfdoc.PDFDictionary(
                    {"Type": "/MCR", "Pg": page_reference(kid.page), "MCID": kid.mcid}
                )
            return pdfdoc.PDFDictionary(
                {
                    "Type": "/OBJR",
                    "Pg": page_reference(kid.page),
                    "Obj": pdfdoc.PDFObjectReference(kid.name),
                }
            )

        def write_element(element: Element, parent: object) -> None:
            entries: dict[str, object] = {
                "Type": "/StructElem",
                "S": f"/{element.role}",
                "P": parent,
                "K": pdfdoc.PDFArray([kid_object(kid) for kid in element.kids]),
            }
            if element.lang:
                entries["Lang"] = text_string(element.lang)
            if element.alt:
                entries["Alt"] = text_string(element.alt)
            if element.actual_text:
                entries["ActualText"] = text_string(element.actual_text)
            if element.attributes:
                entries["A"] = element.attributes
            document.Reference(pdfdoc.PDFDictionary(entries), names[id(element)])
            for kid in element.kids:
                if isinstance(kid, Element):
                    write_element(kid, reference(element))

        root_reference = pdfdoc.PDFObjectReference("structroot")
        write_element(self.root, root_reference)

        numbers: list[object] = []
        for index, marks in enumerate(self._pages):
            numbers += [index, pdfdoc.PDFArray([reference(element) for element in marks])]
        for annotation, element in self._annotations:
            numbers += [annotation.key, reference(element)]
        parent_tree = pdfdoc.PDFDictionary({"Nums": pdfdoc.PDFArray(numbers)})
        return document.Reference(
            pdfdoc.PDFDictionary(
                {
                    "Type": "/StructTreeRoot",
                    "K": reference(self.root),
                    "ParentTree": document.Reference(parent_tree, "parenttree"),
                    "ParentTreeNextKey": 1000 + len(self._annotations),
                }
            ),
            "structroot",
        )
