"""A process that dies without a word at a chosen line of our code."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

KILLED = 9


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
