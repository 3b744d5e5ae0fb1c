"""The film of the demo: what it shows is true, and its captions say what is shown."""

import re
import statistics
from pathlib import Path

import pytest

from academy.demo import film
from academy.demo.content import LANGUAGES

LARGEST = 1_500_000  # bytes


def values_at(second: float) -> list[float]:
    return [*film.FOUR, film.fifth_at(second)]


def scenes() -> list[tuple[float, float, film.Scene]]:
    """When each begins and ends."""
    found, begun = [], 0.0
    for scene in film.STORY:
        found.append((begun, begun + scene.seconds, scene))
        begun += scene.seconds
    return found


def test_each_scene_goes_on_from_the_one_before():
    for (_begun, until, before), (_from, _to, after) in zip(scenes(), scenes()[1:], strict=False):
        assert before.end == after.start
        assert film.fifth_at(until - 0.01) == pytest.approx(before.end)


def test_the_numbers_of_the_captions_are_those_of_the_picture():
    """The mean and the median at the end of each scene, where a caption names them."""
    ends = [values_at(until - 0.01) for _begun, until, _scene in scenes()]
    assert sorted(map(round, ends[0])) == [8, 9, 10, 11, 12]
    assert statistics.median(ends[1]) == pytest.approx(10)
    assert statistics.mean(ends[2]) == pytest.approx(10)
    assert statistics.mean(ends[3]) == pytest.approx(20)
    assert statistics.median(ends[4]) == pytest.approx(10)
    assert statistics.mean(ends[6]) == pytest.approx(8.8)
    assert statistics.median(ends[6]) == pytest.approx(9)


def test_the_median_moves_no_further_than_the_next_value():
    medians = [statistics.median(values_at(second / 10)) for second in range(520)]
    assert min(medians) == pytest.approx(9)
    assert max(medians) == pytest.approx(10)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_captions_are_those_of_the_storyboard(language):
    """Whoever changes the story draws the film again: `python -m academy.demo.film`."""
    kept = (film.FOLDER / f"{film.NAME}.{language}.vtt").read_text(encoding="utf-8")
    assert kept == film.captions(language)
    times = [
        float(minutes) * 60 + float(seconds)
        for minutes, seconds in re.findall(r"(\d\d):(\d\d\.\d{3})", kept)
    ]
    assert times == sorted(times)
    assert times[-1] < film.SECONDS
    assert len(times) == 2 * len(film.STORY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_captions_stay_long_enough_to_be_read(language):
    """At most 17 characters a second, and lines that fit the picture."""
    for scene in film.STORY:
        words = scene.caption(language)
        assert len(words) / (scene.seconds - 0.3) <= 17, words
        assert all(len(line) <= 60 for line in words.splitlines())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_film_is_light_and_is_what_its_ending_says(language):
    path: Path = film.FOLDER / f"{film.NAME}.{language}.webm"
    assert path.stat().st_size < LARGEST
    assert path.read_bytes()[:4] == b"\x1a\x45\xdf\xa3"  # EBML, the container of WebM


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mean_is_drawn_where_it_is(language):
    """The mark of the mean moves to the right while a team falls behind."""
    before, after = (film.draw(second, language) for second in (19.0, 25.5))
    assert before.size == (film.WIDTH, film.HEIGHT)
    y = film.AXIS + 100

    def middle_of_mean(picture) -> float:
        row = [x for x in range(film.WIDTH) if picture.getpixel((x, y)) == (194, 69, 42)]
        return sum(row) / len(row)

    assert middle_of_mean(before) == pytest.approx(film.across(10), abs=2)
    assert middle_of_mean(after) == pytest.approx(film.across(20), abs=2)
