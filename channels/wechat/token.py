"""Access tokens: one for each account, known to all processes, asked for by one of them at a time.

What processes tell each other is sealed with a key made of the AppSecret: who can read it may ask for a token anyway.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from channels.base import Common
from channels.errors import ChannelUnavailable
from channels.later import later

if TYPE_CHECKING:
    from cryptography import fernet
else:
    fernet = later("cryptography.fernet")

logger = logging.getLogger(__name__)

MARGIN_S = 240
"""How long before its end a token is renewed. Inside the last 300 s on purpose: asked earlier, the platform hands out
the same token again. Source: developers.weixin.qq.com, api_getstableaccesstoken, read 2026-11."""

LAST_S = 10
"""A token with less time left is not used any more."""

ASKING_S = 5
"""While one process asks for a token the others go on with the old one, or wait. Should two ask all the same, the
platform gives both the same token."""

EARLY_S = 300
"""A token that dies with more time left than that was ended by somebody: no rule of the platform does it."""

WATCHED_S = 24 * 3600
OFTEN = 3
"""Times within a day that a token was ended by somebody: then it is no accident."""

Account = tuple[str, str]
"""Address of the interface and AppID."""

Fetch = Callable[[], tuple[str, float]]
"""Gets a new token: the token, and the seconds it is good for."""


@dataclass(frozen=True, slots=True)
class Held:
    """A token; ``renew_at`` and ``until`` are seconds since 1970, by which all processes agree."""

    token: str = field(repr=False)
    renew_at: float
    until: float


@dataclass(frozen=True, slots=True)
class Sharing:
    """Where all processes keep the account's token, and what seals it there."""

    common: Common
    secret: str = field(repr=False)


class TokenCache:
    """One token per account; of several threads and processes only one at a time asks for a new one.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._held: dict[Account, Held] = {}
        self._locks: defaultdict[Account, threading.Lock] = defaultdict(threading.Lock)

    def get(self, account: Account, sharing: Sharing, fetch: Fetch) -> str:
        """The account's token. Raises ChannelUnavailable: another process is asking for it just now."""
        with self._locks[account]:
            held = self._fresh(self._held.get(account)) or self._fresh(_read(account, sharing))
            held = held or self._renewed(account, sharing, fetch)
            self._held[account] = held
            return held.token

    def drop(self, account: Account, sharing: Sharing, token: str) -> None:
        """Forget ``token``, which the platform refuses, unless somebody has renewed it already."""
        with self._locks[account]:
            for held in (self._held.get(account), _read(account, sharing)):
                if held is not None and held.token == token:
                    self._note_death(account, sharing, held)
                    break
            if (mine := self._held.get(account)) and mine.token == token:
                del self._held[account]
            if (shared := _read(account, sharing)) and shared.token == token:
                sharing.common.forget(_name(account))

    def ended_early(self, account: Account, sharing: Sharing) -> int:
        """How often within a day somebody else has ended the account's token before its time."""
        return len(self._deaths(account, sharing))

    def _fresh(self, held: Held | None) -> Held | None:
        return held if held is not None and self._clock() < held.renew_at else None

    def _renewed(self, account: Account, sharing: Sharing, fetch: Fetch) -> Held:
        """A new token; the old one for a little longer where another process is asking already."""
        asking = f"{_name(account)}-asking"
        if not sharing.common.is_first(asking, within_s=ASKING_S):
            for held in (self._held.get(account), _read(account, sharing)):
                if held is not None and self._clock() < held.until - LAST_S:
                    return held
            raise ChannelUnavailable("Another process is just getting WeChat's access token.", retry_after_s=1)
        try:
            token, good_for_s = fetch()
        finally:
            sharing.common.forget(asking)
        now = self._clock()
        renew_in_s = good_for_s - MARGIN_S if good_for_s > MARGIN_S else good_for_s
        held = Held(token, now + renew_in_s, now + good_for_s)
        sealed = _seal(sharing).encrypt(json.dumps([held.token, held.renew_at, held.until]).encode())
        sharing.common.put(_name(account), sealed.decode(), keep_s=good_for_s)
        return held

    def _note_death(self, account: Account, sharing: Sharing, held: Held) -> None:
        if held.until - self._clock() <= EARLY_S:
            return
        deaths = [*self._deaths(account, sharing), self._clock()]
        sharing.common.put(f"{_name(account)}-ended", json.dumps(deaths), keep_s=WATCHED_S)
        logger.warning("the access token of %s was ended by somebody else before its time", account[1])

    def _deaths(self, account: Account, sharing: Sharing) -> list[float]:
        noted = json.loads(sharing.common.get(f"{_name(account)}-ended") or "[]")
        return [at for at in noted if at > self._clock() - WATCHED_S]


def _name(account: Account) -> str:
    return "wechat-token-" + hashlib.sha256("\n".join(account).encode()).hexdigest()[:32]


def _seal(sharing: Sharing) -> fernet.Fernet:
    return fernet.Fernet(urlsafe_b64encode(hashlib.sha256(b"wechat access token\n" + sharing.secret.encode()).digest()))


def _read(account: Account, sharing: Sharing) -> Held | None:
    """What the processes know; None where that is nothing, or sealed with another secret."""
    sealed = sharing.common.get(_name(account))
    if sealed is None:
        return None
    try:
        token, renew_at, until = json.loads(_seal(sharing).decrypt(sealed.encode()))
    except (fernet.InvalidToken, ValueError):
        return None
    return Held(token, renew_at, until)


TOKENS = TokenCache()
"""Shared by all channels of this process: asking for the same account twice costs nothing."""
