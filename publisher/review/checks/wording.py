"""Words of the lists in a text: wrong, sensitive, forbidden, outdated, and names with the wrong title."""

from __future__ import annotations

import re
from collections.abc import Iterator

from channels.errors import Text, message_id
from publisher.review.checks.finding import Finding, Kind, Place
from publisher.review.checks.wordlists import Entry, Match, Words

SENTENCES = {
    Kind.WRONG_WORD: message_id("“{word}” should be “{right}” ({list})."),
    Kind.SENSITIVE: message_id("“{word}” hurts people: write “{right}” ({list})."),
    Kind.FORBIDDEN: message_id("“{word}” may not be published: take it out, or say why it stands there ({list})."),
    Kind.OLD_ORGAN: message_id("“{word}” is “{right}” today: leave it only where the text is about the past ({list})."),
}
OPEN = message_id("“{word}” stands on the list {list}: write something else.")

_OFFICES = "秘书长 书记 主任 局长 市长 县长 区长 省长 部长 厅长 处长 科长 主席 院长 校长 镇长 乡长 组长 总经理"
TITLES = [title for office in _OFFICES.split() for title in (office, f"副{office}")]
TITLES += ["巡视员", "调研员", "委员", "常委"]
_TITLE = "|".join(sorted(TITLES, key=len, reverse=True))
_BEFORE = re.compile(rf"(?P<title>{_TITLE})[、\s]?$")
_BEHIND = re.compile(rf"(?P<title>{_TITLE})")


def findings(text: str, where: Place, words: Words) -> Iterator[Finding]:
    """What the lists say about a passage."""
    for match in words.matches(text):
        if match.entry.kind == Kind.NAME_AND_TITLE:
            yield from _title(text, where, match)
        else:
            yield _finding(where, match)


def _finding(where: Place, match: Match) -> Finding:
    entry = match.entry
    template = SENTENCES[entry.kind] if entry.right or entry.kind == Kind.FORBIDDEN else OPEN
    text = Text(template, word=entry.word, right=entry.right, list=entry.list_name)
    return Finding(entry.kind, entry.severity, where, text, match.start, match.end, entry.right or None)


def _title(text: str, where: Place, match: Match) -> Iterator[Finding]:
    """A listed name with another title than the listed one right before or behind it."""
    entry = match.entry
    for found in (_BEFORE.search(text[: match.start]), _BEHIND.match(text, match.end)):
        if found and not _is_listed(found["title"], entry):
            words = Text(
                "{name} is listed as {right}, here as {found}: correct the title or the list.",
                name=entry.word,
                right=entry.right,
                found=found["title"],
            )
            first, last = found.span("title")
            yield Finding(entry.kind, entry.severity, where, words, first, last, _own_title(entry))


def _is_listed(title: str, entry: Entry) -> bool:
    """Whether the title is one of those listed; several are parted by 、."""
    return any(
        listed.strip().endswith(title) and _ends_alike(listed.strip(), title) for listed in entry.right.split("、")
    )


def _ends_alike(listed: str, title: str) -> bool:
    # 副局长 ends with 局长 and is another title.
    return title.startswith("副") or not listed[: -len(title)].endswith("副")


def _own_title(entry: Entry) -> str | None:
    listed = entry.right.split("、")
    found = _BEFORE.search(listed[0])
    return found["title"] if found and len(listed) == 1 else None
