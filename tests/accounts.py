"""The model office where an administrator signs in at Weibo, for tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from channels.sandbox.server import Sandbox
from publisher.office import Office, get_office
from tests.world import secrets, write_office

BACK = "http://testserver/accounts/return/"

SIGNING_IN = (
    'access_token = "env:WEIBO_ACCESS_TOKEN"',
    f'access_token = "desk:weibo"\napp_key = "1234567890"\napp_secret = "env:WEIBO_APP_SECRET"\n'
    f'redirect_uri = "{BACK}"\nuid = "1234567890"',
)


def office_that_signs_in(home: Path, sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The stand-in knows the app by the address that tests are asked at."""
    sandbox.weibo.settings.redirect_uri = BACK
    settings.PUBLISHER_CONFIG = write_office(home, sandbox.url, changes=[SIGNING_IN])
    for name, value in {**secrets(sandbox), "WEIBO_APP_SECRET": sandbox.weibo.settings.app_secret}.items():
        monkeypatch.setenv(name, value)
    get_office.cache_clear()
    return get_office()
