"""Looking at what is out."""

from __future__ import annotations

import sys
import time
from datetime import datetime

import click
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, channel_name, print_json, print_table, say, stop
from publisher.cli.schema import ensure_schema
from publisher.office import Office, get_office
from publisher.queue import clock, delays
from publisher.queue.models import LinkedPage, Sighted
from publisher.queue.sightings import links, queries
from publisher.queue.sightings.enrolling import able, enrol
from publisher.queue.sightings.looking import look as look_at
from publisher.queue.states import Sight

BATCH = 500
BETWEEN_S = 1.0


@click.command()
@click.argument("channel", required=False)
@click.option("--all", "is_all", is_flag=True, help="今天看过的也再看一次。 Also what was looked at today.")
@click.option(
    "--links", "has_links", is_flag=True, help="也打开所链接的页面，每个地址每天至多一次。 Also linked pages."
)
@click.option("--json", "as_json", is_flag=True)
def look(channel: str | None, is_all: bool, has_links: bool, as_json: bool) -> None:
    """查看已发布的内容是否还在、是否被改动、能否打开。 Look at what is out: there, unchanged, in order.

    还没看过的和到期的（每天一次）才看；中断后再次运行即接着看。 What is new or due; run again, it goes on.
    """
    ensure_schema()
    office, now = get_office(), clock.now()
    channels = _channels(office, channel)
    enrol(office, now=now)
    rows = Sighted.objects.filter(office=office.slug, channel__in=channels, due_at__isnull=False)
    (rows if is_all else rows.filter(state=Sight.UNSEEN)).update(due_at=now)
    looked = _go_through(office, channels, now)
    asked = _open_links(office) if has_links else 0
    dead = list(links.bad(office))
    bad = list(queries.not_well(office.slug).filter(channel__in=channels).select_related("delivery__revision"))
    if as_json:
        metrics = queries.newest_metrics([row.delivery_id for row in bad])
        counted = queries.tally(office, channels)
        print_json(
            {
                "looked": looked,
                "asked": asked,
                "channels": {key: dict(count) for key, count in counted.items()},
                "problems": [queries.sighted_json(row, metrics.get(row.delivery_id, {})) for row in bad],
                "links": queries.links_json(dead),
            }
        )
    else:
        _print(office, channels, bad)
        _print_links(dead)
        say(Text("Looked at {count}.", count=looked))
        if has_links:
            say(Text("Linked pages asked for: {count}.", count=asked))
    raise SystemExit(Exit.REFUSED if bad or dead else Exit.DONE)


def _channels(office: Office, channel: str | None) -> list[str]:
    known = [entry.key for entry in able(office)]
    if channel is None:
        return known
    if channel not in office.channels:
        stop(Text("There is no channel {key}: use one of {known}.", key=channel, known=", ".join(known)), Exit.USAGE)
    if channel not in known:
        stop(Text("{name} cannot be looked at by the program.", name=office.channels[channel].name), Exit.USAGE)
    return [channel]


def _go_through(office: Office, channels: list[str], now: datetime) -> int:
    """Look until nothing is due, or nothing more can be looked at; Ctrl-C ends it between two looks."""
    count = 0
    while batch := sum(1 for _one in look_at(office, now=now, channels=channels, most=BATCH)):
        count += batch
        if sys.stderr.isatty():
            say(Text("Looked at {count} so far.", count=count))
    return count


def _open_links(office: Office) -> int:
    """Ask for the linked pages that are due; a host of others is not asked for two of them at once."""
    count = 0
    while some := links.ask(office, now=clock.now(), most=BATCH):
        count += some
        time.sleep(delays.scaled(BETWEEN_S))
    return count


def _print_links(dead: list[LinkedPage]) -> None:
    if not dead:
        return
    used = links.uses(dead)
    rows = [
        (page.address, queries.trouble(page), f"{first.item_id} {first.delivery.revision.title}", many)
        for page in dead
        for many, first in (used[page.pk],)
    ]
    print_table([_("Dead link"), _("Reason"), _("Item"), _("Publications")], rows)


def _print(office: Office, channels: list[str], bad: list[Sighted]) -> None:
    counted = queries.tally(office, channels)
    states = [state for state in Sight if any(counted[key][state] for key in channels)]
    headings = [_("Channel"), *(str(state.label) for state in states)]
    print_table(headings, [(channel_name(key), *(counted[key][state] for state in states)) for key in channels])
    if bad:
        rows = [
            (
                f"{row.item_id} {row.delivery.revision.title}",
                channel_name(row.channel),
                Sight(row.state).label,
                f"{row.since.astimezone(office.timezone):%Y-%m-%d %H:%M}",
                row.delivery.url or row.delivery.remote_id,
                " ".join(queries.reasons(row)),
            )
            for row in bad
        ]
        print_table([_("Item"), _("Channel"), _("State"), _("Since"), _("Address or place"), _("Reason")], rows)
