"""The judge of the fault drills sees each way in which a log can differ from what is really out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from publisher.log.chain import START, canonical, link
from tests.faults.harness.judge import Verdict, judge

AT = "2026-11-22T08:00:00.000000Z"
LATER = "2026-11-22T09:00:00.000000Z"
POST = {"id": "5000", "url": "http://127.0.0.1/weibo/1/AbC", "sent": "第0001号 动态", "created_at": AT}
SECOND = {**POST, "id": "5001", "url": "http://127.0.0.1/weibo/1/AbD"}
STRANGER = {**POST, "id": "5002", "sent": "第0007号 动态"}

Row = dict[str, Any]


def line(event: str, *, remote_id: str = "", at: str = AT, **facts: Any) -> Row:
    told = {"event": event, "channel": "weibo", "title": "第0001号 动态", "remote_id": remote_id, "at": at}
    url = "https://weibo.com/1/AbC" if remote_id else ""
    return {**told, "url": url, "evidence": "E2", "action": "publish", **facts}


def chained(rows: Sequence[Row]) -> list[Row]:
    log, previous = [], START
    for seq, row in enumerate(rows, start=1):
        facts = {**row, "office": "kzj", "seq": seq}
        text = canonical(facts)
        log.append({**facts, "canonical": text, "previous": previous, "hash": link(previous, text)})
        previous = log[-1]["hash"]
    return log


def judged(home: Path, posts: Sequence[Row], rows: Sequence[Row], **options: Any) -> Verdict:
    books = {"weibo": {"posts": list(posts)}, "wechat": {"submitted": [], "sends": []}}
    return judge([("weibo", 1)], books, home, chained(rows), **options)


PUBLISHED = line("published", remote_id="5000")

VERDICTS = {
    "once and told once": ([POST], [PUBLISHED], "", ""),
    "nothing out": ([], [], "lost", "nothing is out"),
    "refused and told so": ([], [line("refused")], "", ""),
    "twice": ([POST, SECOND], [PUBLISHED], "duplicates", "is out besides"),
    "never wished": ([POST, STRANGER], [PUBLISHED], "duplicates", "nobody wished it"),
    "told twice": ([POST], [PUBLISHED, PUBLISHED], "false_lines", "2 lines say so"),
    "not told": ([POST], [], "false_lines", "0 lines say so"),
    "told of another": ([POST], [line("published", remote_id="9")], "false_lines", "what it names is not there"),
    "told of nothing": ([], [PUBLISHED], "false_lines", "what it names is not there"),
    "a person's word": ([POST], [line("published", evidence="E0", url="https://weibo.com/1/AbC")], "", ""),
    "a person's word about another": (
        *([POST], [line("published", evidence="E0", url="https://weibo.com/1/X")]),
        *("false_lines", "what it names is not there"),
    ),
    "told absent although out": ([POST], [line("absent", at=LATER), PUBLISHED], "false_lines", "it was out by then"),
    "told absent before it was out": ([{**POST, "created_at": LATER}], [line("absent"), PUBLISHED], "", ""),
    "told refused although out": ([POST], [PUBLISHED, line("refused")], "false_lines", "says refused, and it is out"),
    "told accepted although nothing": ([], [line("accepted"), line("refused")], "false_lines", "it has nothing"),
}


@pytest.mark.parametrize(("posts", "rows", "kind", "says"), VERDICTS.values(), ids=list(VERDICTS))
def test_verdict(tmp_path: Path, posts: list[Row], rows: list[Row], kind: str, says: str) -> None:
    verdict = judged(tmp_path, posts, rows)
    assert verdict.is_good == (kind == "")
    if kind:
        assert any(says in finding for finding in getattr(verdict, kind)), verdict.findings


@pytest.mark.parametrize(
    ("posts", "rows", "is_good"),
    [
        pytest.param([], [line("recalled", action="recall")], True, id="gone and told"),
        pytest.param([], [], False, id="gone and not told"),
        pytest.param([POST], [line("recalled", action="recall")], False, id="there and told gone"),
        pytest.param([POST], [], False, id="there: the order is lost"),
        pytest.param([POST], [line("refused", action="recall")], True, id="there: refused and told so"),
        pytest.param([], [line("recalled", action="recall")] * 2, False, id="told twice"),
    ],
)
def test_verdict_about_what_was_taken_back(tmp_path: Path, posts: list[Row], rows: list[Row], is_good: bool) -> None:
    assert judged(tmp_path, posts, [PUBLISHED, *rows], later={("weibo", 1): "recall"}).is_good == is_good


def test_a_changed_log_is_seen(tmp_path: Path) -> None:
    books = {"weibo": {"posts": [POST]}, "wechat": {"submitted": [], "sends": []}}
    log = chained([PUBLISHED])
    log[0]["actor"] = "somebody else"
    assert "the chain is broken" in judge([("weibo", 1)], books, tmp_path, log).false_lines[0]


def test_pages_and_packages_are_counted_where_they_lie(tmp_path: Path) -> None:
    page = tmp_path / "site" / "202611" / "t20261122_1.html"
    page.parent.mkdir(parents=True)
    page.write_text("<title>第0001号 动态 - 门户</title>", encoding="utf-8")
    package = tmp_path / "exports" / "daily" / "kzj-1-r1"
    package.mkdir(parents=True)
    (package / "manifest.json").write_text(json.dumps({"title": "第0001号 动态"}), encoding="utf-8")
    names = {"portal": "202611/t20261122_1.html", "daily": "exports/daily/kzj-1-r1"}
    rows = [line("published", channel=channel, remote_id=name) for channel, name in names.items()]
    books: Row = {"weibo": {"posts": []}, "wechat": {"submitted": [], "sends": []}}
    verdict = judge([("portal", 1), ("daily", 1)], books, tmp_path, chained(rows))
    assert (verdict.lost, verdict.duplicates, verdict.false_lines) == ([], [], [])
    assert verdict.unlinked == ["202611/t20261122_1.html: 0 lists of the site lead to it"]
