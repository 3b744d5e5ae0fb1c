"""Foreign markup to the little that a question may hold, and what was lost on the way.

Rich text keeps paragraphs, bold, italic, lists and pictures (`<img src="media:KEY">`, see
`assessments.exchange.media`); what is plain keeps words and lines. Formulas become TeX or a line of
text. Everything else is said.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3
from django.utils.html import escape, strip_tags
from django.utils.translation import gettext as _

MAX_CHARACTERS = 100_000
#: Finds a picture's key by its address, or None; the second argument is its alternative text.
Picture = Callable[[str, str], str | None]
Say = Callable[[str, str], None]

_BOLD = {"b", "strong"}
_ITALIC = {"i", "em", "cite", "var", "dfn"}
_THROUGH = {
    "span", "font", "small", "big", "abbr", "acronym", "q", "tt", "code", "kbd", "samp", "label",
    "tbody", "thead", "tfoot", "colgroup", "col", "html", "body", "bdo", "bdi", "ruby", "rb", "rt",
    "rp", "time", "data", "wbr", "picture", "o:p", "nobr", "rubricblock", "templatewrapper",
    "prompt", "contentbody", "qti-content-body", "feedbackinline", "feedbackblock",
}  # fmt: skip
_LINES = {"u", "s", "strike", "del", "ins", "mark"}
_BLOCKS = {
    "p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "blockquote",
    "pre", "li", "dd", "dt", "dl", "tr", "table", "caption", "figure", "figcaption", "address",
    "center", "fieldset", "legend", "details", "summary", "hr", "ul", "ol", "h1", "h2", "h3", "h4",
    "h5", "h6",
}  # fmt: skip
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_GONE = {
    "script", "style", "head", "title", "template", "iframe", "audio", "video", "canvas", "svg",
    "form", "button", "textarea", "select", "object", "embed", "applet", "noscript", "link", "meta",
    "input", "source", "track", "map", "base", "frame", "frameset", "portal",
}  # fmt: skip
_VOID = {"embed", "link", "meta", "input", "source", "track", "base", "frame", "br", "hr", "img"}
_RAISED = dict(zip("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ", strict=True))
_LOWERED = dict(zip("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", strict=True))
_TEX = re.compile(r"\\\(|\\\[|\$\$")


@dataclass
class _Node:
    """An element of a formula."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["_Node | str"] = field(default_factory=list)


def formula(node: _Node) -> str:
    """MathML as a line of text: its TeX or its alternative text where it has one."""
    if node.tag == "math":
        for one in _all(node):
            if one.tag == "annotation" and "tex" in one.attributes.get("encoding", "").lower():
                return f"\\({_words(one)}\\)"
        if node.attributes.get("alttext"):
            return node.attributes["alttext"].strip()
    if node.tag in ("annotation", "annotation-xml"):
        return ""
    inner = [
        one.strip() if isinstance(one, str) else formula(one)
        for one in node.children
        if not isinstance(one, str) or one.strip()
    ]
    match node.tag, inner:
        case "mfrac", [above, below]:
            return f"{_group(above)}/{_group(below)}"
        case "msup", [base, power]:
            return f"{base}^{_group(power)}"
        case "msub", [base, index]:
            return f"{base}_{_group(index)}"
        case (("msubsup" | "munderover"), [base, index, power]):
            return f"{base}_{_group(index)}^{_group(power)}"
        case "munder", [base, index]:
            return f"{base}_{_group(index)}"
        case "mover", [base, power]:
            return f"{base}^{_group(power)}"
        case "msqrt", _:
            return f"√({''.join(inner)})"
        case "mroot", [base, index]:
            return f"{_group(index)}√({base})"
        case "mfenced", _:
            opening = node.attributes.get("open", "(")
            return f"{opening}{', '.join(inner)}{node.attributes.get('close', ')')}"
        case "mtr", _:
            return "[" + ", ".join(inner) + "]"
        case "mo", [sign] if sign in ("=", "+", "-", "−", "<", ">", "≤", "≥", "×", "±"):
            return f" {sign} "
        case _:
            return "".join(inner)


def _group(text: str) -> str:
    return text if len(text) < 2 or text.isalnum() else f"({text.strip()})"


def _all(node: _Node):
    yield node
    for one in node.children:
        if isinstance(one, _Node):
            yield from _all(one)


def _words(node: _Node) -> str:
    return "".join(one if isinstance(one, str) else _words(one) for one in node.children).strip()


class _Walker(HTMLParser):
    """Writes the allowed markup itself, from words that are escaped: nothing passes through."""

    def __init__(self, picture: Picture, say: Say, links: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.picture, self.say, self.links = picture, say, links
        self.blocks: list[tuple[str, str]] = []
        self.line: list[str] = []
        self.inline: list[str] = []
        self.lists: list[str] = []
        self.raised: list[tuple[str, int]] = []
        self.addresses: list[str] = []
        self.gone: list[str] = []
        self.math: list[_Node] = []
        self.pre = 0
        self.kind = "p"

    # --- Writing

    def flush(self, kind: str = "p") -> None:
        closing = "".join(f"</{tag}>" for tag in reversed(self.inline))
        text = "".join(self.line) + closing
        if strip_tags(text).strip():
            self.blocks.append((self.kind, re.sub(r"^(<br/>\s*)+|(\s*<br/>)+$", "", text.strip())))
        self.line = [f"<{tag}>" for tag in self.inline]
        self.raised = []
        self.kind = kind

    def show(self, src: str, alt: str) -> None:
        key = self.picture(src, alt)
        if key is None:
            if alt:
                self.line.append(escape(f"[{alt}]"))
            return
        self.flush(self.kind)
        self.blocks.append(("img", f'<img src="media:{key}" alt="{escape(alt)}"/>'))

    # --- Reading

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_starttag(self, tag, attrs):
        attributes = {key: value or "" for key, value in attrs}
        if self.math:
            if len(self.math) < 100:
                node = _Node(tag.rpartition(":")[2], attributes)
                self.math[-1].children.append(node)
                self.math.append(node)
            return
        if self.gone:
            if tag not in _VOID:
                self.gone.append(tag)
            return
        if tag == "math" or tag.endswith(":math"):
            self.math = [_Node("math", attributes)]
        elif tag == "img":
            self.show(attributes.get("src", ""), " ".join(attributes.get("alt", "").split()))
        elif tag == "object" and _is_picture(attributes):
            alt = attributes.get("aria-label") or attributes.get("title") or ""
            self.show(attributes.get("data", ""), " ".join(alt.split()))
            self.gone.append(tag)
        elif tag in _GONE:
            if tag not in ("head", "title", "meta", "link", "base"):
                what = attributes.get("src") or attributes.get("data") or ""
                self.say(
                    f"<{tag}>",
                    _("Left out: a question here cannot hold it. %(what)s") % {"what": what[:120]},
                )
            if tag not in _VOID:
                self.gone.append(tag)
        elif tag == "br":
            self.line.append("<br/>")
        elif tag in _BOLD | _ITALIC:
            self._open("b" if tag in _BOLD else "i")
        elif tag in ("sup", "sub"):
            self.raised.append((tag, len(self.line)))
        elif tag == "a":
            self._link(attributes.get("href", "").strip())
        elif tag in ("td", "th"):
            if "".join(self.line).strip():
                self.line.append(" | ")
        elif tag in _BLOCKS:
            self._block(tag)
        elif tag in _LINES:
            self.say(_("Formatting"), _("Underlines and strokes were left out."))
        elif tag not in _THROUGH and not tag.startswith("qh5:"):
            self.say(f"<{tag}>"[:60], _("This element is not known here; its words were kept."))

    def _block(self, tag: str) -> None:
        self.flush()
        if tag in _HEADINGS:
            self._open("b")
            self.say(_("Headings"), _("They became bold paragraphs."))
        elif tag == "table":
            self.say(_("Table"), _("Each row became a line, its cells apart by “|”."))
        elif tag in ("ul", "ol"):
            if self.lists:
                self.say(_("Nested lists"), _("They became one list."))
            self.lists.append(tag)
        elif tag == "li":
            self.kind = self.lists[-1] if self.lists else "ul"
        elif tag == "pre":
            self.pre += 1

    def _open(self, tag: str) -> None:
        if tag not in self.inline:
            self.line.append(f"<{tag}>")
            self.inline.append(tag)

    def _close(self, tag: str) -> None:
        if tag not in self.inline:
            return
        place = self.inline.index(tag)
        after = self.inline[place + 1 :]
        self.line += [f"</{one}>" for one in reversed(self.inline[place:])]
        self.line += [f"<{one}>" for one in after]
        self.inline = self.inline[:place] + after

    def _link(self, href: str) -> None:
        if not href.lower().startswith(("http://", "https://", "mailto:")):
            href = ""
        self.addresses.append(href)
        if href and self.links:
            self.line.append(f'<a href="{escape(href)}">')
        elif href:
            self.say(_("Link"), _("Its address was written out: a question holds no links."))

    def handle_endtag(self, tag):
        if self.math:
            name = tag.rpartition(":")[2]
            if name != "math":
                if len(self.math) > 1 and self.math[-1].tag == name:
                    self.math.pop()
                return
            self.line.append(escape(" ".join(formula(self.math[0]).split())))
            self.math = []
            self.say(_("Formula"), _("MathML became text. Check that it still reads well."))
            return
        if self.gone:
            if tag in self.gone:
                while self.gone.pop() != tag:
                    pass
            return
        if tag in _BOLD | _ITALIC:
            self._close("b" if tag in _BOLD else "i")
        elif tag in ("sup", "sub"):
            if self.raised:
                self._raise(*self.raised.pop())
        elif tag == "a" and self.addresses:
            href = self.addresses.pop()
            if href and self.links:
                self.line.append("</a>")
            elif href and escape(href) not in "".join(self.line[-2:]):
                self.line.append(escape(f" ({href})"))
        elif tag in _BLOCKS:
            if tag in _HEADINGS:
                self._close("b")
            self.flush()
            if tag in ("ul", "ol") and self.lists:
                self.lists.pop()
            elif tag == "pre" and self.pre:
                self.pre -= 1
            if self.lists and tag not in ("li", "ul", "ol"):
                self.kind = self.lists[-1]

    def _raise(self, tag: str, start: int) -> None:
        text = "".join(self.line[start:])
        table, sign = (_RAISED, "^") if tag == "sup" else (_LOWERED, "_")
        plain = html.unescape(strip_tags(text)).strip()
        if not plain:
            return
        if all(letter in table for letter in plain):
            plain = "".join(table[letter] for letter in plain)
        else:
            plain = f"{sign}{_group(plain)}"
            self.say(_("Formatting"), _("Raised or lowered words were marked by ^ and _."))
        self.line[start:] = [escape(plain)]

    def handle_data(self, data):
        if self.math:
            self.math[-1].children.append(data)
        elif self.gone:
            return
        elif self.pre:
            lines = escape(data.expandtabs(4)).replace("  ", "\u00a0 ").split("\n")
            self.line.append("<br/>".join(lines))
        else:
            if _TEX.search(data):
                self.say(_("Formula"), _("TeX is shown as it is written; nothing draws it."))
            self.line.append(escape(re.sub(r"[ \t\r\n\f]+", " ", data)))

    def finish(self) -> list[tuple[str, str]]:
        if self.math:
            self.line.append(escape(formula(self.math[0])))
        self.flush()
        return self.blocks


def _is_picture(attributes: dict[str, str]) -> bool:
    name = attributes.get("data", "").lower().split("?")[0]
    return attributes.get("type", "").startswith("image/") or name.endswith(
        (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
    )


def _walk(markup: str, picture: Picture, say: Say, links: bool) -> list[tuple[str, str]]:
    if len(markup) > MAX_CHARACTERS:
        say(
            _("Text"),
            _("Cut after %(count)d characters.") % {"count": MAX_CHARACTERS},
        )
        markup = markup[:MAX_CHARACTERS]
    walker = _Walker(picture, say, links)
    try:
        walker.feed(markup)
        walker.close()
    except AssertionError:  # the parser's own word for a declaration that it cannot follow
        say(_("Text"), _("Its markup is broken; only words were kept."))
        walker = _Walker(picture, say, links)
        walker.handle_data(html.unescape(re.sub(r"<[^>]*>", " ", markup)))
    return walker.finish()


def rich(markup: str, picture: Picture, say: Say, *, links: bool = False) -> str:
    """Markup for a field of rich text."""
    result, before = [], ""
    for kind, text in _walk(markup, picture, say, links):
        if kind != before and before in ("ul", "ol"):
            result.append(f"</{before}>")
        if kind in ("ul", "ol"):
            result.append(f"<{kind}>" if kind != before else "")
            result.append(f"<li>{text}</li>")
        else:
            result.append(text if kind == "img" else f"<p>{text}</p>")
        before = kind
    if before in ("ul", "ol"):
        result.append(f"</{before}>")
    return _safe("".join(result))


def _safe(markup: str) -> str:
    """Once more through a sanitizer: what is written above holds nothing else, and must not."""
    clean = nh3.clean(
        markup,
        tags={"p", "b", "i", "ul", "ol", "li", "br", "a", "img"},
        attributes={"a": {"href"}, "img": {"src", "alt"}},
        url_schemes={"http", "https", "mailto", "media"},
        link_rel=None,
    )
    return clean.replace("<br>", "<br/>").replace("&nbsp;", "\u00a0")


def plain(markup: str, picture: Picture, say: Say) -> str:
    """Markup for a field of plain text: words and lines."""
    if len(markup) < MAX_CHARACTERS and not re.search(r"[<&]|\\[(\[]|\$\$", markup):
        return re.sub(r"[ \t\r\n\f]+", " ", markup).strip()  # most texts: there is nothing to read

    def described(src: str, alt: str) -> None:
        say(
            _("Picture"),
            _("This text cannot hold a picture; what it shows is written in its place.")
            if alt
            else _("This text cannot hold a picture, and nothing says what it shows."),
        )

    blocks = _walk(markup, described, say, links=False)
    if any(re.search(r"<(b|i)>", text) for _kind, text in blocks):
        say(_("Formatting"), _("Bold and italic were left out where only plain text can stand."))
    lines = [re.sub(r"<[^>]+>", "", text.replace("<br/>", "\n")) for _kind, text in blocks]
    return html.unescape("\n".join(line.strip() for line in lines)).strip()


def from_text(text: str) -> str:
    """Plain text as markup."""
    paragraphs = re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n"))
    return "".join(f"<p>{escape(one).replace(chr(10), '<br>')}</p>" for one in paragraphs if one)


# --- Several languages in one text ----------------------------------------------------------------

_SPAN = (
    r"<span\b(?=[^>]*\bclass\s*=\s*[\"']?[^\"'>]*multilang)"
    r"(?=[^>]*\blang\s*=\s*[\"']?(?P<{0}>[\w-]+))[^>]*>(?P<{1}>.*?)</span>"
)
_SPANS = re.compile(_SPAN.format("lang", "words"), re.I | re.S)
_RUN = re.compile(rf"(?:{_SPAN.format('a', 'b')}\s*)+", re.I | re.S)
_MLANG = re.compile(r"\{\s*mlang\s+([\w,-]+)\s*\}(.*?)\{\s*mlang\s*\}", re.I | re.S)


def languages_in(text: str) -> list[str]:
    """The languages that a text marks (Moodle's multi-language filters), in their order."""
    found = [match["lang"] for match in _SPANS.finditer(text)]
    for match in _MLANG.finditer(text):
        found += [one for one in match[1].split(",") if one.lower() != "other"]
    return list(dict.fromkeys(one.lower().replace("_", "-") for one in found))


def only(text: str, language: str) -> str:
    """The text in one language; where a passage lacks it, in the first that the passage has."""

    def pick(run: re.Match) -> str:
        words = {
            one["lang"].lower().replace("_", "-"): one["words"] for one in _SPANS.finditer(run[0])
        }
        tail = run[0][len(run[0].rstrip()) :]
        return words.get(language, next(iter(words.values()), "")) + tail

    def pick_braces(match: re.Match) -> str:
        marked = {one.lower().replace("_", "-") for one in match[1].split(",")}
        return match[2] if language in marked or "other" in marked else ""

    return _MLANG.sub(pick_braces, _RUN.sub(pick, text))
