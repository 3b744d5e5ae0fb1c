"""The certificate for people who read with software: PDF/UA-1 (ISO 14289-1), ISO 32000-1 14.7."""

from __future__ import annotations

import pytest

from credentials.pdf.document import Document
from credentials.pdf.fonts import SANS, shape
from credentials.pdf.objects import Stream

from .reading import PAINTING, content_numbers, elements, operations

NAMES = ["Zoë Đặng-Lefèvre", "فاطمة (Fatima) الزهراء", "प्रियंका कृष्णमूर्ति", "ᐋᓐᓄ ᐊᕐᓇᖅ"]


@pytest.mark.parametrize("name", NAMES)
def test_all_that_is_painted_has_a_meaning_or_is_an_artifact(name, printed, open_pdf):
    """7.1: real content is marked and in the tree, the rest is an artifact."""
    reader = open_pdf(printed(name=name))
    page = reader.pages[0]
    stack: list[str] = []
    seen: list[int] = []
    for operands, operator in operations(page):
        if operator == "BDC":
            stack.append(operands[0])
            if "/MCID" in operands[1]:
                seen.append(int(operands[1]["/MCID"]))
        elif operator == "BMC":
            stack.append(operands[0])
        elif operator == "EMC":
            stack.pop()
        elif operator in PAINTING:
            assert stack, operator
            if operator in ("TJ", "Tj"):
                assert "/Artifact" not in stack, "text is never decoration here"
    assert stack == []
    assert seen == list(range(len(seen)))
    in_tree = [mcid for element in elements(reader) for mcid in content_numbers(element)]
    assert sorted(in_tree) == seen
    assert in_tree == seen, "reading order is drawing order"


def test_parent_tree_leads_back(printed, open_pdf):
    """14.7.4.4: from a number on the page to its element."""
    reader = open_pdf(printed())
    page = reader.pages[0]
    numbers = reader.trailer["/Root"]["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    parents = dict(zip(numbers[0::2], numbers[1::2], strict=True))
    for element in elements(reader):
        for mcid in content_numbers(element):
            found = parents[page["/StructParents"]][mcid].get_object()
            assert found == element
    link = page["/Annots"][0].get_object()
    assert parents[link["/StructParent"]].get_object()["/S"] == "/Link"


def test_roles_and_alternatives(printed, open_pdf):
    reader = open_pdf(printed())
    tree = list(elements(reader))
    roles = [element["/S"] for element in tree]
    assert roles[0] == "/Document"
    assert roles.count("/H1") == 1
    assert roles.count("/H2") == 2
    assert roles.count("/L") == 2
    assert roles.count("/LI") == 6
    figures = [element["/Alt"] for element in tree if element["/S"] == "/Figure"]
    assert figures == [
        "Emblem of Horizon Academy: a sun rising over the horizon",
        "QR code that opens the verification page, "
        "https://academy.example.gov/verify/K7QF-3M2X-9RTD",
    ]


def test_document_says_what_it_is(printed, open_pdf):
    """7.1 and 7.2: marked, with a language, and a title that is shown."""
    reader = open_pdf(printed())
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert root["/Lang"] == "en"
    title = "Certificate of achievement: Working with Data in Public Service – Zoë Đặng-Lefèvre"
    assert reader.metadata.title == title
    assert reader.metadata.creation_date.date().isoformat() == "2026-11-24"
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert title in xmp
    assert reader.pages[0]["/Tabs"] == "/S"


def test_right_to_left_name_is_in_reading_order_for_assistive_technology(printed, open_pdf):
    name = "فاطمة (Fatima) الزهراء"
    reader = open_pdf(printed(name=name))
    assert name in [element.get("/ActualText") for element in elements(reader)]


def test_devanagari_carries_its_text(printed, open_pdf):
    name = "प्रियंका कृष्णमूर्ति"
    page = open_pdf(printed(name=name)).pages[0]
    spans = [
        operands[1]["/ActualText"]
        for operands, operator in operations(page)
        if operator == "BDC" and "/ActualText" in operands[1]
    ]
    assert "".join(spans) == name


def test_verification_address_is_a_link(printed, open_pdf):
    page = open_pdf(printed()).pages[0]
    link = page["/Annots"][0].get_object()
    assert link["/A"]["/URI"] == "https://academy.example.gov/verify/K7QF-3M2X-9RTD"
    assert link["/Contents"] == "Verification page of certificate K7QF-3M2X-9RTD"


@pytest.fixture
def blank() -> Document:
    return Document(
        size=(200, 100), language="en", title="t", author="a", created="2026-01-01", identity=b""
    )


def test_drawing_outside_an_element_is_refused(blank):
    with pytest.raises(RuntimeError, match="outside an element"):
        blank.text(shape("no", SANS), 10, 10, 10, (0, 0, 0))


def test_a_figure_without_alternative_is_refused(blank):
    with pytest.raises(ValueError, match="text alternative"), blank.leaf("Figure"):
        pass


def test_marked_content_does_not_nest(blank):
    with pytest.raises(RuntimeError, match="does not nest"), blank.leaf("P"), blank.leaf("P"):
        pass


@pytest.mark.parametrize("padding", [b" ", b""])
@pytest.mark.parametrize("content", [b"\t", b"\x0c", b"abc", b""])
def test_a_stream_never_ends_like_a_line(content, padding):
    """ISO 19005-3 6.1.7.1: b"\\t" has the checksum ...0A, which a validator takes for the EOL."""
    document = Document(
        size=(9, 9), language="en", title="t", author="a", created="2026-01-01", identity=b""
    )
    raw = Stream(content, padding=padding).format(document._document)
    data = raw.split(b"\nstream\n")[1].removesuffix(b"\nendstream")
    assert data[-1:] not in (b"\r", b"\n")


@pytest.mark.parametrize("profile", ["PDF_UA_1", "PDF_A_3A"])
@pytest.mark.parametrize("name", NAMES)
def test_independent_validator(name, profile, printed):
    page = pytest.importorskip("page", reason="page-validation is not installed")
    report = page.validate_pdf_bytes(
        printed(name=name), profile=getattr(page.ValidationProfile, profile)
    )
    assert report.is_compliant, [(f.rule_id, f.message) for f in report.failures]
