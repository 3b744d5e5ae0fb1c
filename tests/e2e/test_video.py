"""The video of a lesson, under the strict policy: it plays, can be wound, and shows its captions."""

import re

import pytest

from academy.demo import film
from tests.e2e.academy import RunningAcademy
from tests.e2e.helpers import check, sign_in

PASSWORD = "academy-demo-2026"
VIEWER = """
from academy.demo.accounts import PASSWORD
from academy.people.models import User
from cms.models import LessonPage
from courses.models import Course, Lesson
from courses.services import enroll
person, made = User.objects.get_or_create(email="viewer-{language}@academy.example",
    defaults={{"first_name": "Vera", "last_name": "Viewer", "language": "{language}"}})
if made:
    person.set_password(PASSWORD)
    person.save()
page = next(page for page in LessonPage.objects.filter(locale__language_code="{language}")
    if any(block.block_type == "video" for block in page.body))
lesson = Lesson.objects.get(uuid=page.translation_key)
enroll(learner=person, course=Course.objects.filter(modules=lesson.module).first())
print(lesson.uuid)
"""


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_video_of_a_lesson(running_demo: RunningAcademy, new_page, console, language) -> None:
    lesson = running_demo.shell(VIEWER.format(language=language)).strip()
    page = new_page(locale="fr-FR" if language == "fr" else "en-GB")
    sign_in(page, f"viewer-{language}@academy.example", PASSWORD, language=language)
    films = []
    page.on("response", lambda one: films.append(one) if one.url.endswith(".webm") else None)
    page.goto(f"/{language}/learn/lesson/{lesson}/", wait_until="networkidle")
    video = page.locator("video")
    assert films == [], "the film came before anybody asked for it"
    assert video.evaluate("video => video.poster").endswith(".png")

    # By keyboard alone: it is reached by tab, and the space bar starts and stops it.
    page.locator("h1").evaluate("heading => { heading.tabIndex = -1; heading.focus(); }")
    for _press in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.tagName") == "VIDEO":
            break
    assert page.evaluate("() => document.activeElement.tagName") == "VIDEO"
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.6")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('video').paused")
    assert {one.status for one in films} == {206}
    assert round(video.evaluate("video => video.duration")) == round(film.SECONDS)

    # Its captions are on, in the language of the page, and can be put off.
    track = "document.querySelector('video').textTracks[0]"
    assert page.evaluate(f"() => [{track}.kind, {track}.language, {track}.mode]") == [
        *("captions", language, "showing"),
    ]
    assert shown(page) == film.STORY[0].caption(language)
    assert (
        page.evaluate(f"() => {{ {track}.mode = 'disabled'; return {track}.mode; }}") == "disabled"
    )
    page.evaluate(f"() => {{ {track}.mode = 'showing'; }}")

    # Wound to the last scene, which was not loaded yet.
    video.evaluate("(video, second) => { video.currentTime = second; }", film.SECONDS - 4)
    page.wait_for_function("() => !document.querySelector('video').seeking")
    assert video.evaluate("video => video.currentTime") == pytest.approx(film.SECONDS - 4, abs=0.5)
    page.wait_for_function(f"() => {track}.activeCues.length === 1")
    assert shown(page) == film.STORY[-1].caption(language)

    # Whoever cannot see it reads what it shows.
    figure = page.locator("figure:has(video)")
    transcript = figure.locator("details")
    transcript.locator("summary").click()
    assert re.search(r"8[.,]8", transcript.inner_text())
    check(page)


def shown(page) -> str:
    """The caption on the picture now."""
    cues = "document.querySelector('video').textTracks[0].activeCues"
    page.wait_for_function(f"() => {cues} && {cues}.length === 1")
    return page.evaluate(f"() => {cues}[0].text")
