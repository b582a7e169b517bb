"""A real browser, and how somebody signs in with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.desk_samples import PASSWORD, make_user

CHROMIUM = Path(os.environ.get("PUBLISHER_TEST_CHROMIUM", "/usr/bin/chromium"))
"""The browser of the tests; an older one can be named, such as the Chromium 90 that comes for servers without a screen:
``npm pack chrome-aws-lambda@8.0.2``, ``bin/chromium.br``. That one runs in one process."""

ONE_PROCESS = ("--single-process", "--no-zygote") if "PUBLISHER_TEST_CHROMIUM" in os.environ else ()
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", *ONE_PROCESS)
EXPECTED = ("htmx:", "Blocked script execution", "Autofocus processing was blocked")
"""What the browser says of a page that asks for news and is left meanwhile, of a website's scripts in a preview, and
where somebody was quicker than the page's first field."""

DESKTOP, TELEPHONE = (1366, 768), (390, 844)

needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: install the package chromium"
)
needs_browser = [pytest.mark.browser, needs_chromium]


def enter(page: Page, live_server: LiveServer) -> None:
    """Sign in with the keyboard alone."""
    make_user()
    page.goto(f"{live_server.url}/")
    expect(page.get_by_label("用户名")).to_be_focused()
    page.keyboard.type("zhangwei")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("待办")
