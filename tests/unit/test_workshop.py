"""Where previews are made: once for all who ask, remembered as far as there is room, and begun again after trouble."""

from __future__ import annotations

from threading import Event

import pytest

from channels.base import Medium, Product
from publisher.web.previews.making import Made
from publisher.web.previews.workshop import Key, Workshop

WAIT_S = 10


def made(size: int = 0) -> Made:
    media = (Medium("a.png", "image/png", b"x" * size),)
    return Made(Product("k", "t", "", media=media), (), (), ())


class Counted:
    """Work that says how often it was done."""

    def __init__(self, size: int = 0) -> None:
        self.times = 0
        self._size = size

    def __call__(self) -> Made:
        self.times += 1
        return made(self._size)


def ask(workshop: Workshop, key: Key, work: Counted) -> Made | None:
    return workshop.finished(key, workshop.begun(key) or workshop.begin(key, work), wait_s=WAIT_S)


def test_the_same_is_made_once() -> None:
    workshop, work = Workshop(1000), Counted(10)
    assert ask(workshop, ("a",), work) is ask(workshop, ("a",), work)
    assert work.times == 1


def test_whoever_comes_while_it_is_made_waits_for_the_same() -> None:
    workshop, go = Workshop(1000), Event()

    def slowly() -> Made:
        go.wait(WAIT_S)
        return made()

    first = workshop.begin(("a",), slowly)
    assert workshop.begin(("a",), slowly) is first
    assert workshop.finished(("a",), first, wait_s=0) is None
    go.set()
    assert workshop.finished(("a",), first, wait_s=WAIT_S) is not None


def test_the_oldest_is_forgotten_where_there_is_no_room() -> None:
    workshop = Workshop(250)
    works = {name: Counted(100) for name in "abc"}
    for name in "abac":
        ask(workshop, (name,), works[name])
    assert [workshop.begun((name,)) is not None for name in "abc"] == [True, False, True]
    ask(workshop, ("b",), works["b"])
    assert {name: work.times for name, work in works.items()} == {"a": 1, "b": 2, "c": 1}


def test_the_newest_is_remembered_even_where_it_is_too_large() -> None:
    workshop, work = Workshop(10), Counted(100)
    ask(workshop, ("a",), work)
    ask(workshop, ("a",), work)
    assert work.times == 1


def test_what_is_being_made_is_not_forgotten() -> None:
    workshop, go = Workshop(10), Event()

    def slowly() -> Made:
        go.wait(WAIT_S)
        return made()

    under_way = workshop.begin(("slow",), slowly)
    ask(workshop, ("a",), Counted(100))
    ask(workshop, ("b",), Counted(100))
    assert workshop.begun(("slow",)) is under_way
    go.set()


def test_after_trouble_it_is_begun_again() -> None:
    workshop = Workshop(1000)

    def fails() -> Made:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        workshop.finished(("a",), workshop.begin(("a",), fails), wait_s=WAIT_S)
    assert ask(workshop, ("a",), Counted()) is not None
