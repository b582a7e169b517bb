"""Products made for looking at them. Making one may take seconds, so it goes on while the page already answers.

Nothing is written anywhere: what is made here is forgotten, and made again when somebody looks again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from publisher.web.previews.making import Made

KEPT_BYTES = 96 * 1024 * 1024
"""The newest products are remembered up to this size; the pictures within them make it up."""

HANDS = 2
"""So many are made at the same time; the pages' own threads go on meanwhile."""

Key = tuple[Hashable, ...]
Work = Callable[[], Made]


class Workshop:
    """Makes products and remembers the newest; several threads may ask at once.

    Args:
        max_bytes: how much is remembered.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._hands = ThreadPoolExecutor(HANDS, thread_name_prefix="preview")
        self._begun: OrderedDict[Key, Future[Made]] = OrderedDict()
        self._lock = Lock()

    def begun(self, key: Key) -> Future[Made] | None:
        """That product, there or being made; None where nobody asked for it yet, or it is forgotten."""
        with self._lock:
            if key in self._begun:
                self._begun.move_to_end(key)
            return self._begun.get(key)

    def begin(self, key: Key, work: Work) -> Future[Made]:
        """Have a product made unless it is there or being made. ``work`` must not need the database."""
        with self._lock:
            if key not in self._begun:
                self._begun[key] = self._hands.submit(work)
            return self._begun[key]

    def finished(self, key: Key, begun: Future[Made], *, wait_s: float) -> Made | None:
        """The product, or None where it is not made within that time.

        Whatever stops the work is raised here, and forgotten, so that the next one who looks begins again.
        """
        try:
            made = begun.result(timeout=wait_s)
        except TimeoutError:
            return None
        except BaseException:
            self._forget(key)
            raise
        self._forget_oldest()
        return made

    def _forget(self, key: Key) -> None:
        with self._lock:
            self._begun.pop(key, None)

    def _forget_oldest(self) -> None:
        with self._lock:
            sizes = {key: _size(future) for key, future in self._begun.items()}
            total = sum(sizes.values())
            for key, size in list(sizes.items())[:-1]:
                if total <= self._max_bytes:
                    return
                if size:  # what is being made takes no room yet
                    total -= size
                    del self._begun[key]


def _size(future: Future[Made]) -> int:
    """Bytes of the pictures and files of what is made; nothing while it is not."""
    if not future.done() or future.exception() or (product := future.result().product) is None:
        return 0
    return len(product.body) + sum(len(medium.content) for medium in product.media)


workshop = Workshop(KEPT_BYTES)
