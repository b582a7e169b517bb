"""The moment after which nothing may leave."""

from __future__ import annotations

import threading
import time

import pytest

from channels import deadline
from channels.errors import NeverSent


def test_without_a_limit_it_is_never_too_late() -> None:
    assert not deadline.too_late()
    deadline.check()


def test_past_the_moment_nothing_may_leave() -> None:
    with deadline.not_after(deadline.elapsed() - 0.001):
        assert deadline.too_late()
        with pytest.raises(NeverSent, match="nothing was"):
            deadline.check()
    assert not deadline.too_late()


def test_before_the_moment_all_is_well() -> None:
    with deadline.not_after(deadline.elapsed() + 60):
        deadline.check()


def test_the_earliest_of_several_limits_holds() -> None:
    past, future = deadline.elapsed() - 1, deadline.elapsed() + 60
    with deadline.not_after(past), deadline.not_after(future):
        assert deadline.too_late()
    with deadline.not_after(future):
        with deadline.not_after(past):
            assert deadline.too_late()
        assert not deadline.too_late()


def test_an_error_inside_lifts_the_limit_all_the_same() -> None:
    with pytest.raises(KeyError), deadline.not_after(deadline.elapsed() - 1):
        raise KeyError
    assert not deadline.too_late()


def test_the_limit_is_this_threads_own() -> None:
    seen: list[bool] = []
    with deadline.not_after(deadline.elapsed() - 1):
        thread = threading.Thread(target=lambda: seen.append(deadline.too_late()))
        thread.start()
        thread.join()
    assert seen == [False]


def test_the_clock_counts_sleep_where_it_can() -> None:
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    expected = time.monotonic() if clock is None else time.clock_gettime(clock)
    assert deadline.elapsed() == pytest.approx(expected, abs=1)
