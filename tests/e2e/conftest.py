"""A real browser, and real servers for it.

`live`: the server runs in this process, on the test's database; tasks run at once.
`running_academy`, `running_demo`: granian and a Celery worker as processes, on an empty or a demo
database of their own; they serve all tests of a session.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.academy import RunningAcademy

BROWSERS = (
    "chromium-headless-shell",  # draws no windows: much lighter
    "chrome-headless-shell",
    "headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SLOWEST_ACTION = 15_000  # milliseconds, on two busy cores


@pytest.fixture(scope="session")
def chromium_path() -> str:
    for name in (os.environ.get("CHROMIUM"), *BROWSERS):
        if name and (path := shutil.which(name)):
            return path
    pytest.skip("no Chromium found: install one, or name it in CHROMIUM")


@pytest.fixture(scope="session")
def browser(chromium_path: str):
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    # Playwright's loop runs in this thread; Django would take the tests' own queries for async ones
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


class Console(list):
    """What the browser complained of: console errors, uncaught exceptions, CSP violations."""

    def __init__(self) -> None:
        self.allowed: list[re.Pattern[str]] = []

    def allow(self, pattern: str) -> None:
        """Expect complaints that match, such as the 403 of a page that must refuse."""
        self.allowed.append(re.compile(pattern))

    def watch(self, page) -> None:
        page.on("console", lambda message: self._note(message))
        page.on("pageerror", lambda error: self.append(f"{page.url}: uncaught {error}"))

    def _note(self, message) -> None:
        text = message.text
        if message.type == "error" or "Content Security Policy" in text:
            self.append(f"{message.page.url if message.page else ''}: {text}")

    def unexpected(self) -> list[str]:
        return [line for line in self if not any(p.search(line) for p in self.allowed)]


@pytest.fixture
def console() -> Iterator[Console]:
    """Fails the test at its end if the browser complained of anything not allowed."""
    console = Console()
    yield console
    assert console.unexpected() == []


@pytest.fixture
def base_url(request: pytest.FixtureRequest) -> str | None:
    for name in ("live", "running_demo", "running_academy"):
        if name in request.fixturenames:
            return request.getfixturevalue(name).url
    return None


@pytest.fixture
def new_page(browser, console: Console, base_url: str | None) -> Iterator[Callable]:
    """Open a page in a browser of its own: no cookies, nothing stored."""
    contexts = []

    def open_page(**options):
        options = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options}
        context = browser.new_context(base_url=base_url, **options)
        context.set_default_timeout(SLOWEST_ACTION)
        context.on("page", console.watch)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable):
    return new_page()


@pytest.fixture
def live(live_server, transactional_db: None, run_tasks: None):
    """The academy on the test's own database, in threads of this process. `live.url` is its address."""
    return live_server


@pytest.fixture(scope="session")
def running_academy(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, migrated_database: str | None
) -> Iterator[RunningAcademy]:
    """Web server and worker as processes, on an empty, migrated database."""
    var_dir = tmp_path_factory.mktemp("academy")
    with RunningAcademy(var_dir, migrated_file, template=migrated_database) as academy:
        yield academy


@pytest.fixture(scope="session")
def running_demo(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, migrated_database: str | None
) -> Iterator[RunningAcademy]:
    """Web server and worker as processes, with the demo's people, content and history."""
    run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has a folder of its own in the run's
        run = run.parent
    var_dir = tmp_path_factory.mktemp("demo")
    with RunningAcademy(
        var_dir,
        migrated_file,
        template=migrated_database,
        demo=True,
        shared=run / "demo-of-all",
    ) as academy:
        yield academy
