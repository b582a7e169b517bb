"""A synthetic 2017 of the model bureau, written through the real log: what its published report of that year counts.

The numbers are those of the report in ``tests/data/annual-report-2017.txt``; titles, days and channels are made up
from a fixed seed. Every entry is written by the verb that writes it in life, at the time it would have been written.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import time_machine
from django.db import transaction

from channels.base import Column
from publisher.log.actions import Proof, Subject, record
from publisher.log.columns import note_columns
from publisher.log.events import Event
from publisher.office import Office, load

MODEL = Path(__file__).parent / "data" / "seed-office" / "office.toml"
YEAR = 2017

WORK_NEWS, NOTICES, CATALOGUE, ISSUES = 366, 34, 40, 36
ON_WECHAT, ON_WEIBO, ON_BOTH = 62, 71, 21
"""Items on WeChat, on Weibo, and how many of them on both: 133 publications of 112 items."""

RENAMED = {"policies": ("政策法规", date(YEAR, 5, 8)), "plans": ("规划", date(YEAR, 9, 4))}
"""The two columns that were adjusted: what they were called before, and when they got the name of today."""

ADDED = {
    "statistics": date(YEAR, 3, 6),
    "results": date(YEAR, 3, 6),
    "intellectual-property": date(YEAR, 6, 12),
    "help": date(YEAR, 6, 12),
}
"""The four columns that were added in the year."""

SECTIONS = ("办公室", "知识产权科", "计划科", "成果科", "政策法规科")
PEOPLE = ("王芳", "李强", "张敏", "刘洋")
MATTERS = (
    "科技活动周",
    "专利执法检查",
    "高新技术企业培育",
    "科技扶贫",
    "知识产权宣传周",
    "科技项目申报",
    "成果转化",
    "钒钛新材料",
)
DOINGS = ("启动", "座谈会召开", "培训班开班", "现场推进", "专题调研", "工作部署", "通过验收", "取得实效")

Planned = tuple[datetime, Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Piece:
    """One item: what the log says of it, and when it went out first."""

    subject: Subject
    at: datetime


def seed_office(home: Path) -> Office:
    """The bureau as it was at the end of the year."""
    return load(MODEL, home=home)


def build(office: Office) -> None:
    """Write the whole year, oldest entry first."""
    for moment, write in sorted(_columns(office) + _publications(office), key=lambda planned: planned[0]):
        with time_machine.travel(moment, tick=False), transaction.atomic():
            write()


def _columns(office: Office) -> list[Planned]:
    """The configuration as it changed: each state is noted when a program starts with it."""
    days = sorted({date(YEAR, 1, 1), *ADDED.values(), *(day for _, day in RENAMED.values())})
    return [(_at(day, 0), partial(note_columns, _as_of(office, day), actor="system")) for day in days]


def _as_of(office: Office, day: date) -> Office:
    kept = {key: _named(column, day) for key, column in office.columns.items() if ADDED.get(key, day) <= day}
    return replace(office, columns=kept)


def _named(column: Column, day: date) -> Column:
    name, until = RENAMED.get(column.key, (column.name, date.min))
    return replace(column, name=name) if day < until else column


def _publications(office: Office) -> list[Planned]:
    chance = random.Random(YEAR)
    news = [_piece(office, chance, number, "dynamics") for number in range(1, WORK_NEWS + 1)]
    notices = [_piece(office, chance, WORK_NEWS + number, "notices") for number in range(1, NOTICES + 1)]
    catalogue = list(_catalogue(office, chance, WORK_NEWS + NOTICES))
    chosen = chance.sample(news + notices, ON_WECHAT + ON_WEIBO - ON_BOTH)
    planned = [part for piece in (*news, *notices, *catalogue) for part in _on_portal(office, piece)]
    for piece in chosen[:ON_WECHAT]:
        planned.append(_published(office, piece, "wechat", hours=1))
    for piece in chosen[ON_WECHAT - ON_BOTH :]:
        planned.append(_published(office, piece, "weibo", hours=2))
    return planned + list(_newspaper(office, news))


def _catalogue(office: Office, chance: random.Random, numbered_from: int) -> Iterator[Piece]:
    keys = [key for key, column in office.columns.items() if column.column_class == "信息公开目录"]
    for number in range(CATALOGUE):
        # One in each category first, so that all of them were used.
        key = keys[number] if number < len(keys) else chance.choice(keys)
        yield _piece(office, chance, numbered_from + number + 1, key, since=ADDED.get(key, date(YEAR, 1, 1)))


def _piece(office: Office, chance: random.Random, number: int, key: str, *, since: date = date(YEAR, 1, 1)) -> Piece:
    days = (date(YEAR, 12, 31) - since).days
    at = _at(since + timedelta(days=chance.randint(0, days)), chance.randint(8, 17), chance.randint(0, 59))
    column = office.column(key)
    subject = Subject(
        item=number,
        revision=1,
        title=f"{chance.choice(MATTERS)}{chance.choice(DOINGS)}（{number}）",
        section=chance.choice(SECTIONS),
        person=chance.choice(PEOPLE),
        disclosure="proactive",
        column=key,
        column_name=column.name,
        column_class=column.column_class,
    )
    return Piece(subject, at)


def _on_portal(office: Office, piece: Piece) -> list[Planned]:
    submitted = partial(record, office, Event.SUBMITTED, piece.subject, actor=piece.subject.person)
    return [(piece.at - timedelta(minutes=30), submitted), _published(office, piece, "portal", hours=0)]


def _published(office: Office, piece: Piece, channel: str, *, hours: int) -> Planned:
    subject = _on(office, piece, channel)
    proof = Proof(f"{channel}-{subject.item}", f"http://127.0.0.1:8000/{channel}/{subject.item}.html", "E2")
    # Late in December a post an hour later must still be one of this year.
    at = min(piece.at + timedelta(hours=hours), _at(date(YEAR, 12, 31), 23, 30))
    return at, partial(record, office, Event.PUBLISHED, subject, actor="system", proof=proof)


def _newspaper(office: Office, news: Sequence[Piece]) -> Iterator[Planned]:
    """Every tenth day an issue of the column with the newest items; the paper prints it the day after."""
    for issue in range(1, ISSUES + 1):
        day = date(YEAR, 1, 5) + timedelta(days=10 * (issue - 1))
        ready = sorted((piece for piece in news if piece.at < _at(day, 0)), key=lambda piece: piece.at)
        for piece in ready[-(1 + issue % 3) :] or news[:1]:
            subject = replace(_on(office, piece, "daily"), issue=str(issue))
            yield _at(day, 16), partial(record, office, Event.HANDED_OVER, subject, actor="system")
            printed = partial(
                record, office, Event.PRINTED, subject, actor="办公室", proof=Proof(evidence="E3"),
                happened_on=day + timedelta(days=1),
            )  # fmt: skip
            yield _at(day + timedelta(days=1), 9), printed


def _on(office: Office, piece: Piece, channel: str) -> Subject:
    return replace(piece.subject, channel=channel, channel_kind=office.channels[channel].kind, action="publish")


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment by Beijing time, which has no summer time."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)
