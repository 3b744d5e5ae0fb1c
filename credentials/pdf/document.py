"""A tagged, archivable PDF document around ReportLab's canvas.

What ReportLab 5.1 does not write is added as objects of the same document, in the same pass
(parsing the file again with pikepdf costs more than drawing it): structure tree, XMP, output
intent, associated files. The result is meant to satisfy PDF/UA-1 and PDF/A-3a; the tests ask an
independent validator where it is installed.

Nothing depends on the clock, the locale or what was printed before: same calls, same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import md5
from importlib import resources
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from .colour import Colour
from .fonts import FontBook, Line
from .objects import Stream, text_string
from .tagging import StructureTree

PRODUCER = "Academy certificate renderer (ReportLab)"


@dataclass(frozen=True)
class Attachment:
    """A file that belongs to the document (PDF/A-3 6.8), such as the Open Badge JSON.

    `relationship` is the AFRelationship: Source, Data, Alternative, Supplement or Unspecified.
    """

    name: str
    data: bytes
    media_type: str
    description: str
    relationship: str = "Alternative"


class _Canvas(Canvas):
    """A canvas without ReportLab's preamble, which sets Helvetica: a font that is not embedded
    fails PDF/A."""

    def _make_preamble(self) -> None:
        self._preamble = "1 0 0 1 0 0 cm"


class _Information(pdfdoc.PDFInfo):
    """Only entries that XMP repeats (PDF/A-3 6.6.3: the two must agree)."""

    def __init__(self, title: str, created: str) -> None:
        super().__init__()
        self.title = title
        self._created = created

    def format(self, document: pdfdoc.PDFDocument) -> bytes:
        moment = f"(D:{self._created.replace('-', '')}000000Z)"
        entries = pdfdoc.PDFDictionary(
            {
                "Title": text_string(self.title),
                "Producer": f"({PRODUCER.replace('(', chr(92) + '(').replace(')', chr(92) + ')')})",
                "CreationDate": moment,
                "ModDate": moment,
            }
        )
        return entries.format(document)


@cache
def _colour_profile() -> bytes:
    """sRGB from LittleCMS, its creation date fixed: PDF/A wants the meaning of RGB stated
    (6.2.4)."""
    return resources.files(__package__).joinpath("data", "srgb.icc").read_bytes()


class Document:
    """Draws pages, keeps the structure, writes the file.

    `created` is an ISO date; `identity` whatever makes the document what it is (its digest becomes
    the file identifier). Coordinates are points from the lower left corner.
    """

    def __init__(
        self,
        *,
        size: tuple[float, float],
        language: str,
        title: str,
        author: str,
        created: str,
        identity: bytes,
    ) -> None:
        self._buffer = BytesIO()
        self.canvas = _Canvas(
            self._buffer,
            pagesize=size,
            invariant=1,
            pageCompression=1,
            pdfVersion=(1, 7),
            lang=language,
        )
        self.language = language
        self.title = title
        self.author = author
        self.created = created
        self.fonts = FontBook()
        self.tree = StructureTree()
        self._document: pdfdoc.PDFDocument = self.canvas._doc
        self._document.info = _Information(title, created)
        # ReportLab's signature takes the clock or SOURCE_DATE_EPOCH in; ours takes the content
        # only.
        self._document.signature = md5(identity, usedforsecurity=False)
        self._annotations: list[object] = []
        self._annotation_count = 0
        self._attachments: list[Attachment] = []
        self._open = False
        self._pages = 0

    # -- structure --

    @contextmanager
    def element(self, role: str, **entries: str | None) -> Iterator[None]:
        """A structure element that only groups others."""
        with self.tree.element(role, **entries):
            yield

    @contextmanager
    def leaf(self, role: str, **entries: str | None) -> Iterator[None]:
        """A structure element with content: what is drawn inside belongs to it."""
        with self.tree.element(role, **entries), self._marked(f"/{role} << /MCID %d >> BDC"):
            yield

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Drawing that means nothing: border, ground, rules (14.8.2.2)."""
        with self._marked("/Artifact BMC"):
            yield

    @contextmanager
    def _marked(self, opening: str) -> Iterator[None]:
        if self._open:
            raise RuntimeError("Marked content does not nest: close the element before the next")
        self._open = True
        self._write(opening % self.tree.mark() if "%d" in opening else opening)
        try:
            yield
        finally:
            self._write("EMC")
            self._open = False

    def _write(self, operators: str) -> None:
        self.canvas._code.append(operators)

    # -- drawing --

    def text(self, line: Line, x: float, y: float, size: float, colour: Colour) -> None:
        """Draw a shaped line with its left end on the baseline at (x, y)."""
        self._need_meaning()
        red, green, blue = colour
        self._write(f"{red:.3f} {green:.3f} {blue:.3f} rg")
        self._write(self.fonts.operators(line, x, y, size))
        self.tree.current.read(line.text, out_of_order=line.drawn_out_of_order)

    def path(self, operators: str, colour: Colour) -> None:
        """Fill a path given as PDF operators."""
        self._need_meaning()
        red, green, blue = colour
        self._write(f"q {red:.3f} {green:.3f} {blue:.3f} rg {operators} f Q")

    def stroke(self, operators: str, colour: Colour, width: float) -> None:
        """Stroke a path given as PDF operators."""
        self._need_meaning()
        red, green, blue = colour
        self._write(f"q {red:.3f} {green:.3f} {blue:.3f} RG {width:.3f} w {operators} S Q")

    def _need_meaning(self) -> None:
        if not self._open:
            raise RuntimeError("Drawn outside an element or an artifact (PDF/UA-1 7.1)")

    def link(
        self, rectangle: tuple[float, float, float, float], uri: str, description: str
    ) -> None:
        """A link over `rectangle` (left, bottom, right, top), inside an open Link element."""
        self._annotation_count += 1
        name = f"annotation{self._annotation_count}"
        key = self.tree.annotation(name)
        annotation = pdfdoc.PDFDictionary(
            {
                "Type": "/Annot",
                "Subtype": "/Link",
                "Rect": "[" + " ".join(f"{value:.2f}" for value in rectangle) + "]",
                "Border": "[0 0 0]",
                "F": 4,
                "Contents": text_string(description),
                "StructParent": key,
                "A": pdfdoc.PDFDictionary(
                    {
                        "Type": "/Action",
                        "S": "/URI",
                        "URI": f"<{uri.encode('ascii').hex().upper()}>",
                    }
                ),
            }
        )
        self._annotations.append(self._document.Reference(annotation, name))

    def attach(self, attachment: Attachment) -> None:
        """Carry a file in the document."""
        self._attachments.append(attachment)

    # -- file --

    def end_page(self) -> None:
        """Close the page; what follows is on a new one."""
        if self._open:
            raise RuntimeError("The page ends inside marked content")
        code = self.canvas._preamble + "\n" + "\n".join(self.canvas._code)
        self.canvas._code.clear()
        self.canvas.showPage()
        page = self._document.idToObject[f"Page{self._pages + 1}"]
        page.Contents = Stream(code.encode("ascii"), padding=b" ")
        page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
        page.StructParents = self._pages
        page.Tabs = pdfdoc.PDFName("S")
        page.Annots = list(self._annotations)
        self._annotations.clear()
        self._pages += 1

    def finish(self) -> bytes:
        """The file."""
        self.end_page()
        document = self._document
        self.fonts.embed(document)
        catalog = document.Catalog
        catalog.__NoDefault__ = [*catalog.__NoDefault__, "OutputIntents", "AF"]
        catalog.__Refs__ = ["Outlines", "Pages"]
        catalog.StructTreeRoot = self.tree.write(document)
        catalog.MarkInfo = pdfdoc.PDFDictionary({"Marked": "true"})
        catalog.ViewerPreferences = pdfdoc.PDFDictionary({"DisplayDocTitle": "true"})
        catalog.Metadata = self._metadata()
        catalog.OutputIntents = pdfdoc.PDFArray([self._output_intent()])
        if self._attachments:
            self._write_attachments(catalog)
        self.canvas._pageNumber = self._pages + 1
        self._buffer.write(document.GetPDFData(self.canvas))
        return self._buffer.getvalue()

    def _output_intent(self) -> object:
        stream = Stream(_colour_profile(), N=3)
        return self._document.Reference(
            pdfdoc.PDFDictionary(
                {
                    "Type": "/OutputIntent",
                    "S": "/GTS_PDFA1",
                    "OutputConditionIdentifier": "(sRGB)",
                    "Info": "(sRGB IEC61966-2.1)",
                    "DestOutputProfile": self._document.Reference(stream, "colourprofile"),
                }
            ),
            "outputintent",
        )

    def _write_attachments(self, catalog: pdfdoc.PDFCatalog) -> None:
        """Embedded files, listed by name and as associated files of the document (ISO 19005-3
        6.8)."""
        references = []
        moment = f"(D:{self.created.replace('-', '')}000000Z)"
        for index, attachment in enumerate(self._attachments):
            media_type = attachment.media_type.replace("/", "#2F").replace("+", "#2B")
            stream = Stream(
                attachment.data,
                Type="/EmbeddedFile",
                Subtype=f"/{media_type}",
                Params=pdfdoc.PDFDictionary({"ModDate": moment, "Size": len(attachment.data)}),
            )
            name = text_string(attachment.name)
            specification = pdfdoc.PDFDictionary(
                {
                    "Type": "/Filespec",
                    "F": name,
                    "UF": name,
                    "Desc": text_string(attachment.description),
                    "AFRelationship": f"/{attachment.relationship}",
                    "EF": pdfdoc.PDFDictionary(
                        {"F": self._document.Reference(stream, f"attachedfile{index}")}
                    ),
                }
            )
            references.append(
                (attachment.name, name, self._document.Reference(specification, f"filespec{index}"))
            )
        references.sort(key=lambda entry: entry[0])
        tree = [item for _, name, reference in references for item in (name, reference)]
        catalog.Names = pdfdoc.PDFDictionary(
            {"EmbeddedFiles": pdfdoc.PDFDictionary({"Names": pdfdoc.PDFArray(tree)})}
        )
        catalog.AF = pdfdoc.PDFArray([reference for _, _, reference in references])

    def _metadata(self) -> object:
        """XMP with the conformance claims; packet padding left out, the file is not edited in
        place."""
        moment = f"{self.created}T00:00:00Z"
        packet = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(self.title)}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{escape(self.author)}</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>{escape(self.language)}</rdf:li></rdf:Bag></dc:language>
<dc:format>application/pdf</dc:format>
<xmp:CreateDate>{moment}</xmp:CreateDate>
<xmp:ModifyDate>{moment}</xmp:ModifyDate>
<pdf:Producer>{escape(PRODUCER)}</pdf:Producer>
<pdfaid:part>3</pdfaid:part>
<pdfaid:conformance>A</pdfaid:conformance>
<pdfuaid:part>1</pdfuaid:part>
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Indicates, which part of ISO 14289 standard is
followed</pdfaProperty:description> </rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas> </rdf:Description> </rdf:RDF> </x:xmpmeta> <?xpacket
end="r"?>"""
        stream = Stream(packet.encode(), compress=False, Type="/Metadata", Subtype="/XML")
        return self._document.Reference(stream, "metadata")
