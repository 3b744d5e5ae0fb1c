"""The certificate as a stranger gets it: read back with pypdf, poppler and zbar."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pypdf
import pytest

from credentials.pdf.certificate import (
    Attachment,
    CertificateContext,
    Colours,
    Module,
    contrast,
    render,
)
from credentials.pdf.layout import TextDoesNotFit

from .conftest import COMPETENCIES, DEFAULTS, MODULES
from .reading import drawn_rectangles, flat, operations

LATIN_NAMES = [
    "Zoë Đặng-Lefèvre",
    "Łukasz Žižek",
    "Þórdís Öxndal",
    "Hélène Ÿsaÿe-Bœuf",
    "İrem Şahin",
]
OTHER_NAMES = [
    "Ελευθερία Παπαδοπούλου",
    "Олександра Їжакевич-Ґудзь",
    "ᐋᓐᓄ ᐊᕐᓇᖅ",
    "فاطمة الزهراء بن علي",
]


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where a program of the machine is missing, and say which."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def pdftotext(data: bytes, tmp_path: Path) -> str:
    """Text by poppler, without the direction marks it adds."""
    file = tmp_path / "certificate.pdf"
    file.write_bytes(data)
    done = subprocess.run(["pdftotext", file, "-"], capture_output=True, check=True)
    text = done.stdout.decode()
    return text.replace("\u202b", "").replace("\u202a", "").replace("\u202c", "")


@pytest.mark.parametrize("name", LATIN_NAMES + OTHER_NAMES)
def test_name_is_read_back_as_written(name, printed, open_pdf):
    text = open_pdf(printed(name=name)).pages[0].extract_text()
    assert name in text


@needs("pdftotext")
@pytest.mark.parametrize(
    "name", [*LATIN_NAMES, *OTHER_NAMES, "प्रियंका कृष्णमूर्ति श्रीवास्तव", "محمد الله سلام لا"]
)
def test_name_is_read_by_poppler(name, printed, tmp_path):
    assert name in pdftotext(printed(name=name), tmp_path)


def test_everything_is_printed(printed, open_pdf):
    text = flat(open_pdf(printed()).pages[0].extract_text())
    for expected in (
        "Horizon Academy",
        "Certificate of achievement",
        "This certifies that",
        DEFAULTS["title"],
        DEFAULTS["description"],
        "24 November 2026",
        "24 November 2029",
        "6 hours",
        "K7QF-3M2X-9RTD",
        "Learned here · 12 October 2026",
        "Proven by assessment · 1 November 2026",
        *(module.title for module in MODULES),
        *COMPETENCIES,
    ):
        assert expected in text, expected


def test_decomposed_name_prints_like_the_composed_one(printed):
    """NFC: macOS and some HR exports give e + combining acute."""
    assert printed(name="Ame\u0301lie") == printed(name="Am\u00e9lie")


def test_french_words_and_dates(printed, open_pdf):
    data = printed(
        language="fr",
        title="Travailler avec les données",
        issued_on="2026-12-01",
        expires_on="2029-08-24",
        modules=(Module("Trouver des données", "Suivi ici", "2026-02-03"),),
    )
    reader = open_pdf(data)
    text = flat(reader.pages[0].extract_text())
    for expected in (
        "Certificat de réussite",
        "Nous certifions que",
        "Délivré le 1er décembre 2026",
        "Valable jusqu’au 24 août 2029",
        "Modules réussis",
        "Compétences démontrées",
        "Suivi ici · 3 février 2026",
    ):
        assert expected in text, expected
    assert "Issued" not in text
    assert reader.trailer["/Root"]["/Lang"] == "fr"
    assert reader.metadata.title.startswith("Certificat de réussite : Travailler")


def test_own_words_replace_the_shipped_ones(printed, open_pdf):
    data = printed(labels={"certificate": "Statement of participation"})
    assert "Statement of participation" in open_pdf(data).pages[0].extract_text()


def test_a_language_without_words_is_refused(make_context):
    with pytest.raises(ValueError, match="'de' for: achieved, certificate"):
        make_context(language="de")


def test_parts_without_content_are_left_out(printed, open_pdf):
    data = printed(modules=(), competencies=(), hours="", expires_on=None, description="")
    text = open_pdf(data).pages[0].extract_text()
    for absent in ("Modules", "Competencies", "Valid until", "Learning time"):
        assert absent not in text
    assert "24 November 2026" in text


def test_context_survives_json(make_context):
    """It is frozen into a JSON column at issue and must print the same bytes from there."""
    context = make_context(colours=Colours(primary="#123456"))
    again = CertificateContext.from_json(json.loads(json.dumps(context.to_json())))
    assert again == context
    assert render(again) == render(context)


def test_same_context_same_bytes_in_another_process(make_context):
    """Neither clock, locale, hash seed nor what was printed before may show."""
    context = make_context(name="فاطمة Zoë प्रियंका")
    render(make_context(name="مريم"))
    first = render(context)
    program = (
        "import json,sys,hashlib;from credentials.pdf.certificate import *;"
        "c=CertificateContext.from_json(json.load(sys.stdin));"
        "print(hashlib.sha256(render(c)).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(context.to_json()),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1", "TZ": "Asia/Tokyo"},
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.strip() == hashlib.sha256(first).hexdigest()


def test_threads_do_not_disturb_each_other(make_context):
    contexts = [make_context(name=f"{name} {i}") for i in range(3) for name in OTHER_NAMES]
    alone = [render(context) for context in contexts]
    together: dict[int, bytes] = {}

    def work(index: int) -> None:
        together[index] = render(contexts[index])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(contexts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[i] for i in range(len(contexts))] == alone


def test_different_people_have_different_file_identifiers(printed, open_pdf):
    first = open_pdf(printed(name="Ada")).trailer["/ID"]
    assert first != open_pdf(printed(name="Bea")).trailer["/ID"]


@needs("zbarimg")
@needs("pdftoppm")
def test_qr_code_opens_the_verification_page(printed, tmp_path):
    url = "https://credentials.learning.ministry.example.gov/en/verify/K7QF-3M2X-9RTD"
    file = tmp_path / "certificate.pdf"
    file.write_bytes(printed(verify_url=url))
    image = tmp_path / "certificate"
    # 120 dots an inch: what a phone sees of a printed page, and less.
    subprocess.run(["pdftoppm", "-r", "120", "-png", "-singlefile", file, image], check=True)
    done = subprocess.run(
        ["zbarimg", "-q", "--raw", f"{image}.png"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == url


LONG_NAME = "Maria-Fernanda Konstantinopoulou-Wojciechowska van den Berg"
LONG_TITLE = (
    "Finding, Judging, Describing and Protecting the Data on which Decisions of a Modern Public "
    "Administration Ought to Rest"
)
LONG_MODULE = "Personal data, privacy and proportionality for managers of statistical units"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "values",
    [
        {"name": LONG_NAME},
        {"name": "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissen"},
        {"name": "فاطمة الزهراء بنت محمد بن عبد الرحمن آل سعود الهاشمي القرشي"},
        {"title": LONG_TITLE, "issuer": "Ministry of Public Service and Digital Government " * 2},
        {
            "name": LONG_NAME,
            "title": LONG_TITLE,
            "description": "Can find, judge and describe the data a decision rests on. " * 3,
            "modules": tuple(
                Module(LONG_MODULE, "Proven by final assessment", "2026-09-30") for _ in range(6)
            ),
            "competencies": COMPETENCIES * 2,
            "verify_url": "https://credentials.learning.ministry.example.gov/en/verify/K7QF-3M2X",
        },
    ],
    ids=["name", "one word", "arabic", "title and issuer", "all at once"],
)
def test_long_texts_stay_in_their_place(values, language, printed, open_pdf):
    """Nothing outside the border, and no two lines over each other (computed from the file)."""
    page = open_pdf(printed(language=language, **values)).pages[0]
    rectangles = drawn_rectangles(page)
    assert len(rectangles) > 15
    for text, left, bottom, right, top in rectangles:
        assert left >= 50, text  # the margin is 64; a line may end in an unseen space
        assert right <= 841.89 - 50, text
        assert bottom >= 30, text
        assert top <= 595.28 - 40, text
    for i, (text, left, bottom, right, top) in enumerate(rectangles):
        for other, left2, bottom2, right2, top2 in rectangles[i + 1 :]:
            apart = right <= left2 or right2 <= left or top <= bottom2 or top2 <= bottom
            assert apart, (text, other)
    assert len(open_pdf(printed(language=language, **values)).pages) == 1


def test_a_text_too_long_at_any_size_is_refused(printed):
    with pytest.raises(TextDoesNotFit):
        printed(title="Word " * 400)


def test_pale_primary_is_not_used_for_text(printed, open_pdf):
    """WCAG 2.2, 1.4.3: an organisation may choose yellow; its title is still readable."""
    page = open_pdf(printed(colours=Colours(primary="#ffe066"))).pages[0]
    fills = set()
    current: tuple[float, ...] = (0.0, 0.0, 0.0)
    for operands, operator in operations(page):
        if operator == "rg":
            current = tuple(float(value) for value in operands)
        elif operator == "TJ":
            fills.add(current)
    assert len(fills) >= 2
    for colour in fills:
        assert contrast(colour, (0.965, 0.937, 0.89)) >= 4.5, colour


def test_attachment_is_an_associated_file(make_context, open_pdf):
    """The seam for Open Badges: PDF/A-3 6.8."""
    badge = Attachment("credential.json", b'{"a":1}', "application/ld+json", "Open Badge 3.0")
    reader = open_pdf(render(make_context(), attachments=[badge]))
    root = reader.trailer["/Root"]
    assert reader.attachments["credential.json"] == [b'{"a":1}']
    assert root["/AF"][0].get_object()["/AFRelationship"] == "/Alternative"


def test_no_django_is_needed():
    """Pure: a signing host can print without the site."""
    program = "import sys; import credentials.pdf.certificate; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.strip() == "False"


def test_reader_is_strict_about_the_file(printed, open_pdf):
    reader = open_pdf(printed())
    assert isinstance(reader, pypdf.PdfReader)
    assert reader.pdf_header == "%PDF-1.7"
    assert len(reader.pages) == 1
