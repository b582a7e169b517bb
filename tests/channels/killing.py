"""A process that dies without a word at a chosen line of our code."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

KILLED = 9
MOMENTS = 12
"""At how many lines a change is killed, spread over all of it."""


def killed_homes(
    before: Path, homes: Path, change: Callable[[Path], object], *, within: tuple[str, ...], moments: int = MOMENTS
) -> Iterator[Path]:
    """Copies of the folder ``before``, each after a ``change`` that died at another line; the last one's did not."""
    total = _lines_of(lambda: change(_copy(before, homes / "counted")), within)
    assert total > moments, "the change is made in a few lines?"
    for moment in range(moments + 1):
        home = _copy(before, homes / str(moment))
        lines = total * moment // moments
        # A few lines more or less come from the clock; the last one is to end well.
        is_last = moment == moments
        died = killed_after(total * 2 if is_last else lines, lambda home=home: change(home), within=within)
        assert died != is_last
        yield home
        shutil.rmtree(home)


def _copy(before: Path, home: Path) -> Path:
    shutil.copytree(before, home)
    return home


def _lines_of(call: Callable[[], object], within: tuple[str, ...]) -> int:
    """How many lines of these files a call runs through, in this process."""
    lines = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.endswith(within):
            return None
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines


def killed_after(lines: int, call: Callable[[], object], *, within: tuple[str, ...]) -> bool:
    """Run ``call`` in a child process that dies after so many lines of the files whose paths end like ``within``.

    Returns whether it died; False where the call came to its end before that.
    """
    with warnings.catch_warnings():
        # Newer Pythons warn where other tests have left threads; the child touches none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _run_and_exit(lines, call, within)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in {0, KILLED}, "the call raised an error"
    return status == KILLED


def _run_and_exit(lines: int, call: Callable[[], object], within: tuple[str, ...]) -> None:
    left = lines

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(within):
            return None
        left -= event == "line"
        if left < 0:
            os._exit(KILLED)
        return trace

    status = 1
    sys.settrace(trace)
    try:
        call()
        status = 0
    finally:
        os._exit(status)
