"""Access tokens, kept in the memory of this process only."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

MARGIN_S = 240
"""How long before its end a token is renewed. Inside the last 300 s on purpose: asked earlier, the platform hands out
the same token again. Source: developers.weixin.qq.com, api_getstableaccesstoken, read 2026-11."""

Account = tuple[str, str]
"""Address of the interface and AppID."""


@dataclass(frozen=True, slots=True)
class _Held:
    token: str = field(repr=False)
    until: float


class TokenCache:
    """One token per account; only one caller at a time asks for a new one.

    Args:
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[Account, _Held] = {}
        self._locks: defaultdict[Account, threading.Lock] = defaultdict(threading.Lock)

    def get(self, account: Account, fetch: Callable[[], tuple[str, float]]) -> str:
        """The account's token; ``fetch`` returns a new one and the seconds it is good for."""
        with self._locks[account]:
            held = self._held.get(account)
            if held is None or self._clock() >= held.until:
                token, good_for_s = fetch()
                renew_in_s = good_for_s - MARGIN_S if good_for_s > MARGIN_S else good_for_s
                held = self._held[account] = _Held(token, self._clock() + renew_in_s)
            return held.token

    def drop(self, account: Account, token: str) -> None:
        """Forget ``token``, unless another caller has renewed it already."""
        with self._locks[account]:
            held = self._held.get(account)
            if held is not None and held.token == token:
                del self._held[account]


TOKENS = TokenCache()
"""Shared by all channels of this process: asking for the same account twice costs nothing."""
