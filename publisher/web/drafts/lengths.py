"""How much room is left in short posts for what a draft says, as the form shows it beside the summary."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from channels.base import Article, Column
from channels.preview import Gauge, Way
from publisher.items.drafts.content import Content
from publisher.office import Office


@dataclass(frozen=True, slots=True)
class PostLength:
    """One channel of short posts.

    Attributes:
        gauge: as the draft is kept; a page that runs scripts counts on from there.
        is_ticked: whether the draft goes there; others are shown once they are ticked, where scripts run.
    """

    key: str
    name: str
    gauge: Gauge
    is_ticked: bool

    @property
    def left(self) -> int:
        """Room for so many Chinese characters, below zero where that many are too much; the text fills what is left."""
        written = sum(count for name, count in self.gauge.parts.items() if name not in self.gauge.fitted)
        left = self.gauge.limit - self.gauge.extra - written
        return left // 2

    @property
    def is_over(self) -> bool:
        return self.left < 0

    @property
    def words(self) -> str:
        text = _("{channel}: {number} too many") if self.is_over else _("{channel}: room for {number} more")
        return text.format(channel=self.name, number=abs(self.left))


def post_lengths(office: Office, content: Content) -> list[PostLength]:
    """Channels whose posts are counted as people of short posts count, without those that have words of their own."""
    article = Article(
        key="draft",
        item=0,
        revision=0,
        title=content.title,
        html=content.html,
        column=office.columns.get(content.column) or Column(content.column, content.column, ""),
        created_on=timezone.now(),
        office_name=office.name,
        summary=content.summary,
    )
    return [
        PostLength(key, entry.name, gauge, key in content.channels)
        for key, entry in office.channels.items()
        if key not in content.variants
        for gauge in entry.channel.gauges(article)
        if gauge.way is Way.POST
    ]
