"""One lane of a table run: a process that plays the cases it is handed, one after another."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from publisher.celery import app
from tests.faults.harness.cases import BUNDLE, PLAYED, Case, Outcome
from tests.faults.harness.clock import SharedClock
from tests.faults.harness.moments import Watch
from tests.faults.harness.place import environment, inside
from tests.faults.harness.platforms import ForkedPlatforms
from tests.faults.harness.stage import Stage
from tests.faults.harness.table import Table
from tests.faults.harness.wordpress import NEWS, TABLE, ForkedWordpress
from tests.world import write_office

SHORT_LOCKS = (
    ('name = "门户网站"', 'name = "门户网站"\ntimeout_s = 0.1'),
    ('name = "攀枝花日报"', 'name = "攀枝花日报"\ntimeout_s = 0.1'),
)
"""A stopped worker may hold the lock of a folder, and that is waited for in real time."""

BEHIND = "[channels.weibo]"
PUSHES = """\
[channels.push]
kind = "wechat"
name = "微信群发"
api_base = "{url}"
app_id = "env:WECHAT_APP_ID"
app_secret = "env:WECHAT_APP_SECRET"
mode = "mass"
audience = "all"
callback_token = "env:WECHAT_CALLBACK_TOKEN"
callback_aes_key = "env:WECHAT_CALLBACK_AES_KEY"
quotas = {{ sends_per_day = 1000 }}

"""
"""A second channel of the account; its ration must not hide a double."""
BUNDLES = """\
[channels.bundle]
kind = "wechat"
name = "微信多图文"
api_base = "{url}"
app_id = "env:WECHAT_APP_ID"
app_secret = "env:WECHAT_APP_SECRET"
[channels.bundle.issues]
items = 8

"""
"""A third one, whose articles go out together."""
HALF_A_DAY = timedelta(hours=8 + 12)
"""Ahead of a clock in UTC, in an office that is eight hours east of it."""


class Lane:
    """The other end: starts such a process and hands it cases."""

    def __init__(
        self, root: Path, breaks: tuple[str, ...] = (), *, database: str = "", channels: Sequence[str] = PLAYED
    ) -> None:
        root.mkdir()
        self._process = subprocess.Popen(
            inside("lane", ",".join(channels), *breaks),
            env=environment(root, database=database),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, case: Case) -> Outcome:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(case, self._process.stdin)
        self._process.stdin.flush()
        outcome: Outcome = pickle.load(self._process.stdout)
        return outcome

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def main(channels: Sequence[str], breaks: tuple[str, ...]) -> None:
    """Read cases until there are no more. Nothing but outcomes may go to the standard output."""
    outcomes = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    app.finalize()
    clock = SharedClock()
    root = Path(settings.PUBLISHER_HOME).parent
    with ExitStack() as stack:
        news = stack.enter_context(ForkedWordpress()) if NEWS in channels else None
        platforms = stack.enter_context(ForkedPlatforms(clock, root, news))
        more = (
            PUSHES.format(url=platforms.url)
            + BUNDLES.format(url=platforms.url)
            + (TABLE.format(url=news.url) if news else "")
        )
        changes = [*SHORT_LOCKS, (BEHIND, f"{more}{BEHIND}"), *_papers(platforms, clock)]
        write_office(root, platforms.url, changes=changes)
        stage = Stage(root)
        stage.warm_up([channel for channel in channels if channel != BUNDLE])
        gc.freeze()
        table = Table(stage, clock, Watch(), platforms, breaks)
        while True:
            try:
                case = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            pickle.dump(table.run(case), outcomes)
            outcomes.flush()


def _papers(platforms: ForkedPlatforms, clock: SharedClock) -> Iterator[tuple[str, str]]:
    """The newspapers served here, and for each of them a deadline that is half a day away whatever time it is."""
    deadline = f"deadline_days_before = 0, deadline_at = {clock.now() + HALF_A_DAY:%H:%M:%S}"
    column = 'column_title = "钒钛之都·科技之光"'
    yield column, f"{column}\nissues = {{ {deadline} }}"
    yield "[channels.daily]", f"{platforms.papers.tables(deadline)}\n[channels.daily]"


if __name__ == "__main__":
    main(sys.argv[1].split(","), tuple(sys.argv[2:]))
