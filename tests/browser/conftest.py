"""A real Chromium against a live server. Whatever the browser complains about fails the test that caused it."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, Route, sync_playwright

from tests.services import CHROMIUM_REMEDY, chromium_flags, find_chromium

# Playwright keeps an event loop running in the test's thread; Django's guard against blocking one does not apply.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PICTURES = Path(__file__).resolve().parent.parent.parent / "var" / "browser"


def picture(page: Page, name: str) -> None:
    """Keep what a page looks like: light, dark, and 390 px wide."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for look, size, scheme in (
        ("light", (1280, 800), "light"),
        ("dark", (1280, 800), "dark"),
        ("390", (390, 780), "light"),
    ):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=PICTURES / f"{name}-{look}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")


OF_THE_TEST = re.compile(
    r"Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_)"
    r"|Blocked attempt to show a 'beforeunload' confirmation panel"  # the page asks, but nobody has touched it
)
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  const place = `${event.sourceFile}:${event.lineNumber}`;
  console.error(`security policy violation: ${event.violatedDirective} ${event.blockedURI} ${place}`);
});
"""


class Watch:
    """Collects what a browser complains about: errors, dialogs, violations, requests to elsewhere, status 500."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.problems: list[str] = []
        self.dialogs_are_expected = False

    def follow(self, context: BrowserContext) -> None:
        """Watch every page of a context, those it opens by itself too."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.route(lambda url: not url.startswith((self.origin, "data:", "blob:")), self._refuse)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"script error: {error.error}"))
        context.on("dialog", self._dialog)
        context.on("response", self._response)

    def _refuse(self, route: Route) -> None:
        self.problems.append(f"request to elsewhere: {route.request.url}")
        route.abort()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not OF_THE_TEST.match(message.text):
            self.problems.append(f"console: {message.text}")

    def _dialog(self, dialog) -> None:
        if not self.dialogs_are_expected:
            self.problems.append(f"dialog: {dialog.message}")
        dialog.accept()

    def _response(self, response: Response) -> None:
        is_missing_file = response.status == 404 and "/static/" in response.url
        if response.status >= 500 or is_missing_file:
            self.problems.append(f"status {response.status}: {response.request.method} {response.url}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start one Chromium for all tests of this process."""
    executable = find_chromium()
    if not executable:
        pytest.fail(CHROMIUM_REMEDY)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=chromium_flags())
        yield chromium
        chromium.close()


@pytest.fixture
def watch(live_server) -> Iterator[Watch]:
    """Fail the test at its end if the browser complained."""
    watching = Watch(live_server.url)
    yield watching
    assert not watching.problems, "\n".join(watching.problems)


@pytest.fixture
def new_context(
    browser: Browser, live_server, watch: Watch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., BrowserContext]]:
    """Give a function that opens a browser profile of its own, for one more person at one more machine.

    What its pages show is kept as pictures in var/browser when the test fails.
    """
    contexts: list[BrowserContext] = []

    def open_context(**options) -> BrowserContext:
        context = browser.new_context(base_url=live_server.url, reduced_motion="reduce", **options)
        context.set_default_timeout(10_000)
        watch.follow(context)
        contexts.append(context)
        return context

    yield open_context
    if getattr(request.node, "has_failed", False):
        _take_pictures(request.node.name, contexts)
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """Open one page of a stranger."""
    return new_context().new_page()


@pytest.fixture
def page_of(new_context: Callable[..., BrowserContext], live_server, settings) -> Callable[..., Page]:
    """Give a function that opens a page of a user who is logged in already; options go to the browser profile."""
    from django.test import Client

    def open_page(user, **options) -> Page:
        client = Client()
        client.force_login(user)
        context = new_context(**options)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        return context.new_page()

    return open_page


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Remember on the test that it failed, for the picture."""
    report = yield
    if report.when == "call":
        item.has_failed = report.failed  # type: ignore[attr-defined]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder as a browser test that writes to the database for real."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


def _take_pictures(test: str, contexts: list[BrowserContext]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for n, page in enumerate(page for context in contexts for page in context.pages):
        page.screenshot(path=PICTURES / f"{test}-{n}.png", full_page=True)
