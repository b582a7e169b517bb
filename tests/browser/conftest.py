"""Windows of a browser on the live server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser.window import CHROMIUM, DESKTOP, EXPECTED, QUIET


@pytest.fixture
def complaints() -> list[str]:
    """What the browser says of our pages in its console; what a test leaves here fails it."""
    return []


@pytest.fixture
def runs_scripts() -> bool:
    """Whether the browser runs scripts; a test may say that it does not."""
    return True


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, committed: None, complaints: list[str], runs_scripts: bool) -> Iterator[Page]:
    """A window of a Chinese browser, on a database the server sees too."""
    # Playwright runs an event loop in this thread, in which Django would refuse to touch the database.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        size = {"width": DESKTOP[0], "height": DESKTOP[1]}
        context = browser.new_context(locale="zh-CN", viewport=size, java_script_enabled=runs_scripts)
        opened = context.new_page()
        opened.on("console", lambda said: None if said.text.startswith(EXPECTED) else complaints.append(said.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
        browser.close()
    assert complaints == []
