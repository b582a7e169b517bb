"""What the tests of channels share: stand-ins of the platforms, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from channels.sandbox.server import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Running stand-ins of WeChat and Weibo with empty books; publications are through at once."""
    with Sandbox() as running:
        running.wechat.settings.publish_takes_s = 0
        yield running
