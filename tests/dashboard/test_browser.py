"""The dashboard in a browser: the command's own server, every page, at two widths."""

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clustomer.dashboard.views import PAGES

CHROMIUM = Path("/usr/bin/chromium")
DESKTOP, PHONE = 1280, 390
PROBED = re.compile(r"/_stcore/(health|host-config)$")
"""Streamlit looks for itself below the address of a page first; a browser calls that an error."""


@pytest.fixture(scope="module")
def address(results: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "clustomer", "dashboard", str(results), "--port", str(port)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(3000):
            assert server.poll() is None, server.stderr.read()
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=20)
    # who ends the command ends the server with it
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def browser(lacking_browser: None) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def lacking_browser() -> None:
    import os

    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed (CI must have it)")
        pytest.skip("Chromium is not installed")


@pytest.fixture
def tab(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    opened: list[Any] = []
    problems: list[str] = []

    def open_tab(width: int, theme: str = "light") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 1000}, color_scheme=theme, base_url=address
        )
        opened.append(context)
        page = context.new_page()
        # waits end when what they wait for is there; a busy machine takes its time
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: (
                problems.append(f"{message.text} {message.location['url']}")
                if message.type == "error" and not PROBED.search(message.location["url"])
                else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((address, "data:", "blob:"))
                else problems.append(f"asked elsewhere: {request.url}")
            ),
        )
        return page

    yield open_tab
    for context in opened:
        context.close()
    assert problems == []


def ready(page: Any) -> None:
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    page.wait_for_function("!document.querySelector('[data-stale=true]')")


def test_every_page_opens_without_an_error(tab: Any) -> None:
    page = tab(DESKTOP)
    for path, title, _ in PAGES:
        page.set_viewport_size({"width": DESKTOP, "height": 1000})
        page.goto(f"/{path}")
        ready(page)
        if path:
            assert page.get_by_role("heading", level=1).inner_text() == title
        assert page.get_by_test_id("stException").count() == 0
        broken = "Array.from(document.images).filter(i => i.complete && !i.naturalWidth).length"
        assert page.evaluate(broken) == 0
        assert page.locator("img[onerror]").count() == 0
        for width in (DESKTOP, PHONE):
            page.set_viewport_size({"width": width, "height": 1000})
            # nothing is wider than the screen
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_dark_page_has_dark_pictures(tab: Any) -> None:
    page = tab(PHONE, "dark")
    page.goto("/")
    ready(page)
    card = page.locator(".clustomer figure").first
    card.wait_for()
    assert card.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(26, 32, 39)"
    source = card.locator(".narrow img").get_attribute("src")
    drawn = b64decode(source.partition(",")[2]).decode()
    assert "#1b2430" not in drawn
    assert "#e8ecf1" in drawn


def test_filters_come_along_to_other_pages_and_by_link(tab: Any) -> None:
    page = tab(DESKTOP)
    page.goto("/map?by_country=France")
    ready(page)
    sidebar = page.get_by_test_id("stSidebar")
    left = sidebar.get_by_text(re.compile(r"^[\d,]+ of [\d,]+ customers$"))
    left.wait_for()
    shown = left.inner_text()
    for path, title, _ in (PAGES[1], PAGES[4], PAGES[2]):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
        page.wait_for_function(
            "path => location.pathname == path && location.search.includes('by_country=France')",
            arg=f"/{path}",
        )
        ready(page)
        assert left.inner_text() == shown
    # the link as someone else opens it
    other = tab(DESKTOP)
    other.goto(page.url)
    ready(other)
    assert other.get_by_test_id("stSidebar").get_by_text(shown, exact=True).inner_text() == shown


@pytest.mark.parametrize(("width", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_no_page_has_a_serious_barrier(tab: Any, width: int, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = tab(width, theme)
    serious = []
    for path, _, _ in PAGES:
        page.goto(f"/{path}")
        ready(page)
        # a text that fades in is paler than it will be
        page.wait_for_function("document.getAnimations().every(a => a.playState !== 'running')")
        answer = Axe().run(page, options={"resultTypes": ["violations"]}).response
        serious += [
            (path, rule["id"], node["html"][:200])
            for rule in answer["violations"]
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
        ]
    assert serious == []
