"""What browser tests do and check on any page."""

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


def assert_accessible(page: Page) -> None:
    """No violation of WCAG 2.0, 2.1 or 2.2, levels A and AA, that axe can see."""
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    violations = Axe().run(page, options=options).response["violations"]
    assert not violations, f"{page.url} at {page.viewport_size}\n" + "\n".join(
        f"{violation['id']}: {violation['help']}\n"
        + "\n".join(
            f"    {node['html']}\n    {node['failureSummary']}" for node in violation["nodes"]
        )
        for violation in violations
    )


def at_widths(page: Page, widths: tuple[int, ...] = (1280, 320)) -> Iterator[int]:
    """Show the page at each width in turn; nothing may need scrolling sideways (WCAG 1.4.10)."""
    before = page.viewport_size
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        beyond = page.evaluate(
            """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? []
                : [...document.querySelectorAll("body *")]
                    .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
                    .slice(0, 5).map((e) => e.outerHTML.slice(0, 200)).concat("...")"""
        )
        assert not beyond, f"{page.url} scrolls sideways at {width} pixels:\n" + "\n".join(beyond)
        yield width
    if before:
        page.set_viewport_size(before)


def sign_in(page: Page, email: str, password: str, *, language: str = "en") -> None:
    """Sign in by the form; the page after it is loaded when this returns."""
    page.goto(f"/{language}/accounts/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.locator("form:has([name=password]) [type=submit]").first.click()
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
