"""The certificate of achievement: A4 landscape, one page, made to be framed.

`render` is pure and deterministic: the same context gives the same bytes, whatever the clock, the
locale or the process. The context is what an award freezes, so nothing here asks a database.

The page: white sky above, sand ground below a teal horizon, and a sun rising where the two meet.
What was achieved stands in the sky; what it rests on (modules, competencies, the way to check)
stands on the ground. The horizon moves with the amount of evidence. For a right-to-left language
the page is mirrored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from . import drawing
from .colour import Colour, contrast, parse_colour
from .document import Attachment, Document
from .fonts import SANS, SANS_BOLD, SERIF, SERIF_BOLD, Style, normalise
from .labels import complete_labels, format_date
from .layout import ADDRESS, WORDS, Block, TextDoesNotFit, fit, visible_width

WIDTH, HEIGHT = 841.89, 595.28  # A4 landscape in points (ISO 216: 297 x 210 mm)
MARGIN = 64.0
BORDER, INNER_BORDER = 24.0, 29.5
TEMPLATE_VERSION = "1"
RTL_LANGUAGES = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "sd", "ug", "yi"})


@dataclass(frozen=True)
class Module:
    """A module of the achievement: `route_label` says how it was earned, `date` is ISO 8601 or
    None."""

    title: str
    route_label: str = ""
    date: str | None = None


@dataclass(frozen=True)
class Colours:
    """Colours as #rrggbb. Text never takes `accent`, and takes `primary` only where it is dark
    enough."""

    primary: str = "#0f766e"
    accent: str = "#f4a72c"
    ink: str = "#14213d"
    sand: str = "#f6efe3"


@dataclass(frozen=True)
class CertificateContext:
    """Everything that is printed, frozen at issue.

    language: BCP 47 tag of the words and the layout; name: the holder's, as it is to be printed;
    title: what was achieved; description: the outcome in a sentence; hours: as printed; issued_on
    and expires_on: ISO dates; code: for people; verify_url: ASCII, absolute; labels: printed words
    (the shipped ones fill what is missing, and are frozen with the rest). `template` is the version
    of this page, for those who keep what they issued.
    """

    language: str
    name: str
    title: str
    issuer: str
    issued_on: str
    code: str
    verify_url: str
    description: str = ""
    modules: tuple[Module, ...] = ()
    competencies: tuple[str, ...] = ()
    hours: str = ""
    expires_on: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    colours: Colours = field(default_factory=Colours)
    template: str = TEMPLATE_VERSION

    def __post_init__(self) -> None:
        """Complete the words and normalise the texts: what is frozen is what is printed."""
        values: dict[str, Any] = {
            key: normalise(getattr(self, key))
            for key in ("name", "title", "issuer", "description", "hours", "code")
        }
        values["labels"] = complete_labels(self.language, self.labels)
        values["modules"] = tuple(
            replace(
                module, title=normalise(module.title), route_label=normalise(module.route_label)
            )
            for module in self.modules
        )
        values["competencies"] = tuple(normalise(text) for text in self.competencies)
        for key, value in values.items():
            object.__setattr__(self, key, value)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; `from_json` gives an equal context back."""
        data = asdict(self)
        data["modules"] = [asdict(module) for module in self.modules]
        data["competencies"] = list(self.competencies)
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CertificateContext:
        """Raises TypeError on a missing or unknown key."""
        data = dict(data)
        data["modules"] = tuple(Module(**module) for module in data.get("modules") or ())
        data["colours"] = Colours(**(data.get("colours") or {}))
        return cls(**data)


def render(context: CertificateContext, *, attachments: Sequence[Attachment] = ()) -> bytes:
    """The certificate as a PDF file, tagged (PDF/UA-1) and archivable (PDF/A-3a), not signed.

    `attachments` are carried as associated files (the Open Badge JSON). Raises `MissingGlyph` for a
    character no shipped font holds, `TextDoesNotFit` for a text too long at any readable size,
    ValueError for a malformed date.
    """
    return _Page(context, attachments).render()


def _mix(colour: Colour, other: Colour, share: float) -> Colour:
    """`share` of `colour`, the rest of `other`."""
    red, green, blue = (a * share + b * (1 - share) for a, b in zip(colour, other, strict=True))
    return (red, green, blue)


WHITE: Colour = (1.0, 1.0, 1.0)
# Columns of the ground: left edge and width. Modules, competencies, verification.
VERIFY_WIDTH = 128.0
COLUMN_GAP = 26.0
QR_SIZE = 92.0
QR_TOP = 18.0  # below the horizon
CODE_GAP = 6.0
GROUND_PADDING = 24.0
GROUND_FOOT = 20.0
HEADING_SIZE = 9.0
HEADING_HEIGHT = 21.0
INDENT = 13.0  # of a list entry, room for its bullet


@dataclass(frozen=True)
class _Entry:
    """One entry of a list on the ground: what, and smaller, how and when."""

    main: Block
    detail: Block | None

    @property
    def height(self) -> float:
        return self.main.height + (self.detail.height if self.detail else 0.0)


@dataclass(frozen=True)
class _Ground:
    """The laid-out lower part."""

    modules: tuple[_Entry, ...]
    competencies: tuple[_Entry, ...]
    gap: float
    code_label: Block
    code: Block
    address: Block
    height: float


@dataclass(frozen=True)
class _Statement:
    """The laid-out middle: intro, name, verb, title, outcome."""

    certifies: Block
    name: Block
    achieved: Block
    title: Block
    description: Block | None
    height: float


class _Page:
    def __init__(self, context: CertificateContext, attachments: Sequence[Attachment]) -> None:
        self.context = context
        self.labels = context.labels
        self.language = context.language
        self.rtl = context.language.split("-")[0].lower() in RTL_LANGUAGES
        colours = context.colours
        self.primary = parse_colour(colours.primary)
        self.accent = parse_colour(colours.accent)
        self.ink = parse_colour(colours.ink)
        self.sand = parse_colour(colours.sand)
        # Text needs 4.5:1 on both sky and ground (WCAG 2.2, 1.4.3); a pale primary stays a colour
        # of shapes.
        strong = min(contrast(self.primary, WHITE), contrast(self.primary, self.sand))
        self.strong = self.primary if strong >= 4.5 else self.ink
        self.muted = _mix(self.ink, WHITE, 0.78)
        title = self.labels["document_title"].format(
            certificate=self.labels["certificate"],
            title=context.title,
            name=context.name,
        )
        self.document = Document(
            size=(WIDTH, HEIGHT),
            language=context.language,
            title=title,
            author=context.issuer,
            created=context.issued_on[:10],
            identity=repr(context).encode(),
        )
        for attachment in attachments:
            self.document.attach(attachment)

    def render(self) -> bytes:
        # Sizes shrink together, in steps, until sky and ground fit above one another.
        available = HEIGHT - 2 * INNER_BORDER - 132.0
        for scale in (1.0, 0.94, 0.88, 0.82, 0.76, 0.7):
            ground = self._lay_ground(scale)
            statement = self._lay_statement(scale)
            if ground.height + statement.height <= available:
                break
        else:
            raise TextDoesNotFit(f"{self.context.name}: {self.context.title}")
        horizon = INNER_BORDER + ground.height
        self._draw_scene(horizon)
        self._draw_head()
        self._draw_statement(statement, horizon)
        self._draw_facts(horizon)
        self._draw_ground(ground, horizon)
        return self.document.finish()

    # -- measuring --

    def _lay_statement(self, scale: float) -> _Statement:
        context, full = self.context, WIDTH - 2 * MARGIN
        certifies = self._fit(self.labels["certifies"], SERIF, full, 13, 9, 1, leading=1.5)
        name = self._fit(
            context.name, SERIF_BOLD, full, 40 * scale, 18 * scale, 2, leading=1.3, even=True
        )
        achieved = self._fit(self.labels["achieved"], SERIF, full, 13, 9, 1, leading=1.8)
        title = self._fit(
            context.title, SANS_BOLD, full - 80, 23 * scale, 12 * scale, 3, leading=1.28, even=True
        )
        description = None
        if context.description:
            description = self._fit(
                context.description,
                SANS,
                full - 190,
                11 * scale,
                8 * scale,
                4,
                leading=1.45,
                even=True,
            )
        height = certifies.height + name.height + achieved.height + title.height
        height += description.height + 8 if description else 0
        return _Statement(certifies, name, achieved, title, description, height)

    def _columns(self) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
        """(left, width) of modules, competencies and verification, before mirroring."""
        wide = WIDTH - 2 * MARGIN - VERIFY_WIDTH - COLUMN_GAP
        verify = (WIDTH - MARGIN - VERIFY_WIDTH, VERIFY_WIDTH)
        if not self.context.modules or not self.context.competencies:
            return (MARGIN, wide), (MARGIN, wide), verify
        half = (wide - COLUMN_GAP) / 2
        return (MARGIN, half), (MARGIN + half + COLUMN_GAP, half), verify

    def _lay_ground(self, scale: float) -> _Ground:
        (_, modules_width), (_, competencies_width), _ = self._columns()
        modules = []
        for module in self.context.modules:
            printed = format_date(module.date, self.labels) if module.date else ""
            detail = " · ".join(part for part in (module.route_label, printed) if part)
            width = modules_width - INDENT
            main = self._fit(
                module.title,
                SANS_BOLD,
                width,
                9 * scale,
                6.3,
                3,
                leading=1.3,
                ends_with_space=bool(detail),
            )
            small = self._fit(detail, SANS, width, 7.8 * scale, 6.0, 2, leading=1.35)
            modules.append(_Entry(main, small if detail else None))
        competencies = []
        for competency in self.context.competencies:
            width = competencies_width - INDENT
            main = self._fit(competency, SANS, width, 8.8 * scale, 6.3, 3, leading=1.34)
            competencies.append(_Entry(main, None))
        gap = 6.0 * scale
        code_label = self._fit(
            self.labels["code"], SANS, VERIFY_WIDTH, 7.2, 6, 1, leading=1.3, ends_with_space=True
        )
        code = self._fit(self.context.code, SANS_BOLD, VERIFY_WIDTH, 11, 7, 1, leading=1.4)
        address = self._fit(
            self.context.verify_url.removeprefix("https://"),
            SANS,
            VERIFY_WIDTH,
            7.2,
            6,
            4,
            leading=1.3,
            opportunities=ADDRESS,
        )
        lists = max(
            (
                sum(entry.height for entry in entries) + gap * (len(entries) - 1)
                for entries in (modules, competencies)
                if entries
            ),
            default=0.0,
        )
        verify = QR_TOP + QR_SIZE + CODE_GAP + code_label.height + code.height + address.height
        height = max(GROUND_PADDING + HEADING_HEIGHT + lists, verify) + GROUND_FOOT
        return _Ground(tuple(modules), tuple(competencies), gap, code_label, code, address, height)

    def _fit(
        self,
        text: str,
        style: Style,
        width: float,
        largest: float,
        smallest: float,
        max_lines: int,
        *,
        leading: float,
        even: bool = False,
        opportunities: re.Pattern[str] = WORDS,
        ends_with_space: bool = False,
    ) -> Block:
        return fit(
            text,
            style,
            width=width,
            largest=max(largest, smallest),
            smallest=smallest,
            max_lines=max_lines,
            leading=leading,
            language=self.language,
            even=even,
            opportunities=opportunities,
            ends_with_space=ends_with_space,
            rtl=self.rtl,
        )

    # -- drawing --

    def _left(self, x: float, width: float) -> float:
        """The left edge of a box, mirrored for a right-to-left language."""
        return WIDTH - x - width if self.rtl else x

    def _block(
        self,
        block: Block,
        x: float,
        width: float,
        top: float,
        colour: Colour,
        align: str = "start",
    ) -> float:
        """Draw a block in a box from `top` down; returns the y of its bottom. `align`: start,
        centre or end."""
        left = self._left(x, width)
        y = top
        for line in block.lines:
            # The baseline leaves the descent (about a fifth) and half the extra leading below it.
            y -= block.leading
            baseline = y + (block.leading - block.size) / 2 + block.size * 0.22
            visible = visible_width(line) * block.size
            at_right = (align == "end") != self.rtl
            start = left
            if align == "centre":
                start = left + (width - visible) / 2
            elif at_right:
                start = left + width - visible
            if line.rtl:
                # The space a line was broken at stands at the left of a right-to-left line.
                start -= line.width * block.size - visible
            self.document.text(line, start, baseline, block.size, colour)
        return y

    def _line(
        self, text: str, style: Style, width: float, largest: float, smallest: float
    ) -> Block:
        return self._fit(text, style, width, largest, smallest, 2, leading=1.3)

    def _draw_scene(self, horizon: float) -> None:
        """Sky, sun, ground and border: all of it decoration."""
        document, inner = self.document, INNER_BORDER
        width = WIDTH - 2 * inner
        centre = self._left(WIDTH - MARGIN - VERIFY_WIDTH, VERIFY_WIDTH) + VERIFY_WIDTH / 2
        with document.artifact():
            reach = WIDTH - inner - centre if not self.rtl else centre - inner
            clip = drawing.rectangle(inner, horizon, width, HEIGHT - inner - horizon)
            document.canvas._code.append(f"q {clip} W n")
            for radius, share in ((268.0, 0.18), (206.0, 0.34), (150.0, 0.55), (reach, 0.85)):
                document.path(
                    drawing.half_disc(centre, horizon, radius), _mix(self.sand, WHITE, share)
                )
            document.path(
                drawing.half_disc(centre, horizon, 62.0), _mix(self.accent, self.sand, 0.35)
            )
            document.path(drawing.half_disc(centre, horizon, 44.0), self.accent)
            document.canvas._code.append("Q")
            document.path(drawing.rectangle(inner, inner, width, horizon - inner), self.sand)
            document.stroke(
                drawing.segment(inner, horizon, WIDTH - inner, horizon), self.primary, 1.6
            )
            document.stroke(
                drawing.rectangle(inner, inner, width, HEIGHT - 2 * inner),
                _mix(self.accent, WHITE, 0.8),
                0.5,
            )
            document.stroke(
                drawing.rectangle(BORDER, BORDER, WIDTH - 2 * BORDER, HEIGHT - 2 * BORDER),
                self.primary,
                1.6,
            )

    def _draw_head(self) -> None:
        """Emblem and issuer at the start, the kind of document at the end of the same line."""
        document = self.document
        top = HEIGHT - 58.0
        mark = 46.0
        left = self._left(MARGIN, mark)
        alt = self.labels["logo_alt"].format(issuer=self.context.issuer)
        box = f"[{left:.1f} {top - 27:.1f} {left + mark:.1f} {top:.1f}]"
        with document.leaf(
            "Figure", alt=alt, attributes=f"<< /O /Layout /Placement /Block /BBox {box} >>"
        ):
            paths = drawing.sun_mark(left, top - 27, mark)
            document.path(paths["disc"], self.accent)
            document.stroke(paths["rays"], self.primary, 1.3)
            document.stroke(paths["horizon"], self.primary, 1.8)
        half = (WIDTH - 2 * MARGIN) / 2
        issuer = self._line(self.context.issuer, SANS_BOLD, half - mark - 26, 12.5, 8)
        with document.leaf("P"):
            self._block(
                issuer,
                MARGIN + mark + 13,
                half - mark - 26,
                top - 13.5 + issuer.height / 2,
                self.strong,
            )
        heading = self._line(self.labels["certificate"], SERIF_BOLD, half, 19, 10)
        with document.leaf("H1"):
            self._block(
                heading, MARGIN + half, half, top - 13.5 + heading.height / 2, self.ink, "end"
            )

    def _draw_statement(self, statement: _Statement, horizon: float) -> None:
        """Who achieved what, centred between head and facts."""
        document, width = self.document, WIDTH - 2 * MARGIN
        ceiling, floor = HEIGHT - 94.0, horizon + 54.0
        y = ceiling - max(0.0, (ceiling - floor - statement.height) * 0.42)
        with document.leaf("P"):
            y = self._block(statement.certifies, MARGIN, width, y, self.muted)
        with document.leaf("P"):
            y = self._block(statement.name, MARGIN, width, y, self.ink)
        with document.leaf("P"):
            y = self._block(statement.achieved, MARGIN, width, y, self.muted)
        with document.leaf("P"):
            y = self._block(statement.title, MARGIN, width, y, self.strong)
        if statement.description:
            with document.leaf("P"):
                self._block(statement.description, MARGIN, width - 190, y - 8, self.ink)

    def _draw_facts(self, horizon: float) -> None:
        """Dates and hours, label small, value strong: just above the horizon, or on the ground
        where it is bare."""
        context, labels = self.context, self.labels
        bare = not context.modules and not context.competencies
        top = horizon - GROUND_PADDING if bare else horizon + 44
        facts = [(labels["issued_on"], format_date(context.issued_on, labels))]
        if context.expires_on:
            facts.append((labels["expires_on"], format_date(context.expires_on, labels)))
        if context.hours:
            facts.append((labels["hours"], context.hours))
        x, step = MARGIN, (WIDTH - 2 * MARGIN - 200) / 3
        for label, value in facts:
            with self.document.leaf("P"):
                bottom = self._block(
                    self._fit(label, SANS, step - 14, 8, 6, 1, leading=1.45, ends_with_space=True),
                    x,
                    step - 14,
                    top,
                    self.muted,
                )
                self._block(
                    self._fit(value, SANS_BOLD, step - 14, 11, 7, 1, leading=1.4),
                    x,
                    step - 14,
                    bottom,
                    self.ink,
                )
            x += step

    def _draw_ground(self, ground: _Ground, horizon: float) -> None:
        """What it rests on, and how to check it."""
        top = horizon - GROUND_PADDING
        modules, competencies, verify = self._columns()
        self._draw_list(self.labels["modules"], ground.modules, ground.gap, modules, top)
        self._draw_list(
            self.labels["competencies"], ground.competencies, ground.gap, competencies, top
        )
        self._draw_verify(ground, verify, horizon)

    def _draw_list(
        self,
        heading: str,
        entries: tuple[_Entry, ...],
        gap: float,
        column: tuple[float, float],
        top: float,
    ) -> None:
        if not entries:
            return
        document = self.document
        x, width = column
        with document.leaf("H2"):
            self._block(
                self._fit(heading, SANS_BOLD, width, HEADING_SIZE, 6, 1, leading=1.3),
                x,
                width,
                top,
                self.strong,
            )
        y = top - HEADING_HEIGHT
        with document.element("L", attributes="<< /O /List /ListNumbering /Disc >>"):
            for entry in entries:
                with document.artifact():
                    # A small rising sun for a bullet, on the first line's x-height.
                    centre = self._left(x, 6.4) + 3.2
                    base = y - entry.main.leading * 0.72
                    document.path(drawing.half_disc(centre, base, 3.2), self.accent)
                    document.stroke(
                        drawing.segment(centre - 4, base, centre + 4, base), self.primary, 0.8
                    )
                with document.element("LI"), document.leaf("LBody"):
                    y = self._block(entry.main, x + INDENT, width - INDENT, y, self.ink)
                    if entry.detail:
                        y = self._block(entry.detail, x + INDENT, width - INDENT, y, self.muted)
                y -= gap

    def _draw_verify(self, ground: _Ground, column: tuple[float, float], horizon: float) -> None:
        document, labels = self.document, self.labels
        x, width = column
        left = self._left(x, width)
        size = QR_SIZE
        qr_left = left + (width - size) / 2
        top = horizon - QR_TOP
        bottom = top - size
        with document.artifact():
            document.path(drawing.rounded(qr_left, bottom, size, size, 5), WHITE)
        box = f"[{qr_left:.1f} {bottom:.1f} {qr_left + size:.1f} {top:.1f}]"
        with document.leaf(
            "Figure",
            alt=labels["qr_alt"].format(url=self.context.verify_url),
            attributes=f"<< /O /Layout /Placement /Block /BBox {box} >>",
        ):
            path, _ = drawing.qr_path(self.context.verify_url, qr_left, bottom, size)
            document.path(path, self.ink)
        y = bottom - CODE_GAP
        with document.leaf("P"):
            y = self._block(ground.code_label, x, width, y, self.muted, "centre")
            y = self._block(ground.code, x, width, y, self.ink, "centre")
        with document.element("P"), document.leaf("Link"):
            end = self._block(ground.address, x, width, y, self.strong, "centre")
            document.link(
                (left, end, left + width, y),
                self.context.verify_url,
                labels["link_alt"].format(code=self.context.code),
            )


__all__ = [
    "Attachment",
    "CertificateContext",
    "Colours",
    "Module",
    "render",
]
