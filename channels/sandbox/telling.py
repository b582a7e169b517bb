"""Telling the house by itself what has ended, as WeChat does: to the address that is set as its callback."""

from __future__ import annotations

import logging
from threading import Event

import requests

from channels.sandbox.wechat import Wechat

logger = logging.getLogger(__name__)

EVERY_S = 1.0
TIMEOUT_S = 5.0


def tell(wechat: Wechat) -> int:
    """Post what was not told yet; returns how much of it was taken. What is not taken is told again next time."""
    address = wechat.settings.callback_url
    taken = 0
    for event in wechat.due_events() if address else ():
        try:
            answer = requests.post(
                address, params=event.query, data=event.body, headers={"Content-Type": "text/xml"}, timeout=TIMEOUT_S
            )
        except requests.RequestException as error:
            logger.warning("the callback %s cannot be reached (%s)", address, type(error).__name__)
            break
        if answer.status_code == 200:
            wechat.note_told(event)
            taken += 1
    return taken


def keep_telling(wechat: Wechat, closing: Event) -> None:
    """Tell what there is every second until ``closing``."""
    while not closing.wait(EVERY_S):
        tell(wechat)
