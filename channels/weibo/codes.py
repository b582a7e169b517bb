"""The platform's error codes as a table: what each one means here and who must act.

Source: open.weibo.com/wiki, Error_code and 2/statuses/share, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    OutcomeUnknown,
    PersonNeeded,
    ProductRefused,
    message_id,
)

POSTED_LATER = frozenset({20032, 20053})
"""Errors that mean success: the post is out, and shows up in some minutes."""

DUPLICATES = frozenset({20017, 20019, 20044, 20111})
"""The platform holds the same or a similar text already."""

GONE = 20101
"""There is no such post, or not any more."""

BAD_DOMAIN = 10017
BAD_ADDRESS = "(rip)"
"""What stands in the words of that code where it is about the office's own address."""

NEXT_HOUR = -1.0
"""In the table: wait until the full hour, when the quotas' windows end."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The error a code becomes. ``template`` may name ``{number}`` and ``{reason}``, the platform's words.

    ``is_clear`` False: on a post the code does not tell whether it took effect.
    """

    error: type[ChannelError]
    template: str
    wait_s: float | None = None
    is_clear: bool = True


Rows = dict[int, Meaning]


def _rows(
    codes: Iterable[int],
    error: type[ChannelError],
    template: str,
    *,
    wait_s: float | None = None,
    is_clear: bool = True,
) -> Rows:
    return dict.fromkeys(codes, Meaning(error, template, wait_s, is_clear))


RENEW = message_id(
    "Weibo does not accept the access token any more (code {number}: {reason}). "
    "Authorise the app again with the office's account and store the new token."
)
SETTINGS = message_id(
    "Weibo does not allow this app or account to do so (code {number}: {reason}). "
    "Check the app's settings and rights on open.weibo.com, then try again."
)
DOMAIN = message_id(
    "Weibo does not find an approved domain in the post (code {number}: {reason}). "
    "Check on open.weibo.com that the domain of the link is approved as a safe domain (安全域名), then try again."
)
ADDRESS = message_id(
    "Weibo does not accept the office's public address (code {number}: {reason}). "
    "Correct rip in the channel's settings, then try again."
)
CONTENT = message_id("Weibo refuses the content (code {number}: {reason}). Change the text and submit it again.")
BUG = message_id(
    "Weibo did not understand the request (code {number}: {reason}). Report this to whoever maintains the program."
)
BUSY = message_id("Weibo is busy (code {number}: {reason}). It will be tried again.")
QUOTA = message_id(
    "The number of calls or posts that Weibo allows is used up (code {number}: {reason}). It will go on later."
)
SAME = message_id(
    "Weibo says that the same or a similar post is there already (code {number}: {reason}). "
    "Look at the account; change the text if it shall be posted all the same."
)

MEANINGS: Rows = {
    **_rows((10001, 10002, 10003, 10009, 10010, 10011, 10025, 20014, 21331), ChannelUnavailable, BUSY, is_clear=False),
    **_rows((10022, 10023, 10024), ChannelUnavailable, QUOTA, wait_s=NEXT_HOUR),
    **_rows((20016,), ChannelUnavailable, QUOTA, wait_s=600),
    **_rows((10006, 10013, 20033, 21301), CredentialsRefused, RENEW),
    **_rows((*range(21314, 21320), 21321, 21325, 21327, 21330, 21332), CredentialsRefused, RENEW),
    **_rows(
        (10004,),
        CredentialsRefused,
        "This server's address is not on the app's list of safe addresses (code {number}: {reason}). "
        "Add it on open.weibo.com, then try again.",
    ),
    **_rows((10005, 10014, 10026, 20015, 20022, 20023), CredentialsRefused, SETTINGS),
    **_rows((21322, 21324, 21326, 21333, 21334, 21337), CredentialsRefused, SETTINGS),
    **_rows((BAD_DOMAIN,), ProductRefused, CONTENT),
    **_rows(
        (10018, 20005, 20006, 20008, 20012, 20013, 20018, 20020, 20021, 20038, 20045, 20049), ProductRefused, CONTENT
    ),
    **_rows(DUPLICATES, ProductRefused, SAME),
    **_rows(
        (20031, 20507),
        PersonNeeded,
        "Weibo asks for a captcha (code {number}). Log in with the account and post once by hand, then try again.",
    ),
    **_rows(
        (
            *(10007, 10008, 10012, 10016, 10020, 10021, 20001, 20002, 20003, 20007, 20009, GONE, 20102, 20109),
            *(20112, 20121, 21320, 21323, 21328, 21329, 21335),
        ),
        PersonNeeded,
        BUG,
    ),
    **_rows(
        POSTED_LATER,
        OutcomeUnknown,
        "Weibo has taken the post and shows it later (code {number}: {reason}). It will be looked up.",
    ),
}

UNHEARD = message_id(
    "Weibo answered with the unknown code {number} ({reason}). Look at the account and at open.weibo.com."
)
PERHAPS = message_id("Weibo gave no clear answer to the post (code {number}: {reason}). It will be looked up.")


ARTICLES = {
    "10001": Meaning(OutcomeUnknown, PERHAPS),
    "10008": Meaning(ProductRefused, CONTENT),
    "11001": Meaning(ChannelUnavailable, QUOTA, wait_s=600),
    "11002": Meaning(OutcomeUnknown, PERHAPS),
    "11003": Meaning(OutcomeUnknown, PERHAPS),
}
"""Codes of long articles, which have their own. With 11002 and 11003 half of it may be out: it is looked up.

Source: open.weibo.com/wiki, Toutiao/api, read 2026-11."""


def article_error(code: str, reason: str) -> ChannelError:
    """The error that a long article's own ``code`` stands for; one that is not known leaves doubt."""
    meaning = ARTICLES.get(code, Meaning(OutcomeUnknown, PERHAPS))
    error = meaning.error(meaning.template, code=code, number=code or "?", reason=reason)
    if isinstance(error, ChannelUnavailable):
        error.retry_after_s = meaning.wait_s
    return error


def named_error(code: int, reason: str, *, posting: bool, is_first: bool, now: datetime) -> ChannelError:
    """The error that code ``code`` stands for.

    Args:
        reason: the platform's own words.
        posting: the call was the post itself; what does not clearly say no leaves the outcome unknown.
        is_first: no earlier attempt could have posted the same.
    """
    meaning = MEANINGS.get(code)
    is_doubtful = meaning is None or not meaning.is_clear or (code in DUPLICATES and not is_first)
    if posting and is_doubtful:
        return OutcomeUnknown(PERHAPS, code=str(code), number=code, reason=reason)
    if code == BAD_DOMAIN and "domain" in reason:
        meaning = _bad_domain(is_first=is_first)
    if code == BAD_DOMAIN and BAD_ADDRESS in reason:
        meaning = Meaning(CredentialsRefused, ADDRESS)
    meaning = meaning or Meaning(PersonNeeded, UNHEARD)
    error = meaning.error(meaning.template, code=str(code), number=code, reason=reason)
    if isinstance(error, ChannelUnavailable):
        error.retry_after_s = _until_next_hour_s(now) if meaning.wait_s == NEXT_HOUR else meaning.wait_s
    return error


def _bad_domain(*, is_first: bool) -> Meaning:
    """The link was checked before: either Weibo is in trouble, which happened, or its list is not what we think."""
    if is_first:
        return Meaning(ChannelUnavailable, DOMAIN, wait_s=300)
    return Meaning(CredentialsRefused, DOMAIN)


def _until_next_hour_s(now: datetime) -> float:
    full_hour = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    return (full_hour - now).total_seconds() + 5
