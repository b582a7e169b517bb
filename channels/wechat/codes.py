"""The platform's error codes as a table: what each one means here and who must act.

Source: developers.weixin.qq.com, global return codes and the pages of the single calls, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
    message_id,
)

TOKEN_CODES = frozenset({40001, 40014, 42001})
"""The token is not, or no longer, the right one; the call had no effect."""

UNKNOWN_MEDIA = 40007
UNKNOWN_ARTICLE = 53600
SYSTEM_BUSY = -1

BEIJING = timezone(timedelta(hours=8))
RESET_SLACK_S = 300
"""Daily quotas end at midnight in Beijing; to the minute this is not documented."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The error a code becomes.

    ``template`` may name ``{number}``, ``{reason}`` (the platform's words) and ``{ip}``. ``retry_after_s`` None with
    ChannelUnavailable: after midnight in Beijing, when the daily quotas begin anew.
    """

    error: type[ChannelError]
    template: str
    retry_after_s: float | None = None


Rows = dict[int, Meaning]


def _rows(codes: Iterable[int], error: type[ChannelError], template: str, wait_s: float | None = None) -> Rows:
    return dict.fromkeys(codes, Meaning(error, template, wait_s))


BUG = message_id(
    "WeChat did not understand the request (code {number}: {reason}). Report this to whoever maintains the program."
)
CONTENT = message_id("WeChat refuses the content (code {number}: {reason}). Change the text and submit it again.")
PICTURE = message_id(
    "WeChat refuses a picture (code {number}: {reason}). Replace the picture and submit the item again."
)
RIGHT = message_id(
    "The WeChat account may not do this (code {number}: {reason}). "
    "Check in the WeChat console that the account is verified and has the right, then try again."
)
ACCOUNT = message_id(
    "WeChat has limited or frozen the account (code {number}: {reason}). Settle this in the WeChat console."
)
APP_ID = message_id(
    "WeChat does not accept the AppID or AppSecret (code {number}: {reason}). "
    "Correct app_id and app_secret of this channel and try again."
)
CONSOLE = message_id(
    "WeChat wants a person to look at the draft in its console (code {number}: {reason}). "
    "Open the draft there, settle what it asks, then retry this delivery."
)

MEANINGS: Rows = {
    **_rows(TOKEN_CODES, CredentialsRefused, APP_ID),
    **_rows((40013, 40125, 41002, 41004), CredentialsRefused, APP_ID),
    **_rows(
        (40243,),
        CredentialsRefused,
        "The AppSecret is frozen (code {number}). Unfreeze or renew it in the WeChat console, then try again.",
    ),
    **_rows(
        (40164, 61004),
        CredentialsRefused,
        "WeChat does not know this server's address {ip} (code {number}). "
        "Add it to the IP whitelist in the WeChat console, then try again.",
    ),
    **_rows(
        (89503,),
        PersonNeeded,
        "WeChat waits for the account's administrator to confirm this server's address {ip} (code {number}). "
        "Confirm it in WeChat, then retry this delivery.",
    ),
    **_rows(
        (89506, 89507),
        CredentialsRefused,
        "The account's administrator has refused this server's address {ip} (code {number}). "
        "Ask the administrator, wait up to a day, then try again.",
    ),
    **_rows(
        (89504, 89505, 268488001),
        PersonNeeded,
        "WeChat waits for the account's administrator to confirm the send (code {number}). "
        "Confirm it in WeChat, then retry this delivery.",
    ),
    **_rows((40152, 48001, 48004, 50001, 50002, 61007), CredentialsRefused, RIGHT),
    **_rows((50004, 50007), CredentialsRefused, ACCOUNT),
    **_rows(
        (88000, 88001, 88002, 88003, 88004, 88005, 88007, 88008, 88010),
        CredentialsRefused,
        "WeChat refuses what concerns comments (code {number}: {reason}). Check the account's right to comments.",
    ),
    **_rows((40005, 40006, 40009, 40010, 40011, 40012, 40113, 40137, 45007), ProductRefused, PICTURE),
    **_rows(
        (40003, 40031, 40032, 40059, 40060, 40065, 40066, 40130, 40204, 40215, 41039, 41040), ProductRefused, CONTENT
    ),
    **_rows(
        (44004,), ProductRefused, "WeChat found no content in the article (code {number}). Write some and try again."
    ),
    **_rows(
        (45001, 45002, 45003, 45004, 45005, 45008, 45110, 45166),
        ProductRefused,
        "WeChat finds something too long (code {number}: {reason}). Shorten it and submit the item again.",
    ),
    **_rows((48022, 53404, 53405, 53406, 53503, UNKNOWN_ARTICLE), ProductRefused, CONTENT),
    **_rows((48021, 53504, 53505), PersonNeeded, CONSOLE),
    **_rows((45062,), PersonNeeded, CONSOLE),
    **_rows(
        (UNKNOWN_MEDIA,),
        PersonNeeded,
        "WeChat no longer knows the draft or a picture (code {number}: {reason}). "
        "Look in the WeChat console whether somebody removed it.",
    ),
    **_rows(
        (45028,),
        PersonNeeded,
        "The account has used up what it may send in this period (code {number}). "
        "Wait for the next period, then retry this delivery.",
    ),
    **_rows(
        (45009, 48006),
        ChannelUnavailable,
        "Today's number of calls to WeChat is used up (code {number}). It will go on after midnight, Beijing time.",
    ),
    **_rows((45011,), ChannelUnavailable, "WeChat asks to slow down (code {number}). It will be tried again.", 60),
    **_rows(
        (42010, 45066), ChannelUnavailable, "WeChat asks to slow down (code {number}). It will be tried again.", 180
    ),
    **_rows((61503,), ChannelUnavailable, "WeChat has no figures yet (code {number}). It will be asked again.", 7200),
    **_rows((SYSTEM_BUSY,), ChannelUnavailable, "WeChat is busy (code {number}). It will be tried again.", 15),
    **_rows(
        (45065,),
        OutcomeUnknown,
        "WeChat says that this was sent before (code {number}: {reason}). It will be looked up.",
    ),
    **_rows(
        (
            *(40002, 40004, 40008, 40033, 40035, 40097, 40114, 41001, 41005, 41006, 43001, 43002, 43003),
            *(44001, 44002, 44003, 45067, 45083, 45084, 45113, 45162, 47001, 47009, 61500, 61501),
            *(76001, 76002, 76003, 76021, 76022),
        ),
        PersonNeeded,
        BUG,
    ),
}

UNHEARD = message_id(
    "WeChat answered with the unknown code {number} ({reason}). Look in the WeChat console what it means."
)
PERHAPS = message_id("WeChat gave no clear answer to the submission (code {number}: {reason}). It will be looked up.")


def named_error(code: int, reason: str, *, irreversible: bool, now: datetime) -> ChannelError:
    """The error that code ``code`` stands for.

    Args:
        reason: the platform's ``errmsg`` with its request id, to look things up by.
        irreversible: the call may have published: what does not clearly say no leaves the outcome unknown.
    """
    meaning = MEANINGS.get(code)
    if irreversible and (meaning is None or code == SYSTEM_BUSY):
        return OutcomeUnknown(PERHAPS, code=str(code), number=code, reason=reason)
    meaning = meaning or Meaning(PersonNeeded, UNHEARD)
    error = meaning.error(meaning.template, code=str(code), number=code, reason=reason, ip=_address_in(reason))
    if isinstance(error, ChannelUnavailable):
        error.retry_after_s = meaning.retry_after_s or _until_midnight_s(now)
    return error


def _until_midnight_s(now: datetime) -> float:
    local = now.astimezone(BEIJING)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - local).total_seconds() + RESET_SLACK_S


def _address_in(reason: str) -> str:
    found = re.search(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}\b", reason)
    return found[0] if found else "?"
