"""The documentation says what is so: variables, links, commands, paths and names are looked up."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.utils.translation import trans_real

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
SETTINGS = ROOT / "docs" / "operations" / "settings.md"
GUIDES = sorted((ROOT / "docs" / "users").glob("*.md"))
PACKAGES = ("academy", "assessments", "cms", "courses", "credentials", "tests")

#: Words that promise instead of saying, and marks of what was left undone.
BANNED = re.compile(
    r"\b(seamless\w*|effortless\w*|world-class|cutting-edge|state-of-the-art|best-in-class|robust|"
    r"powerful|blazing\w*|revolutionary|TODO|FIXME|TBD|lorem ipsum)\b"
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def words_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose_of(path: Path) -> str:
    """The text without code blocks."""
    return re.sub(r"^```.*?^```", "", words_of(path), flags=re.DOTALL | re.MULTILINE)


each_document = pytest.mark.parametrize("path", DOCS, ids=name_of)


# --- Environment variables ------------------------------------------------------------------------


def read_variables(path: Path) -> Iterator[tuple[str, object]]:
    """Each variable that a Python file reads from the environment or sets there, with its default
    where that is a literal."""
    for node in ast.walk(ast.parse(words_of(path))):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="env")),
                args=[ast.Constant(value=str(name)), *rest],
            ):
                yield name, _literal(rest)
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get" | "setdefault"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name, ...
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="update")):
                yield from ((word.arg, ...) for word in node.keywords if word.arg)
            case ast.Subscript(
                value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))
            ):
                yield name, ...


def _literal(arguments: list[ast.expr]) -> object:
    """The default; `...` where it has to be worked out."""
    if not arguments:
        return ...
    source = ast.unparse(arguments[0])
    if not re.fullmatch(r"[\d_ *]+|True|False|'[^']*'|\[\]", source):
        return ...
    return eval(source)  # arithmetic on literals, by the line above


def variables() -> dict[str, set]:
    """What `academy/settings` and `deploy` read, each with the defaults it has there."""
    found: dict[str, set] = {}
    for folder in ("academy/settings", "deploy"):
        for path in (ROOT / folder).iterdir():
            if path.suffix == ".py":
                for name, default in read_variables(path):
                    found.setdefault(name, set()).add(str(default) if default != [] else "")
            elif path.is_file():
                for name in re.findall(r"\$\{?([A-Z][A-Z0-9_]+)|export ([A-Z_]+)", words_of(path)):
                    found.setdefault("".join(name), set()).add("Ellipsis")
    return found


def table() -> dict[str, str]:
    """The variables of the table, each with its default."""
    rows = re.findall(r"^\| `([A-Z_]+)` \|[^|]*\|([^|]*)\|", words_of(SETTINGS), flags=re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a variable stands in the table twice"
    return {name: default.strip() for name, default in rows}


def test_every_variable_is_in_the_table():
    assert not variables().keys() - table().keys()


def test_every_row_of_the_table_is_read_somewhere():
    read = variables().keys() | set(re.findall(r"\b[A-Z_]{4,}\b", words_of(ROOT / "Makefile")))
    assert not table().keys() - read


@pytest.mark.parametrize("name", sorted(variables()))
def test_the_table_has_the_default(name: str):
    literal = variables()[name] - {"Ellipsis", "development-secret-protects-nothing"}
    for default in literal:
        shown = table()[name]
        assert f"`{default}`" in shown if default else shown.startswith("empty"), shown


# --- Links and names ------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub and most viewers make them."""
    headings = re.findall(r"^#+ +(.+?) *$", prose_of(path), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@each_document
def test_links_lead_somewhere(path: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(path)):
        if re.match(r"https?:|mailto:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@each_document
def test_commands_exist(path: Path):
    targets = set(re.findall(r"^([a-z-]+):", words_of(ROOT / "Makefile"), flags=re.MULTILINE))
    code = "\n".join(re.findall(r"^```.*?^```|`[^`\n]+`", words_of(path), re.DOTALL | re.MULTILINE))
    for name in re.findall(r"(?:^|[`;&] *)make ([a-z][a-z-]*)", code, flags=re.MULTILINE):
        assert name in targets, f"make {name}"
    for name in re.findall(r"manage\.py ([a-z_]+)", code):
        assert name in get_commands() or name in {"runserver", "check", "migrate"}, name


@each_document
def test_named_paths_exist(path: Path):
    """`courses/services.py` in a text is a file of the project."""
    roots = "|".join((*PACKAGES, "deploy", "docs"))
    for named in re.findall(rf"`((?:{roots})/[\w./-]*)`", prose_of(path)):
        assert (ROOT / named).exists(), named


@each_document
def test_named_code_exists(path: Path):
    """`courses.services.enroll` in a text is something that can be imported."""
    roots = "|".join(PACKAGES)
    for dotted in re.findall(rf"`((?:{roots})(?:\.\w+)+)(?:\(\))?`", prose_of(path)):
        assert resolve(dotted), dotted


def resolve(dotted: str) -> bool:
    parts = dotted.split(".")
    for split in range(len(parts), 0, -1):
        if parts[:2] == ["academy", "settings"]:
            return (ROOT / Path(*parts[:split]).with_suffix(".py")).exists()
        try:
            found = import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


# --- Words ----------------------------------------------------------------------------------------


@each_document
def test_no_promises_and_nothing_left_undone(path: Path):
    assert not BANNED.findall(words_of(path))


@pytest.mark.parametrize("path", [path for path in GUIDES if ".fr." not in path.name], ids=name_of)
def test_each_guide_has_its_twin(path: Path):
    twin = path.with_name(f"{path.stem}.fr.md")
    assert twin.exists()
    levels = [re.findall(r"^(#+) ", words_of(one), flags=re.MULTILINE) for one in (path, twin)]
    assert levels[0] == levels[1]


def catalogue() -> dict[str, str]:
    """Every text of the screens and its French: ours, Wagtail's, allauth's and Django's."""
    found: dict[str, str] = {}
    french = trans_real.translation("fr")
    while french is not None:
        for source, words in french._catalog.items():
            found.setdefault(source[0] if isinstance(source, tuple) else source, words)
        french = french._fallback
    return found


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_guides_use_the_words_of_the_screens(path: Path):
    """What stands in bold in a guide is what the screen says, in the guide's language."""
    texts = catalogue()
    screen = {plain(one) for one in (texts.values() if ".fr." in path.name else texts.keys())}
    unknown = [
        one for one in re.findall(r"\*\*([^*]+)\*\*", prose_of(path)) if plain(one) not in screen
    ]
    assert not unknown


def plain(text: str) -> str:
    """Without case, and without the marks that a guide leaves out."""
    return (
        re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace("\u202f", " "))
        .strip(" .:…")
        .casefold()
    )


@pytest.mark.parametrize("path", sorted((ROOT / "docs/decisions").glob("[0-9]*.md")), ids=name_of)
def test_a_decision_says_what_was_weighed(path: Path):
    headings = re.findall(r"^## (.+)$", words_of(path), flags=re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives weighed"]


def test_decisions_are_numbered_and_listed():
    numbered = sorted(path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert [int(name[:4]) for name in numbered] == list(range(1, len(numbered) + 1))
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", words_of(ROOT / "docs/decisions/README.md"))
    assert listed == numbered
