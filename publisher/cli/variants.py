"""What single channels shall say differently, as a command is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from channels.base import Medium
from channels.errors import Text
from publisher.cli.manuscripts import read_bytes, read_manuscript
from publisher.cli.output import say
from publisher.items.manuscript import Manuscript
from publisher.items.models import Revision
from publisher.items.pictures import picture_of
from publisher.items.variants import with_variants
from publisher.items.wishes import BadSubmission
from publisher.office import Office

PARTS = ("title", "summary", "text", "cover")

variant_option = click.option(
    "--variant",
    "variants",
    multiple=True,
    metavar="CHANNEL:PART=VALUE",
    help="某一渠道单独的标题、摘要、正文（文件）或封面（文件），可多次给出，如 weibo:title=短标题。 "
    "What one channel says differently: title, summary, text (a file) or cover (a file); repeatable.",
)


def with_own(manuscript: Manuscript, variants: Sequence[str]) -> Manuscript:
    """The manuscript with what ``--variant`` says.

    Raises BadSubmission: one of them cannot be understood. Raises UnreadableManuscript: a file cannot be used.
    """
    values: dict[str, dict[str, str]] = defaultdict(dict)
    pictures: list[Medium] = []
    for given in variants:
        channel, part, value = _understood(given)
        name, read = _READERS.get(part, (part, _as_it_is))
        if name in values[channel]:
            raise BadSubmission("{part} of {channel} is given twice: leave one out.", part=part, channel=channel)
        values[channel][name], media = read(value, manuscript)
        pictures += media
    return with_variants(manuscript, values, pictures)


def say_left_behind(office: Office, before: Revision, variants: Mapping[str, object]) -> None:
    """Tell whoever corrects an item which channels no longer say anything different."""
    channels = [v.channel for v in before.variants.order_by("channel") if v.channel not in variants]
    if channels:
        names = [office.channels[key].name if key in office.channels else key for key in channels]
        say(
            Text(
                "What {channels} said differently belonged to the text before and is not taken over: give it again "
                "with --variant if it still holds.",
                channels=", ".join(names),
            )
        )


def _understood(given: str) -> tuple[str, str, str]:
    place, is_given, value = given.partition("=")
    channel, _, part = place.partition(":")
    if not (channel and is_given and value.strip()) or part not in PARTS:
        raise BadSubmission(
            "{given} cannot be understood: write it like weibo:title=…, with one of {parts}.",
            given=given,
            parts=", ".join(PARTS),
        )
    return channel.strip(), part, value


def _as_it_is(value: str, _manuscript: Manuscript) -> tuple[str, Sequence[Medium]]:
    return value, ()


def _text(file: str, manuscript: Manuscript) -> tuple[str, Sequence[Medium]]:
    read = read_manuscript(file, manuscript.title)
    return read.html, read.media


def _cover(file: str, _manuscript: Manuscript) -> tuple[str, Sequence[Medium]]:
    name, content = Path(file).name, read_bytes(file)
    picture = picture_of(content, name)
    return picture.sha256, [picture]


_READERS: dict[str, tuple[str, Callable[[str, Manuscript], tuple[str, Sequence[Medium]]]]] = {
    "text": ("html", _text),
    "cover": ("cover", _cover),
}
"""How the value of a part is read, and what the part is called inside."""
