"""One channel's product with all a page says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from channels.base import Problem, Product
from channels.errors import Text
from channels.preview import Gauge
from publisher.items.variants import Source
from publisher.office import ChannelEntry
from publisher.review.models import ChannelProduct, ReviewedProduct
from publisher.review.products import made_for, signed_product

Standing = Literal["released", "in approval", "would be"]


@dataclass(frozen=True, slots=True)
class Made:
    """A product as it is or would be signed.

    Attributes:
        product: None where none can be made; ``problems`` say why.
        gauges: how full the limits are; ``own``: how full they were if the item's own words stood everywhere.
        standing: it is kept since it was released or sent up for approval, and goes out as it is or not at all; or it
            is what would be made now.
    """

    product: Product | None
    problems: Sequence[Problem]
    gauges: Sequence[Gauge]
    own: Sequence[Gauge]
    standing: Standing = "would be"


def as_it_would_be(entry: ChannelEntry, source: Source) -> Made:
    """What would be signed now. Nothing is kept anywhere."""
    draft = made_for(entry, source)
    return Made(draft.product, draft.problems, *_gauges(entry, source))


def as_kept(entry: ChannelEntry, source: Source, row: ChannelProduct | ReviewedProduct) -> Made:
    """What was released or is being decided on, from where it is kept. Raises NotWhatWasSigned, DamagedAsset."""
    standing: Standing = "released" if isinstance(row, ChannelProduct) else "in approval"
    problems = [Problem(severity, Text(template, **values)) for severity, template, values in row.problems]
    return Made(signed_product(row), problems, *_gauges(entry, source), standing)


def _gauges(entry: ChannelEntry, source: Source) -> tuple[Sequence[Gauge], Sequence[Gauge]]:
    takes = entry.channel.capabilities.takes
    plain = replace(source, wordings={})
    with_own, without = (s.for_channel(entry.key, takes) for s in (source, plain))
    return entry.channel.gauges(with_own), entry.channel.gauges(without)
