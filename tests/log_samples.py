"""A log as an office has it after some years, written by the program itself at the times that are told of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import time_machine
from django.db import transaction

from publisher.log.actions import Proof, Subject, record
from publisher.log.events import Event
from publisher.office import Office

COLUMNS = (
    ("dynamics", "工作动态", "政务动态"),
    ("notices", "通知公告", "通知公告"),
    ("policies", "政策文件", "政策文件"),
)
WEIGHTS = (10, 4, 2)
SECTIONS = ("办公室", "科技计划科", "知识产权科", "成果转化科", "")
PEOPLE = ("zhangwei", "lihong", "cli:wangmin")
SOURCES = ("", "", "", "攀枝花日报", "四川省科学技术厅")
TITLES = (
    "攀枝花市启动{year}年科技活动周",
    "关于组织申报{year}年度省级科技计划项目的通知",
    "市科知局召开{year}年全市知识产权工作会议",
    "我市{number}家企业通过高新技术企业认定",
    "攀枝花市专利资助资金管理办法",
    "市科知局到米易县调研钒钛新材料科技成果转化",
    "关于公布{year}年度攀枝花市科学技术进步奖获奖项目的决定",
)
KINDS = {"portal": "website", "wechat": "wechat", "weibo": "weibo", "daily": "newspaper"}


def write(office: Office, at: datetime, event: str, item: int | None, channel: str = "portal", **more: Any) -> None:
    """One entry at that time; the rest as an ordinary item on the website has it."""
    facts = {"channel": channel, "channel_kind": KINDS.get(channel, "website"), "title": f"第{item}篇"}
    column = dict(zip(("column", "column_name", "column_class"), COLUMNS[0], strict=True))
    is_seen = event == Event.PUBLISHED
    url = more.pop("url", f"https://kzj.example.gov.cn/{channel}/{item}.html" if is_seen else "")
    evidence = more.pop("evidence", "E2" if channel else "")
    proof = Proof(remote_id=str(item) if channel else "", url=url, evidence=evidence)
    happened_on: date | None = more.pop("happened_on", None)
    with time_machine.travel(at, tick=False), transaction.atomic():
        subject = Subject(item=item, **(facts | column | more))
        record(
            office, Event(event), subject, actor=more.get("person", "zhangwei"), proof=proof, happened_on=happened_on
        )


def year_of_work(office: Office, year: int, items: int, *, until: date | None = None) -> None:
    """Items of a whole year, or up to a day, most of them on the website and some everywhere; always the same ones."""
    chance = Random(year)
    first = datetime(year, 1, 3, 1, tzinfo=UTC)
    last = datetime.combine(until or date(year, 12, 29), datetime.min.time(), UTC)
    span = (last - first).total_seconds()
    for number, second in enumerate(sorted(chance.uniform(0, span) for _ in range(items)), start=1):
        _one_item(office, first + timedelta(seconds=second), year * 1000 + number, chance)


def _one_item(office: Office, at: datetime, item: int, chance: Random) -> None:
    column = dict(zip(("column", "column_name", "column_class"), *chance.choices(COLUMNS, WEIGHTS), strict=True))
    facts = column | {
        "title": chance.choice(TITLES).format(year=at.year, number=chance.randint(3, 40)),
        "section": chance.choice(SECTIONS),
        "person": chance.choice(PEOPLE),
        "source": chance.choice(SOURCES),
        "disclosure": "proactive",
        "revision": 1,
    }
    write(office, at, Event.SUBMITTED, item, "", **facts)
    for place, channel in enumerate(KINDS):
        if channel == "portal" or chance.random() < 0.5:
            issue = {"issue": str(at.timetuple().tm_yday // 9 + 1)} if channel == "daily" else {}
            event = Event.HANDED_OVER if channel == "daily" else Event.PUBLISHED
            write(office, at + timedelta(minutes=place + 1), event, item, channel, **facts, **issue)
            if channel == "daily" and chance.random() < 0.7:
                day = (at + timedelta(days=2)).date()
                more = facts | issue | {"happened_on": day, "evidence": "E0"}
                write(office, at + timedelta(days=3), Event.PRINTED, item, channel, **more)
    if chance.random() < 0.04:
        write(office, at + timedelta(hours=3), Event.RECALLED, item, "portal", **facts)
