"""What browser tests do and check on any page."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
AXE_OPTIONS = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}


#: What axe finds in Wagtail's admin that is not ours to change: the rule, a part of the element, and
#: why it is so. A page is never left out as a whole.
WAGTAILS_OWN = (
    (
        "aria-input-field-name",
        "public-DraftEditor-content",
        "Draftail labels its editor by a field's <label for>, which a contenteditable does not take up",
    ),
    (
        "scrollable-region-focusable",
        "DraftEditor-root",
        "Draft.js makes the root scroll, and the editor inside it take the focus",
    ),
)


def assert_accessible(page: Page, allowed: tuple[tuple[str, str, str], ...] = ()) -> None:
    """No violation of WCAG 2.0, 2.1 or 2.2, levels A and AA, that axe can see, but those allowed."""
    if not page.evaluate("() => 'axe' in window"):  # once a page, not once a width
        page.evaluate(AXE_SCRIPT)
    violations = page.evaluate("options => axe.run(options).then((r) => r.violations)", AXE_OPTIONS)
    for violation in violations:
        violation["nodes"] = [
            node
            for node in violation["nodes"]
            if not any(
                violation["id"] == rule and part in node["html"] for rule, part, _why in allowed
            )
        ]
    violations = [violation for violation in violations if violation["nodes"]]
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


def check(page: Page) -> None:
    """The page is accessible and fits, at both widths."""
    for _width in at_widths(page):
        assert_accessible(page)


def transferred(page: Page, path: str) -> dict[str, int]:
    """Go there with an empty cache; the bytes that came over the wire, headers included, by address.

    Pictures and films of the content are apart, as experience.md has it.
    """
    session = page.context.new_cdp_session(page)
    addresses: dict[str, str] = {}
    weights: dict[str, int] = {}
    under_way: set[str] = set()

    def finished(event: dict) -> None:
        under_way.discard(event["requestId"])
        address = urlsplit(addresses.get(event["requestId"], "")).path
        if address and not address.startswith(("/media/", "/documents/")):
            weights[address] = weights.get(address, 0) + int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", lambda event: under_way.add(event["requestId"]))
    session.on(
        "Network.responseReceived",
        lambda event: addresses.update({event["requestId"]: event["response"]["url"]}),
    )
    session.on("Network.loadingFinished", finished)
    session.on("Network.loadingFailed", lambda event: under_way.discard(event["requestId"]))
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.goto(path)  # until everything that the page names has come
    for _wait in range(500):
        if not under_way:
            break
        page.wait_for_timeout(20)
    assert not under_way, f"{path} goes on loading"
    session.detach()
    return weights


def sign_in(page: Page, email: str, password: str, *, language: str = "en") -> None:
    """Sign in by the form; the page after it is loaded when this returns."""
    page.goto(f"/{language}/accounts/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.locator("form:has([name=password]) [type=submit]").first.click()
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
