"""Draw the film of the demo: what one value does to a mean and to a median.

    python -m academy.demo.film [folder]

For each language it writes the film (WebM, VP9, no sound), its still picture and its captions, which
follow the same storyboard. Needs ffmpeg; the academy itself does not, for the files are kept with
the content. Pure Python and Pillow: it runs before Django does.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from academy.demo.content import CONTENT, LANGUAGES

FOLDER = CONTENT / "modules" / "describing-data" / "videos"
FONTS = Path(__file__).resolve().parents[2] / "credentials" / "pdf" / "fonts_data"
NAME = "mean-and-median"

WIDTH, HEIGHT, FPS = 1280, 720, 25
SHARP = 2  # drawn so many times larger, then made smaller: smooth edges
INK, SAND, SKY, TEAL, CORAL, AMBER = (
    "#14213d",
    "#f6efe3",
    "#cfe8ef",
    "#0f766e",
    "#c2452a",
    "#f4a72c",
)
AXIS, LEFT, STEP, LAST = (
    420,
    110,
    16.4,
    65,
)  # the scale: its height, where 0 is, one letter, its end
FOUR = (8.0, 9.0, 10.0, 11.0)  # the teams that stay as they are

WORDS = {
    "en": {
        "title": "Unanswered letters: one dot for each team",
        "median": "median {}",
        "mean": "mean {}",
        "side": "2 teams",
        "nobody": "no team here",
    },
    "fr": {
        "title": "Lettres sans réponse : un point par équipe",
        "median": "médiane {}",
        "mean": "moyenne {}",
        "side": "2 équipes",
        "nobody": "aucune équipe ici",
    },
}


@dataclass(frozen=True)
class Scene:
    """Some seconds of film: the fifth team goes from one value to another while a caption is shown.

    `new` are the marks that come in, and `marks` all that are shown.
    """

    seconds: float
    start: float
    end: float
    marks: tuple[str, ...]
    new: tuple[str, ...]
    en: str
    fr: str

    def caption(self, language: str) -> str:
        return {"en": self.en, "fr": self.fr}[language]


STORY = (
    Scene(
        *(6, 12, 12, ("dots",), ("dots",)),
        "Five teams have letters to answer.\nEach dot is one team: 8, 9, 10, 11 and 12 letters.",
        "Cinq équipes ont des lettres en attente.\nUn point par équipe : 8, 9, 10, 11 et 12 lettres.",
    ),
    Scene(
        *(6, 12, 12, ("median", "sides"), ("median", "sides")),
        "The median is the value in the middle:\n10, with two teams on each side.",
        "La médiane est la valeur du milieu :\n10, avec deux équipes de chaque côté.",
    ),
    Scene(
        *(6.5, 12, 12, ("median", "mean"), ("mean",)),
        "The mean is where the dots would balance:\n50 letters for 5 teams make 10.",
        "La moyenne est le point d’équilibre :\n50 lettres pour 5 équipes font 10.",
    ),
    Scene(
        *(7.5, 12, 62, ("median", "mean"), ()),
        "Now one team falls behind, up to 62 letters.\nThe mean is pulled along, up to 20.",
        "Une équipe prend du retard, jusqu’à 62 lettres.\nLa moyenne est entraînée jusqu’à 20.",
    ),
    Scene(
        *(5.5, 62, 62, ("median", "mean", "sides"), ("sides",)),
        "The median stays at 10:\nthere are still two teams on each side.",
        "La médiane reste à 10 :\nil y a toujours deux équipes de chaque côté.",
    ),
    Scene(
        *(5.5, 62, 62, ("median", "mean", "nobody"), ("nobody",)),
        "A mean of 20 is correct,\nbut no team has about 20 letters.",
        "Une moyenne de 20 est exacte,\nmais aucune équipe n’a une vingtaine de lettres.",
    ),
    Scene(
        *(8, 62, 6, ("median", "mean"), ()),
        "The team catches up, and the mean comes back with it.\nThe median moves only as the middle is passed.",
        "L’équipe rattrape son retard, et la moyenne avec elle.\nLa médiane ne bouge qu’au passage du milieu.",
    ),
    Scene(
        *(7, 6, 6, ("median", "mean"), ()),
        "One value can carry the mean anywhere.\nIt moves the median no further than the next value.",
        "Une valeur peut emmener la moyenne n’importe où.\nElle ne déplace la médiane que jusqu’à la valeur voisine.",
    ),
)
SECONDS = sum(scene.seconds for scene in STORY)
POSTER = 34.0  # the second whose picture stands for the film


# --- What is shown at an instant ------------------------------------------------------------------


def scene_at(second: float) -> tuple[Scene, float]:
    """The scene, and how many seconds it has run."""
    for scene in STORY:
        if second < scene.seconds:
            return scene, second
        second -= scene.seconds
    return STORY[-1], STORY[-1].seconds


def fifth_at(second: float) -> float:
    """The fifth team's letters: still for a moment, then on its way, then still again."""
    scene, run = scene_at(second)
    share = min(max((run - 1.2) / (scene.seconds - 2.4), 0.0), 1.0)
    return scene.start + (scene.end - scene.start) * share * share * (3 - 2 * share)


def written(value: float, language: str) -> str:
    """10, 8.8 or 8,8."""
    words = f"{value:.1f}".removesuffix(".0")
    return words.replace(".", ",") if language == "fr" else words


# --- A picture ------------------------------------------------------------------------------------


@cache
def font(size: int, weight: str = "Regular") -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"NotoSans-{weight}.ttf", size * SHARP)


class Picture:
    """One picture, in coordinates of the film; `alpha` 0 to 1 lets a mark come in."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SHARP, HEIGHT * SHARP), SAND)

    def done(self) -> Image.Image:
        return self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)

    def _draw(self, alpha: float, kind: str, *where, **how) -> None:
        if alpha >= 1:
            getattr(ImageDraw.Draw(self.image), kind)(*where, **how)
        elif alpha > 0:
            above = self.image.copy()
            getattr(ImageDraw.Draw(above), kind)(*where, **how)
            self.image = Image.blend(self.image, above, alpha)

    def box(self, x1, y1, x2, y2, fill, *, radius=0, alpha=1.0) -> None:
        corners = [one * SHARP for one in (x1, y1, x2, y2)]
        self._draw(alpha, "rounded_rectangle", corners, fill=fill, radius=radius * SHARP)

    def dot(self, x, y, radius, fill, *, outline="#ffffff", alpha=1.0) -> None:
        corners = [one * SHARP for one in (x - radius, y - radius, x + radius, y + radius)]
        self._draw(alpha, "ellipse", corners, fill=fill, outline=outline, width=2 * SHARP)

    def shape(self, points, fill, *, alpha=1.0) -> None:
        self._draw(alpha, "polygon", [(x * SHARP, y * SHARP) for x, y in points], fill=fill)

    def words(self, x, y, words, size, *, anchor="mm", weight="Regular", alpha=1.0) -> None:
        self._draw(
            alpha,
            *("text", (x * SHARP, y * SHARP), words),
            font=font(size, weight),
            fill=INK,
            anchor=anchor,
        )


def across(value: float) -> float:
    return LEFT + value * STEP


def draw(second: float, language: str) -> Image.Image:
    """The film's picture at a second."""
    scene, run = scene_at(second)
    words = WORDS[language]
    fifth = fifth_at(second)
    values = [*FOUR, fifth]
    picture = Picture()

    def alpha(mark: str) -> float:
        """How much of a mark is there: it comes in over some tenths of a second."""
        if mark not in scene.marks:
            return 0.0
        return min(max((run - 0.4) / 0.6, 0.0), 1.0) if mark in scene.new else 1.0

    picture.box(40, 36, WIDTH - 40, HEIGHT - 36, "#ffffff", radius=24)
    picture.words(80, 92, words["title"], 32, anchor="lm", weight="Bold")
    if shown := alpha("nobody"):
        picture.box(across(13), 300, across(60.5), AXIS - 4, SKY, radius=12, alpha=shown)
        picture.words(across(36.75), 358, words["nobody"], 30, alpha=shown)
    picture.box(across(0) - 6, AXIS, across(LAST), AXIS + 6, INK, radius=3)
    for tick in range(0, LAST, 10):
        picture.box(across(tick) - 1.5, AXIS + 6, across(tick) + 1.5, AXIS + 18, INK)
        picture.words(across(tick), AXIS + 38, str(tick), 24)

    if shown := alpha("median"):
        x = across(statistics.median(values))
        for y in range(212, AXIS - 4, 16):
            picture.box(x - 2, y, x + 2, y + 9, TEAL, radius=2, alpha=shown)
        picture.dot(x, 206, 13, TEAL, alpha=shown)
        label = words["median"].format(written(statistics.median(values), language))
        picture.words(x, 166, label, 30, weight="Bold", alpha=shown)
    if shown := alpha("sides"):
        x = across(statistics.median(values))
        for way, anchor in ((-1, "rm"), (1, "lm")):
            tip = [(x + way * 36, 264), (x + way * 20, 255), (x + way * 20, 273)]
            picture.shape(tip, TEAL, alpha=shown)
            picture.words(x + way * 46, 262, words["side"], 26, anchor=anchor, alpha=shown)
    if shown := alpha("mean"):
        x, y = across(statistics.mean(values)), AXIS + 64
        picture.shape([(x, y), (x - 30, y + 52), (x + 30, y + 52)], CORAL, alpha=shown)
        label = words["mean"].format(written(statistics.mean(values), language))
        picture.words(x, y + 84, label, 30, weight="Bold", alpha=shown)

    for order, value in enumerate(values):
        came = min(max((run - 0.5 - 0.7 * order) / 0.4, 0.0), 1.0) if "dots" in scene.new else 1.0
        if came > 0:
            is_fifth = order == len(FOUR)
            y = AXIS - 16 - 60 * (1 - came)
            if is_fifth:
                picture.dot(across(value), y, 13, AMBER, outline=INK, alpha=came)
            else:
                picture.dot(across(value), y, 12, INK, alpha=came)
            if is_fifth and scene.start != scene.end:
                picture.words(across(value), y - 38, str(round(value)), 28, weight="Bold")
    return picture.done()


# --- The files ------------------------------------------------------------------------------------


def captions(language: str) -> str:
    """WebVTT, with a caption for each scene."""
    cues, begun = ["WEBVTT"], 0.0
    for scene in STORY:
        until = begun + scene.seconds
        cues.append(f"{clock(begun + 0.2)} --> {clock(until - 0.1)}\n{scene.caption(language)}")
        begun = until
    return "\n\n".join(cues) + "\n"


def clock(second: float) -> str:
    minutes, rest = divmod(second, 60)
    return f"{int(minutes):02}:{rest:06.3f}"


def pictures(language: str) -> Iterator[bytes]:
    for number in range(round(SECONDS * FPS)):
        yield draw(number / FPS, language).tobytes()


def write_film(folder: Path, language: str) -> None:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise SystemExit("ffmpeg is needed to encode the film (Debian: apt-get install ffmpeg).")
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS))
    vp9 = ("-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "36", "-pix_fmt", "yuv420p", "-row-mt", "1")
    seekable = ("-g", str(4 * FPS), "-cues_to_front", "1", "-fflags", "+bitexact")
    target = folder / f"{NAME}.{language}.webm"
    command = [ffmpeg, "-loglevel", "error", "-y", *raw, "-i", "-", *vp9, *seekable, str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:  # noqa: S603
        for picture in pictures(language):
            encoder.stdin.write(picture)
        encoder.stdin.close()
    if encoder.returncode:
        raise SystemExit("ffmpeg could not encode the film; see its message above.")


def main(folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        (folder / f"{NAME}.{language}.vtt").write_text(captions(language), encoding="utf-8")
        draw(POSTER, language).quantize(64).save(folder / f"{NAME}.{language}.png", optimize=True)
        write_film(folder, language)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
