"""When two things that were found are the same: addresses and titles without what may differ between two copies."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

TELLING = 6
"""Letters a title needs to name one thing: 公示 or 图片新闻 are called many."""

DEFAULT_PORTS = {"http": 80, "https": 443}
SAFE = "%/:=&?~+!$,;'@()*[]"
SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
JUNK = frozenset({"chksm", "scene", "sessionid", "jsessionid", "spm", "from", "isappinstalled", "mpshare", "srcid"})
"""Parameters that say who looks, not at what."""


def same_title(title: str) -> str:
    """``title`` without punctuation, blanks, case and width."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
    kept = "".join(sign for sign in plain if unicodedata.category(sign)[0] in "LNM")
    # What was dropped may have stood between two signs that make one.
    return unicodedata.normalize("NFKC", kept)


def is_telling(title: str) -> bool:
    """Whether things far apart that are called so are the same thing."""
    return len(same_title(title)) >= TELLING


def same_address(url: str) -> str:
    """``url`` without its scheme, session, place on the page and other things that lead to the same page.

    What is no web address becomes empty.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.scheme not in DEFAULT_PORTS or not host:
        return ""
    place = host if port in {None, DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"
    path = re.sub("/{2,}", "/", SESSION.sub("", quote(unquote(parts.path), safe=SAFE))) or "/"
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _is_junk(name)]
    # Pages that are made in the browser have their name behind the sign.
    fragment = f"#{parts.fragment}" if parts.fragment.startswith(("/", "!")) else ""
    return f"{place}{path}{'?' + urlencode(sorted(query)) if query else ''}{fragment}"


def digest(text: str) -> str:
    """SHA-256 of ``text``, empty for an empty one: what is long is compared by it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if text else ""


def _is_junk(name: str) -> bool:
    return name.lower() in JUNK or name.lower().startswith("utm_")
