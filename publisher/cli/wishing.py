"""What is said of an item beside its text: the same options for a new item and for its correction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import wraps
from typing import Any, TypeVar

import click
from django.utils import timezone

from publisher.items.wishes import BadSubmission, Wish, require_ahead
from publisher.office import Office

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Facts:
    """What these options say, as it was typed."""

    title: str
    to: str
    author: str
    source: str
    origin: str | None
    source_url: str
    document_number: str
    in_force_until: str
    interprets: str
    disclosure_reason: str
    summary: str
    at: str

    def wish(self, office: Office) -> Wish:
        """Raises BadSubmission: what shall be a time or a day is none, or the time has passed."""
        publish_at = _moment(self.at, office)
        require_ahead(publish_at, now=timezone.now())
        return Wish(
            title=self.title,
            channels=[key.strip() for key in self.to.split(",") if key.strip()],
            author=self.author,
            source=self.source,
            origin=self.origin or "",
            source_url=self.source_url,
            document_number=self.document_number,
            in_force_until=_day(self.in_force_until),
            interprets=self.interprets,
            disclosure_reason=self.disclosure_reason,
            summary=self.summary,
            publish_at=publish_at,
        )


OPTIONS = (
    click.option("--title", default="", help="标题；默认取文件中的标题。 Title, else the file's own."),
    click.option(
        "--to", default="", help="渠道，用逗号分隔；默认全部，更正时沿用。 Channel keys; else all, or those before."
    ),
    click.option("--author", default="", help="作者。"),
    click.option("--source", default="", help="来源；默认为本单位。 Whose text it is."),
    click.option(
        "--origin", type=click.Choice(["own", "reposted"]), default=None, help="原创或转载。 Own work, or reposted."
    ),
    click.option("--source-url", default="", help="转载稿件的原文地址。 Address of the original of a reposted item."),
    click.option("--document-number", default="", help="发文字号。 Number of an official document."),
    click.option(
        "--in-force-until",
        default="",
        metavar="DAY",
        help="政策文件有效期至，如 2028-12-31。 Last day on which a policy document holds.",
    ),
    click.option(
        "--interprets",
        default="",
        help="解读的文件：发文字号或稿件编号，用逗号分隔。 Documents it interprets: document or item numbers.",
    ),
    click.option("--disclosure-reason", default="", help="不主动公开的理由。 Why it is not disclosed proactively."),
    click.option("--summary", default="", help="摘要。 Summary; else the beginning of the text."),
    click.option("--at", default="", help="定时发布，如 2026-12-01T09:00。 Not before this time."),
)


def facts_options(command: Command) -> Command:
    """Give a command these options, and what they say as its argument ``facts``."""

    @wraps(command)
    def run(*arguments: Any, **values: Any) -> Any:
        said = {field.name: values.pop(field.name) for field in fields(Facts)}
        return command(*arguments, facts=Facts(**said), **values)

    with_options: Any = run
    for option in reversed(OPTIONS):
        with_options = option(with_options)
    typed: Command = with_options
    return typed


def _moment(text: str, office: Office) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadSubmission("{text} is not a time: write it like 2026-12-01T09:00.", text=text) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=office.timezone)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadSubmission("{text} is not a day: write it like 2028-12-31.", text=text) from None
