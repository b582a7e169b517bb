"""The judge: compares what was wished and what the log says with what is really out. It never reads our tables.

What is out stands in the books of the stand-ins, in the folder of the site and in the newspaper's folder.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from channels.sandbox.wechat.entries import SENT_WELL
from channels.wechat.listing import numbered
from publisher.log.verify import verify
from tests.faults.harness import papers
from tests.faults.harness.platforms import Books
from tests.faults.harness.wordpress import NEWS

MARK = re.compile(r"第(\d{4,})号")
"""Every item of the harness carries its number in its title, and everything made of it shows the title."""

HEADING = re.compile(r"<title>(.*?)</title>", re.DOTALL)
LINK = re.compile(r'href="[^"]*?(?P<path>[^"/]+/t[^"/]+\.html)"')
REVISED = "第二版"
"""Stands in the text of a corrected item, and nowhere else."""

OUT = frozenset({"published", "handed_over"})
GIVEN_UP = frozenset({"refused", "cancelled"})
LATER = {"correct": "corrected", "recall": "recalled"}
"""What the log says when an action that follows a publication is done."""

PACKAGES = (("daily", "exports/daily", "exports/daily/"), (papers.SFTP, papers.SHELF, "sftp://127.0.0.1/"))
"""Channel, folder in the home, and how the log calls what lies there."""

WECHAT_DELETED = 5
SENT, UNDER_WAY = "SEND_SUCCESS", "SENDING"
NOTICE = "本页内容已撤回"

Wish = tuple[str, int]
"""A channel and the number of an item."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is really out. ``names`` are the remote ids under which the log may know it.

    ``is_address_told``: False where the platform tells the address only by itself, which may come late or never.
    """

    names: frozenset[str]
    url: str
    since: datetime | None = None
    is_revised: bool = False
    is_address_told: bool = True


@dataclass
class Verdict:
    """What came out; empty lists are a good verdict. Each entry says enough to be looked into."""

    wishes: int = 0
    things: int = 0
    lines: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    false_lines: list[str] = field(default_factory=list)
    unlinked: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.findings

    @property
    def findings(self) -> list[str]:
        return [*self.lost, *self.duplicates, *self.false_lines, *self.unlinked]

    def __str__(self) -> str:
        counts = f"{len(self.lost)} lost, {len(self.duplicates)} duplicates, {len(self.false_lines)} false log lines"
        return f"{counts} ({self.wishes} wishes, {self.things} things out, {self.lines} lines that say so)"


def judge(
    wishes: Iterable[Wish],
    books: Books,
    home: Path,
    log: Sequence[Mapping[str, Any]],
    *,
    later: Mapping[Wish, str] | None = None,
) -> Verdict:
    """Compare.

    Args:
        log: the rows of ``publisher log export``.
        later: what was ordered about a wish after it was out: ``correct`` or ``recall``.
    """
    things = really_out(books, home)
    said: defaultdict[Wish, list[Mapping[str, Any]]] = defaultdict(list)
    for row in log:
        if row["channel"] and (found := MARK.search(row["title"])):
            said[row["channel"], int(found[1])].append(row)
    verdict = Verdict()
    for wish in wishes:
        verdict.wishes += 1
        _judge_wish(verdict, wish, things.pop(wish, []), said.pop(wish, []), (later or {}).get(wish, ""))
    for wish, extra in things.items():
        verdict.duplicates += [f"{wish}: {sorted(thing.names)} is out, and nobody wished it" for thing in extra]
    for wish, rows in said.items():
        verdict.false_lines += [f"{wish}: line {row['seq']} tells of what nobody wished" for row in rows]
    verdict.unlinked = [f"{page}: {count} lists of the site lead to it" for page, count in unlinked(home)]
    checked = verify(dict(row) for row in log)
    if checked.fault is not None:
        verdict.false_lines.append(f"the chain is broken: {checked.fault}")
    return verdict


def _judge_wish(verdict: Verdict, wish: Wish, things: list[Thing], rows: list[Mapping[str, Any]], later: str) -> None:
    first = [row for row in rows if row["action"] not in LATER]
    lines = [row for row in first if row["event"] in OUT]
    given_up = [row for row in first if row["event"] in GIVEN_UP]
    verdict.things += len(things)
    verdict.lines += len(lines)
    verdict.duplicates += [f"{wish}: {sorted(thing.names)} is out besides, {_story(rows)}" for thing in things[1:]]
    if later:
        faults = _later_faults(things, [row for row in rows if row["action"] == later], later)
        verdict.false_lines += [f"{wish}: {fault}; {_story(rows)}" for fault in faults]
    if later == "recall":
        return
    verdict.refused += bool(given_up) and not things
    if not things and not given_up:
        verdict.lost.append(f"{wish}: nothing is out, the log says {_story(rows)}")
    verdict.false_lines += [f"{wish}: {fault}; {_story(rows)}" for fault in _line_faults(things, lines, first)]


def _later_faults(things: list[Thing], rows: list[Mapping[str, Any]], later: str) -> Iterable[str]:
    """A correction and a recall are lost where neither the platform nor the log knows of them."""
    lines = [row for row in rows if row["event"] == LATER[later]]
    given_up = any(row["event"] in GIVEN_UP for row in rows)
    is_done = any(thing.is_revised for thing in things) if later == "correct" else not things
    if is_done != (len(lines) == 1):
        yield f"it is {'' if is_done else 'not '}{LATER[later]}, and {len(lines)} lines say that it is"
    elif not is_done and not given_up:
        yield f"the order is lost: it is not {LATER[later]}"


def _line_faults(things: list[Thing], lines: list[Mapping[str, Any]], rows: list[Mapping[str, Any]]) -> Iterable[str]:
    told = Counter(_thing_of(line, things) for line in lines)
    if told[None]:
        yield "a line says that it is out, and what it names is not there"
    for number in range(len(things)):
        if told[number] != 1:
            yield f"{sorted(things[number].names)} is out, and {told[number]} lines say so"
    for row in rows:
        if row["event"] in GIVEN_UP and things:
            yield f"line {row['seq']} says {row['event']}, and it is out"
        elif row["event"] in {"absent", "denied"} and any(_was_out(thing, row) for thing in things):
            yield f"line {row['seq']} says {row['event']}, and it was out by then"
        elif row["event"] == "accepted" and not things:
            yield f"line {row['seq']} says that the platform took it, and it has nothing"


def _thing_of(line: Mapping[str, Any], things: list[Thing]) -> int | None:
    """The thing a line names: by its remote id, or by its address where a person said so."""
    for number, thing in enumerate(things):
        same = line["remote_id"] in thing.names if line["remote_id"] else line["evidence"] == "E0"
        is_unknown = not thing.url or (not thing.is_address_told and not line["url"])
        if same and (is_unknown or _name(thing.url) == _name(line["url"])):
            return number
    return None


def _name(url: str) -> str:
    """The last part of an address: Weibo's is official in our log and the stand-in's own in the books."""
    return url.rsplit("/", 1)[-1]


def _was_out(thing: Thing, row: Mapping[str, Any]) -> bool:
    return thing.since is not None and thing.since <= datetime.fromisoformat(row["at"])


def _story(rows: Iterable[Mapping[str, Any]]) -> str:
    return " → ".join(f"{row['event']}@{row['at'][11:23]}" for row in rows) or "nothing"


def really_out(books: Books, home: Path) -> dict[Wish, list[Thing]]:
    """Everything that is out, by channel and number of the item."""
    found: defaultdict[Wish, list[Thing]] = defaultdict(list)
    for post in books["weibo"]["posts"]:
        thing = Thing(frozenset({post["id"]}), post["url"], datetime.fromisoformat(post["created_at"]))
        found["weibo", number_in(post["sent"])].append(thing)
    for wish, thing in _articles(books):
        found[wish].append(thing)
    for entry in books["wechat"]["sends"]:
        if entry["status"] == SENT or (entry["status"] == UNDER_WAY and entry["outcome"] == SENT_WELL):
            at = datetime.fromisoformat(entry["created_at"])
            thing = Thing(frozenset({entry["id"]}), entry["url"], at, is_address_told=False)
            found["push", number_in(entry["title"])].append(thing)
    for post in books.get(NEWS, {}).get("posts", ()):
        thing = Thing(frozenset({str(post["id"])}), "", is_revised=REVISED in post["content"])
        found[NEWS, number_in(post["title"])].append(thing)
    for path, number, text in _pages(home / "site"):
        found["portal", number].append(Thing(frozenset({path}), "", is_revised=REVISED in text))
    for channel, number, thing in _handed_over(home):
        found[channel, number].append(thing)
    return found


def _articles(books: Books) -> Iterator[tuple[Wish, Thing]]:
    """What is published on WeChat; several articles of one publication went out together."""
    for entry in books["wechat"]["submitted"]:
        at = datetime.fromisoformat(entry["created_at"])
        channel = "bundle" if len(entry["articles"]) > 1 else "wechat"
        for index, (article, url) in enumerate(zip(entry["articles"], entry["urls"], strict=True), start=1):
            if entry["status"] != WECHAT_DELETED and index not in entry["deleted"]:
                names = frozenset({numbered(entry["id"], index), numbered(str(entry["publish_id"]), index)})
                yield (channel, number_in(article["title"])), Thing(names, url, at)


def waits_for_administrator(books: Books, number: int) -> bool:
    """Whether a send of the item goes out as soon as the account's administrator confirms it."""
    sends = [entry for entry in books["wechat"]["sends"] if number_in(entry["title"]) == number]
    return any(entry["status"] == UNDER_WAY and entry["outcome"] != SENT_WELL for entry in sends)


def unlinked(home: Path) -> Iterable[tuple[str, int]]:
    """Pages to which not exactly one list of a column leads, with the number of those that do."""
    site = home / "site"
    counts: Counter[str] = Counter()
    for page in site.glob("*/index*.html"):
        counts.update({match["path"] for match in LINK.finditer(page.read_text(encoding="utf-8"))})
    for path, *_ in _pages(site):
        if counts[path] != 1:
            yield path, counts[path]


def number_in(text: str) -> int:
    """The number of the item a text is about, 0 where it tells none."""
    found = MARK.search(text)
    return int(found[1]) if found else 0


def _pages(site: Path) -> Iterable[tuple[str, int, str]]:
    """Path, number of the item and text of every page that shows an item; a notice of withdrawal shows none."""
    for page in sorted(site.rglob("t*.html")):
        text = page.read_text(encoding="utf-8")
        if NOTICE not in text:
            heading = HEADING.search(text)
            yield page.relative_to(site).as_posix(), number_in(heading[1] if heading else ""), text


def _handed_over(home: Path) -> Iterable[tuple[str, int, Thing]]:
    """What newspapers have, by channel and number of the item."""
    for channel, where, beginning in PACKAGES:
        yield from ((channel, *found) for found in _packages(home / where, beginning))
    yield from ((papers.MAIL, *found) for found in _mails(home))


def _packages(folder: Path, beginning: str) -> Iterable[tuple[int, Thing]]:
    """Number of the item and package, by its own name and that of the one it says it replaces."""
    for manifest in sorted(folder.glob("[!.]*/manifest.json")):
        said = json.loads(manifest.read_text(encoding="utf-8"))
        texts = [file.read_text(encoding="utf-8") for file in manifest.parent.glob("*_*.txt")]
        names = {f"{beginning}{name}" for name in (manifest.parent.name, said.get("replaces")) if name}
        yield number_in(said["title"]), Thing(frozenset(names), "", is_revised=any(REVISED in text for text in texts))


def _mails(home: Path) -> Iterable[tuple[int, Thing]]:
    """What is to be printed of the mails: not what a later one replaces or asks to leave out; a mail twice is two."""
    found = papers.mails(home)
    answered = [str(mail["In-Reply-To"]) for mail in found if mail["In-Reply-To"]]
    asked = Counter(str(mail["Message-ID"]) for mail in found)
    for mail in found:
        name, about = str(mail["Message-ID"]), str(mail["In-Reply-To"] or "")
        is_package = any(part.get_filename() == "manifest.json" for part in mail.walk())
        if (name in answered) if is_package else (asked[name] == 1):
            continue
        files = [part.get_payload(decode=True) for part in mail.walk() if str(part.get_filename()).endswith(".txt")]
        is_revised = any(isinstance(file, bytes) and REVISED in file.decode() for file in files)
        yield number_in(str(mail["Subject"])), Thing(frozenset(filter(None, (name, about))), "", is_revised=is_revised)
