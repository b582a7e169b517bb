"""One channel's product with all a page says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from channels.base import Problem, Product
from channels.errors import Text
from channels.preview import Gauge
from publisher.items.variants import Source
from publisher.office import ChannelEntry
from publisher.review.models import ChannelProduct
from publisher.review.products import made_for, signed_product


@dataclass(frozen=True, slots=True)
class Made:
    """A product as it is or would be signed.

    Attributes:
        product: None where none can be made; ``problems`` say why.
        gauges: how full the limits are; ``own``: how full they were if the item's own words stood everywhere.
        is_signed: it was approved, and goes out as it is or not at all.
    """

    product: Product | None
    problems: Sequence[Problem]
    gauges: Sequence[Gauge]
    own: Sequence[Gauge]
    is_signed: bool = False


def as_it_would_be(entry: ChannelEntry, source: Source) -> Made:
    """What would be signed now. Nothing is kept anywhere."""
    draft = made_for(entry, source)
    return Made(draft.product, draft.problems, *_gauges(entry, source))


def as_signed(entry: ChannelEntry, source: Source, row: ChannelProduct) -> Made:
    """What was signed, from where it is kept. Raises NotWhatWasSigned, DamagedAsset."""
    problems = [Problem(severity, Text(template, **values)) for severity, template, values in row.problems]
    return Made(signed_product(row), problems, *_gauges(entry, source), is_signed=True)


def _gauges(entry: ChannelEntry, source: Source) -> tuple[Sequence[Gauge], Sequence[Gauge]]:
    takes = entry.channel.capabilities.takes
    plain = replace(source, wordings={})
    with_own, without = (s.for_channel(entry.key, takes) for s in (source, plain))
    return entry.channel.gauges(with_own), entry.channel.gauges(without)
