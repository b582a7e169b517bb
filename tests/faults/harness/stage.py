"""The stage of a table run: a home with one item under way, put back to its beginning before each case."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import traceback
from collections.abc import Callable, Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from PIL import Image

from channels.base import Medium
from channels.wechat.token import TOKENS
from publisher.items.actions import Wish, submit
from publisher.items.manuscript import Manuscript
from publisher.office import Office, get_office
from publisher.queue.issues import actions
from publisher.queue.models import Delivery, Issue
from publisher.queue.states import FINAL, State
from publisher.queue.sweep import sweep
from publisher.queue.visits import claims, dispatch
from publisher.review.actions import release_directly
from tests.faults.harness import papers
from tests.faults.harness.cases import BUNDLE
from tests.faults.harness.keeping import Keeper
from tests.faults.harness.patches import replace

ITEM = 1
TOGETHER = 3
"""So many items go out together, where they do."""
TITLE = "第{number:04}号 科技活动周开幕"
WARM_ROUNDS = 3
GIVERS = {"weibo": ("portal",)}
"""Channels whose address another one waits for: they are out before the case begins."""


class Stage:
    """The home of the cases.

    Args:
        root: a folder; the home itself is ``settings.PUBLISHER_HOME`` below it.
    """

    def __init__(self, root: Path) -> None:
        self.home = Path(settings.PUBLISHER_HOME)
        self._kept = root / "kept"
        url = os.environ["DATABASE_URL"]
        self._database = Keeper(url) if url else None

    def prepare(self, channel: str) -> None:
        """Make the beginning of all cases of ``channel`` and keep it."""
        self._clear()
        in_child(lambda: _begin(channel))
        if self._database:
            self._database.keep(channel)
        shutil.copytree(self.home, self._kept / channel)

    def reset(self, channel: str) -> None:
        self._clear_home()
        if self._database:
            self._database.restore(channel)
        shutil.copytree(self._kept / channel, self.home, dirs_exist_ok=True)

    def warm_up(self, channels: Sequence[str]) -> None:
        """Let one item go the whole way in this process, so that its children find everything loaded and compiled."""
        self._clear()
        _warm_up(channels)

    def _clear(self) -> None:
        self._clear_home()
        if self._database:
            self._database.clear()

    def _clear_home(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        (self.home / papers.SHELF).mkdir(parents=True)


def in_child(call: Callable[[], Any]) -> Any:
    """Do something in a process of its own, so that this one never opens the database; return what it returns."""
    child = Child(call)
    status, answer = child.wait()
    if status != 0:
        raise RuntimeError(f"a child of the harness ended with {status}")
    return answer


class Child:
    """A forked process that ends with what ``call`` returned, or with a blow."""

    def __init__(self, call: Callable[[], Any]) -> None:
        # A file, not a pipe: a long answer must not keep the child from ending.
        self._answer = TemporaryFile()  # noqa: SIM115 - closed by wait()
        self.pid = os.fork()
        if self.pid == 0:
            _run(call, self._answer)

    def is_stopped(self) -> bool:
        """Wait until the process stops or ends; True where it was stopped."""
        found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WSTOPPED | os.WNOWAIT)
        return found is not None and found.si_code == os.CLD_STOPPED

    def wake(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def wait(self) -> tuple[int, Any]:
        """The exit status, below 0 the signal that ended it, and the answer, None where it did not come to it."""
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        with self._answer as file:
            file.seek(0)
            return status, pickle.load(file) if status == 0 else None


def _run(call: Callable[[], Any], answer: IO[bytes]) -> None:
    status = 1
    try:
        answer.write(pickle.dumps(call()))
        answer.flush()
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def _warm_up(channels: Sequence[str]) -> None:
    _bring(channels)
    for _ in range(WARM_ROUNDS):
        for delivery in Delivery.objects.exclude(state__in=FINAL):
            dispatch.work(delivery.pk)
    connection.close()
    # Nothing of this one item may be known to its children.
    replace(TOKENS, "_held", {})
    claims.machine.cache_clear()
    claims.process_identity.cache_clear()
    get_office.cache_clear()
    get_office()


def _begin(channel: str) -> None:
    givers = GIVERS.get(channel, ())
    _bring((*givers, channel), items=len(items_of(channel)))
    for giver in Delivery.objects.filter(channel__in=givers):
        dispatch.work(giver.pk)
    assert not Delivery.objects.filter(channel__in=givers).exclude(state=State.DONE).exists()
    connection.close()


def items_of(channel: str) -> range:
    """Numbers of the items that are under way in the cases of a channel; what is ordered later is about the last."""
    return range(ITEM, ITEM + (TOGETHER if channel == BUNDLE else 1))


def _bring(channels: Sequence[str], *, items: int = 1) -> None:
    """Submit and release items with a picture, and make their deliveries; several go into one issue, which closes."""
    call_command("migrate", verbosity=0, interactive=False)
    office = get_office()
    issue = _open_issue(office) if items > 1 else None
    for number in range(ITEM, ITEM + items):
        _bring_one(office, channels, number)
    sweep(now=timezone.now())
    if issue is not None:
        actions.close(issue, by="harness")


def _open_issue(office: Office) -> Issue:
    tomorrow = timezone.now().astimezone(office.timezone).date() + timedelta(days=1)
    return actions.open_issue(office.channels[BUNDLE], tomorrow, by="harness")


def _bring_one(office: Office, channels: Sequence[str], number: int) -> None:
    picture = Medium("chart.png", "image/png", _picture(), alt="图")
    html = f'<p>正文。</p><figure><img src="asset:{picture.sha256}" alt="图"></figure>'
    manuscript = Manuscript(title=TITLE.format(number=number), html=html, media=(picture,))
    revision = submit(office, manuscript, Wish(channels=channels), by="harness")
    release_directly(office, revision, by="harness")


def _picture() -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (320, 200), "#3f7cac").save(drawn, "PNG")
    return drawn.getvalue()
