"""A real browser, and how somebody signs in with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.desk_samples import PASSWORD, make_user

CHROMIUM = Path("/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
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
