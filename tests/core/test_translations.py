"""The French catalogue: complete, in step with the sources and with its compiled form, and served."""

import ast
import gettext
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("academy", "assessments", "cms", "courses", "credentials")
LEAVE_OUT = {"node_modules", "static", "static_src", "migrations", "__pycache__"}
CATALOGUE = ROOT / "academy" / "locale" / "fr" / "LC_MESSAGES" / "django.po"

PLACEHOLDER = re.compile(r"%\([a-z_]+\)[0-9.]*[a-z]|%[%sd]|\{[a-z_]*\}")


@dataclass
class Entry:
    """One message: its id, its plural if it has one, and its forms in the other language."""

    context: str = ""
    id: str = ""
    plural: str = ""
    forms: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        return f"{self.context}\x04{self.id}" if self.context else self.id


def read_po(text: str) -> list[Entry]:
    """The entries of a catalogue, its header included, its obsolete entries left out."""
    entries = []
    for block in re.split(r"\n\s*\n", text.strip()):
        entry, target = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#,"):
                entry.flags |= {flag.strip() for flag in line[2:].split(",")}
            if line.startswith("#"):
                continue
            words, quoted = re.fullmatch(r'(?:(\S+) )?(".*")', line).groups()
            if words and words.startswith("msgstr"):
                entry.forms.append("")
            target, value = words or target, ast.literal_eval(quoted)
            if target == "msgctxt":
                entry.context += value
            elif target == "msgid":
                entry.id += value
            elif target == "msgid_plural":
                entry.plural += value
            else:
                entry.forms[-1] += value
        if target:
            entries.append(entry)
    return entries


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return read_po(CATALOGUE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def messages(entries) -> list[Entry]:
    return [entry for entry in entries if entry.id]


def test_the_reader_reads_what_gettext_writes():
    one, two = read_po(
        '#: a.py\n#, fuzzy, python-format\nmsgctxt "verb"\nmsgid ""\n"Open "\n"%(x)s\\n"\n'
        'msgstr "Ouvrir %(x)s\\n"\n\nmsgid "a \\"day\\""\nmsgid_plural "days"\nmsgstr[0] "jour"\n'
        'msgstr[1] ""\n"jours"\n\n#~ msgid "old"\n#~ msgstr "vieux"\n'
    )
    assert one == Entry("verb", "Open %(x)s\n", "", ["Ouvrir %(x)s\n"], {"fuzzy", "python-format"})
    assert two == Entry("", 'a "day"', "days", ["jour", "jours"], set())


def test_the_header_names_the_language_and_no_machine(entries):
    header = entries[0].forms[0]
    assert "Language: fr\n" in header
    assert "charset=UTF-8" in header
    assert "nplurals=2; plural=(n > 1);" in header
    assert "FULL NAME" not in header
    references = re.findall(r"^#: (.*)$", CATALOGUE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {reference for line in references for reference in line.split()}
    assert {name.partition("/")[0] for name in named} == set(PACKAGES)


def test_every_message_is_translated(messages):
    assert len(messages) > 800
    wanted = {True: 2, False: 1}
    open_ = [
        entry.key
        for entry in messages
        if not all(entry.forms) or len(entry.forms) != wanted[bool(entry.plural)]
    ]
    assert open_ == []


def test_no_message_is_a_guess_or_left_over(messages):
    assert [entry.key for entry in messages if "fuzzy" in entry.flags] == []
    assert "#~" not in CATALOGUE.read_text(encoding="utf-8")


def test_no_message_is_there_twice(messages):
    keys = [entry.key for entry in messages]
    assert len(keys) == len(set(keys))


def test_placeholders_agree(messages):
    """Each form fills in what the English does: one or many, the same values are at hand."""
    wrong = []
    for entry in messages:
        given = {
            str(sorted(PLACEHOLDER.findall(text))) for text in (entry.id, entry.plural) if text
        }
        for form in entry.forms:
            if str(sorted(PLACEHOLDER.findall(form))) not in given:
                wrong.append((entry.id, form))
    assert wrong == []


def test_white_space_at_the_ends_agrees(messages):
    wrong = [
        entry.id
        for entry in messages
        for form in entry.forms
        if (form[:1].isspace(), form[-1:].isspace())
        != (entry.id[:1].isspace(), entry.id[-1:].isspace())
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("straight quotes and dots", r"['\"“”]|\.\.\."),
        ("no no-break space before a high sign", r"[^\u00a0][;?!»]|[^\u00a0]:(?=\s|$)|\s%"),
        ("no no-break space after an opening quote", r"«(?!\u00a0)"),
    ],
)
def test_french_typography(messages, fault, pattern):
    forms = [
        PLACEHOLDER.sub("x", form).replace("\u00a0%", "") for m in messages for form in m.forms
    ]
    assert [form for form in forms if re.search(pattern, form)] == [], fault


def test_the_compiled_catalogue_says_the_same(messages):
    """An installed academy has no gettext: it reads the .mo that stands beside the .po."""
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    said = {}
    for entry in messages:
        if entry.plural:
            said |= {(entry.key, number): form for number, form in enumerate(entry.forms)}
        else:
            said[entry.key] = entry.forms[0]
    compiled.pop("", None)
    assert {key for key in said if compiled.get(key) != said[key]} == set()
    assert set(compiled) == set(said)


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="gettext's msgfmt is not installed")
def test_gettext_finds_no_fault(tmp_path):
    result = subprocess.run(
        ["msgfmt", "--check", "--statistics", "-o", str(tmp_path / "out.mo"), str(CATALOGUE)],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "fuzzy" not in result.stderr
    assert "untranslated" not in result.stderr


def sources() -> list[Path]:
    found = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            parts = path.relative_to(ROOT).parts
            if path.suffix in {".py", ".html", ".txt"} and not LEAVE_OUT.intersection(parts):
                found.append(path)
    return sorted(found)


@pytest.mark.skipif(not shutil.which("xgettext"), reason="gettext's xgettext is not installed")
def test_everything_marked_for_translation_is_in_the_catalogue(tmp_path, messages):
    """What `make messages` would collect, collected without touching the checkout."""
    prepared = []
    for number, path in enumerate(sources()):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            text = templatize(text, origin=str(path))
        copy = tmp_path / f"{number}.py"
        copy.write_text(text, encoding="utf-8")
        prepared.append(str(copy))
    listed = tmp_path / "files"
    listed.write_text("\n".join(prepared))
    keywords = (
        "gettext_noop gettext_lazy ngettext_lazy:1,2 pgettext:1c,2 npgettext:1c,2,3 "
        "pgettext_lazy:1c,2 npgettext_lazy:1c,2,3"
    )
    subprocess.run(
        [
            "xgettext",
            "--language=Python",
            "--from-code=UTF-8",
            "--no-location",
            *(f"--keyword={keyword}" for keyword in keywords.split()),
            f"--files-from={listed}",
            f"--output={tmp_path / 'django.pot'}",
        ],
        check=True,
        capture_output=True,
    )
    collected = read_po((tmp_path / "django.pot").read_text(encoding="utf-8"))
    marked = {entry.key for entry in collected if entry.id}
    known = {entry.key for entry in messages}
    assert marked - known == set(), "run `make messages` and translate what is new"
    assert known - marked == set(), "run `make messages`: these are no longer used"


# --- Served ---------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (
            "/fr/",
            200,
            ["Comment ça marche", "Vérifier une attestation", "Aller au contenu principal"],
        ),
        ("account_login", 200, ["Se connecter avec un mot de passe", "Les comptes sont créés"]),
        ("/fr/nowhere/", 404, ["Nous ne trouvons pas cette page", "Aller à la page d’accueil"]),
    ],
    ids=["home", "sign-in", "not found"],
)
def test_pages_speak_french(client, path, status, words):
    if not path.startswith("/"):
        with translation.override("fr"):
            path = reverse(path)
    response = client.get(path)
    html = response.content.decode()
    assert response.status_code == status
    assert '<html lang="fr"' in html
    assert [word for word in words if word not in html] == []
    assert [word for word in ("Skip to main content", "Sign in", "Verify a") if word in html] == []


def test_plural_forms_follow_french():
    """None and one are singular."""
    with translation.override("fr"):
        said = [
            translation.ngettext("%(counter)s module", "%(counter)s modules", number)
            % {"counter": number}
            for number in (0, 1, 2)
        ]
    assert said == ["0 module", "1 module", "2 modules"]


def test_words_of_others_stay_theirs():
    """Our catalogue wins over those of Django, Wagtail and allauth: shared words must fit all."""
    with translation.override("fr"):
        assert translation.gettext("item") == "élément"  # Wagtail counts anything with it
        assert translation.gettext("draft") == "brouillon"
        assert translation.gettext("Key") == "Clé"  # a security key in allauth, a legend in ours
