"""Lanes: a kind of channel whose platform hangs takes its own places and no other's."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.queue.running.lanes import Lanes

LONG_S = 10


class Visits:
    """Stands at each visit's door: notes who came, and keeps those named waiting until they are let go."""

    def __init__(self, *hanging: int) -> None:
        self.done: list[int] = []
        self.begun = {number: threading.Event() for number in hanging}
        self.go_on = threading.Event()

    def __call__(self, number: int) -> None:
        if number in self.begun:
            self.begun[number].set()
            assert self.go_on.wait(LONG_S)
        self.done.append(number)


@contextmanager
def hanging(lanes: Lanes, visits: Visits, kind: str) -> Iterator[None]:
    """All hanging visits under way in threads of their own; let go and ended at the end."""
    threads = [threading.Thread(target=lanes.enter, args=(kind, number)) for number in visits.begun]
    for thread in threads:
        thread.start()
    assert all(begun.wait(LONG_S) for begun in visits.begun.values())
    yield
    visits.go_on.set()
    for thread in threads:
        thread.join(LONG_S)
        assert not thread.is_alive()


def test_a_full_lane_frees_the_thread_at_once_and_visits_later_in_order() -> None:
    visits = Visits(1, 2)
    lanes = Lanes(visits, width=2)
    with hanging(lanes, visits, "wechat"):
        for number in (3, 4, 5):
            lanes.enter("wechat", number)
        assert visits.done == []
    assert [number for number in visits.done if number > 2] == [3, 4, 5]


def test_another_kind_goes_on_beside_a_full_lane() -> None:
    visits = Visits(1)
    lanes = Lanes(visits, width=1)
    with hanging(lanes, visits, "wechat"):
        lanes.enter("wechat", 2)
        lanes.enter("website", 3)
        assert visits.done == [3]


def test_a_delivery_rung_for_again_and_again_is_parked_once() -> None:
    visits = Visits(1)
    lanes = Lanes(visits, width=1)
    with hanging(lanes, visits, "wechat"):
        for number in (2, 3, 2, 3, 2):
            lanes.enter("wechat", number)
    assert visits.done == [1, 2, 3]


def test_a_delivery_under_way_is_looked_at_again_only_afterwards() -> None:
    visits = Visits(1)
    lanes = Lanes(visits, width=2)
    with hanging(lanes, visits, "wechat"):
        lanes.enter("wechat", 1)
        lanes.enter("wechat", 2)
        assert visits.done == [2]
    assert visits.done == [2, 1, 1]


def test_a_lane_parks_no_more_than_its_limit() -> None:
    visits = Visits(0)
    lanes = Lanes(visits, width=1, most_parked=3)
    with hanging(lanes, visits, "wechat"):
        for number in range(1, 10):
            lanes.enter("wechat", number)
    assert visits.done == [0, 1, 2, 3]


def test_closed_lanes_begin_nothing_and_tell_what_was_parked() -> None:
    visits = Visits(1)
    lanes = Lanes(visits, width=1)
    with hanging(lanes, visits, "wechat"):
        lanes.enter("wechat", 2)
        assert lanes.close() == [2]
        lanes.enter("website", 3)
    assert visits.done == [1]
    assert lanes.wait(0)
    lanes.open(1)
    lanes.enter("website", 4)
    assert visits.done == [1, 4]


def test_a_visit_that_fails_takes_no_place_and_strands_nothing(caplog: pytest.LogCaptureFixture) -> None:
    visits = Visits(1)

    def visit(number: int) -> None:
        visits(number)
        if number == 1:
            raise ValueError("a mistake of ours")

    lanes = Lanes(visit, width=1)
    with hanging(lanes, visits, "wechat"):
        lanes.enter("wechat", 2)
    lanes.enter("wechat", 3)
    assert visits.done == [1, 2, 3]
    assert "delivery 1: the visit failed" in caplog.text


def test_what_follows_a_visit_comes_after_those_that_were_parked_before() -> None:
    visits = Visits(1)
    following = {1: 5, 5: 6}

    def visit(number: int) -> int | None:
        visits(number)
        return following.get(number)

    lanes = Lanes(visit, width=1)
    with hanging(lanes, visits, "wechat"):
        for number in (2, 3):
            lanes.enter("wechat", number)
    assert visits.done == [1, 2, 3, 5, 6]


def test_what_follows_a_visit_is_not_begun_in_closed_lanes() -> None:
    visits = Visits(1)

    def visit(number: int) -> int:
        visits(number)
        return number + 1

    lanes = Lanes(visit, width=1)
    with hanging(lanes, visits, "wechat"):
        lanes.close()
    assert lanes.are_closed
    assert visits.done == [1]


@given(
    bells=st.lists(st.tuples(st.sampled_from(["website", "wechat", "weibo"]), st.integers(1, 6)), max_size=60),
    width=st.integers(1, 3),
)
def test_every_bell_is_answered_and_no_lane_is_ever_wider(bells: list[tuple[str, int]], width: int) -> None:
    lock = threading.Lock()
    now: Counter[str] = Counter()
    most: defaultdict[str, int] = defaultdict(int)
    seen: set[int] = set()
    kinds = sorted({kind for kind, _ in bells})

    def visit(number: int) -> None:
        kind = kinds[number // 10]
        with lock:
            now[kind] += 1
            most[kind] = max(most[kind], now[kind])
        threading.Event().wait(0.0005)
        with lock:
            now[kind] -= 1
            seen.add(number)

    lanes = Lanes(visit, width=width)
    with ThreadPoolExecutor(len(kinds) * width + 1) as pool:
        for kind, number in bells:
            pool.submit(lanes.enter, kind, kinds.index(kind) * 10 + number)
    assert seen == {kinds.index(kind) * 10 + number for kind, number in bells}
    assert all(count <= width for count in most.values())
