"""Checking the configuration and trying the channels."""

from __future__ import annotations

import click
from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import BaseModel

from channels.errors import ChannelError, Text
from publisher.cli.output import Exit, actor, print_json, print_table, say, stop, stop_for_configuration
from publisher.cli.schema import ensure_schema
from publisher.cli.watching import find_item
from publisher.credentials import standings
from publisher.credentials.models import Standing
from publisher.items.queries import source
from publisher.log.events import Event
from publisher.office import BadConfiguration, ChannelEntry, Flaw, Office, get_office, missing_secrets
from publisher.queue import accounts, actions, bells, clock
from publisher.queue.looking.keeping_up import SLICE_S
from publisher.queue.models import Account
from publisher.queue.moves import error_json
from publisher.queue.recalls.rules import rules as recall_rules
from publisher.reports.freshness.loading import standard
from publisher.reports.rules import rule_book
from publisher.review.opening import has_steps
from publisher.review.products import made_of
from publisher.review.staffing import staffing_flaws
from publisher.review.working_days import calendar
from publisher.wording import error_sentence, sentence

TELL_EVERY = 500
"""Pages between two words of how far it is."""


@click.group()
def config() -> None:
    """配置文件。 The configuration."""


@config.command()
@click.option("--json", "as_json", is_flag=True)
def check(as_json: bool) -> None:
    """检查配置文件与密钥引用。 Check the file and the secrets it refers to."""
    try:
        office = get_office()
        standard(office)
        rule_book()
        recall_rules()
        flaws = [*missing_secrets(office), *_approval_flaws(office)]
        failed = BadConfiguration(settings.PUBLISHER_CONFIG, flaws) if flaws else None
    except BadConfiguration as error:
        failed = error
    if as_json:
        found = failed.flaws if failed else ()
        print_json(
            {
                "file": str(failed.path if failed else settings.PUBLISHER_CONFIG),
                "ok": failed is None,
                "problems": [{"key": flaw.key, "message": sentence(flaw.text)} for flaw in found],
            }
        )
    if failed is not None:
        stop_for_configuration(failed, Exit.REFUSED)
    say(Text("The configuration {path} is in order.", path=settings.PUBLISHER_CONFIG))


def _approval_flaws(office: Office) -> list[Flaw]:
    """Mistakes in the holidays, and steps that nobody can decide; without steps nobody asks the database."""
    calendar(office)
    if not has_steps(office):
        return []
    ensure_schema()
    return staffing_flaws(office)


@config.command()
def show() -> None:
    """显示生效的配置（密钥只显示引用）。 Show what is in force; secrets only as references."""
    office = get_office()
    print_json(
        {
            "file": str(office.path),
            "home": str(settings.PUBLISHER_HOME),
            "office": {"slug": office.slug, "name": office.name, "site_id_code": office.site_id_code},
            "direct_release": office.direct_release,
            "steps": [step.model_dump(mode="json") for step in office.workflow.steps],
            "columns": [{"key": c.key, "name": c.name, "class": c.column_class} for c in office.columns.values()],
            "channels": {e.key: {"kind": e.kind, **_plain_options(e)} for e in office.channels.values()},
        }
    )


@click.group()
def channel() -> None:
    """发布渠道。 The channels."""


@channel.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_channels(as_json: bool) -> None:
    """列出渠道。 Show the configured channels."""
    ensure_schema()
    office = get_office()
    stopped, standing = accounts.paused(office.slug), standings.newest(office)
    entries = office.channels.values()
    if as_json:
        print_json(
            [
                _entry_json(entry) | _pause_json(stopped.get(entry.key)) | _standing_json(standing.get(entry.key))
                for entry in entries
            ]
        )
        return
    headings = [_("Channel"), _("Kind"), _("Name"), _("Address from"), _("Outcome"), _("Credentials"), _("Paused")]
    print_table(headings, (_row(entry, stopped.get(entry.key), standing.get(entry.key)) for entry in entries))


def _row(entry: ChannelEntry, account: Account | None, standing: Standing | None) -> tuple[str, ...]:
    outcome = str(Event(entry.channel.capabilities.outcome).label)
    pause = error_sentence(account.pause) if account else ""
    return entry.key, entry.kind, entry.name, entry.link_from, outcome, _good_until(standing), pause


def _good_until(standing: Standing | None) -> str:
    if standing is None:
        return ""
    if standing.error:
        return _("not accepted there")
    return f"{standing.ends_at.astimezone(get_office().timezone):%Y-%m-%d %H:%M}" if standing.ends_at else ""


def _standing_json(standing: Standing | None) -> dict[str, object]:
    if standing is None:
        return {"credentials": None}
    told = {
        "asked_at": standing.asked_at.isoformat(),
        "account": standing.account,
        "ends_at": standing.ends_at.isoformat() if standing.ends_at else None,
        "error": error_sentence(standing.error) or None,
        "metrics": standing.metrics,
    }
    return {"credentials": told}


def _pause_json(account: Account | None) -> dict[str, object]:
    if account is None or account.paused_at is None:
        return {"paused_at": None, "paused_by": None, "pause": None}
    paused_at = account.paused_at.isoformat()
    return {"paused_at": paused_at, "paused_by": account.paused_by, "pause": error_sentence(account.pause)}


@channel.command("test")
@click.argument("name")
@click.option("--item", type=int, help="只显示这篇稿件将怎样发送，不联网。 Only show what would be sent for an item.")
@click.option("--json", "as_json", is_flag=True)
def try_channel(name: str, item: int | None, as_json: bool) -> None:
    """试连渠道，不发布任何内容。 Try a channel without publishing anything."""
    entry = _entry(name)
    if item is not None:
        _show_calls(entry, item, as_json=as_json)
        return
    probes = entry.channel.probe()
    if as_json:
        tried = [{"name": sentence(p.name), "ok": p.ok, "detail": sentence(p.detail)} for p in probes]
        print_json({"channel": name, "ok": all(p.ok for p in probes), "probes": tried})
    else:
        rows = (("✓" if p.ok else "✗", sentence(p.name), sentence(p.detail)) for p in probes)
        print_table(["", _("Tried"), _("Result")], rows)
    raise SystemExit(Exit.DONE if all(p.ok for p in probes) else Exit.REFUSED)


def _show_calls(entry: ChannelEntry, item: int, *, as_json: bool) -> None:
    """What would be sent for an item's newest revision, secrets masked; nothing is asked or sent."""
    ensure_schema()
    office = get_office()
    revision = find_item(item).revisions.order_by("-number")[0]
    (draft,) = made_of(office, source(office, revision), [entry.key])
    for problem in draft.problems:
        say(problem.text)
    if draft.product is None:
        raise SystemExit(Exit.REFUSED)
    calls = entry.channel.calls(draft.product)
    if as_json:
        print_json({"channel": entry.key, "item": item, "revision": revision.number, "calls": list(calls)})
    elif calls:
        click.echo("\n".join(calls), nl=False)
    else:
        say(Text("The calls of {name} are the program's own: there is nothing to be set about them.", name=entry.name))
    raise SystemExit(Exit.DONE if draft.can_be_signed else Exit.REFUSED)


@channel.command()
@click.argument("name")
def renew(name: str) -> None:
    """让已发布的页面换上单位现在的页头、页脚和主题，可中断后继续。 Let pages that are out follow changed settings."""
    entry = _entry(name)
    told = 0
    try:
        while left := entry.channel.keep_up(seconds=SLICE_S):
            if not told or told - left >= TELL_EVERY:
                told = left
                say(Text("Pages of {name} that are left: {count}.", name=entry.name, count=left))
    except ChannelError as error:
        stop(error.text, Exit.REFUSED)
    say(Text("What is out on {name} is as the office wants it now.", name=entry.name))


@channel.command()
@click.argument("name")
@click.option("--reason", required=True, help="理由，记入日志。 Goes into the log.")
def pause(name: str, reason: str) -> None:
    """暂停一个渠道：不再发出新内容，已发的照常核对。 Send nothing new; what is out is still looked after."""
    ensure_schema()
    entry = _entry(name)
    report = error_json(Text("A person paused it: {reason}", reason=reason))
    if not accounts.pause(entry, by=actor(), report=report, now=clock.now()):
        stop(Text("Channel {name} is paused already.", name=entry.name))
    say(Text("Channel {name} is paused: nothing new is sent until it is resumed.", name=entry.name))


@channel.command()
@click.argument("name")
def resume(name: str) -> None:
    """恢复一个暂停的渠道。 Let a paused channel send again, and take up what it had stopped."""
    ensure_schema()
    entry = _entry(name)
    bells.ring(actions.resume(entry, by=actor()))
    say(Text("Channel {name} sends again.", name=entry.name))


def _entry(name: str) -> ChannelEntry:
    entry = get_office().channels.get(name)
    if entry is None:
        known = ", ".join(get_office().channels)
        stop(Text("There is no channel {key}: use one of {known}.", key=name, known=known), Exit.USAGE)
    return entry


def _entry_json(entry: ChannelEntry) -> dict[str, object]:
    able = entry.channel.capabilities
    return {
        "channel": entry.key,
        "kind": entry.kind,
        "name": entry.name,
        "link_from": entry.link_from,
        "outcome": able.outcome,
        "one_at_a_time": able.one_at_a_time,
        "max_pictures": able.max_pictures,
    }


def _plain_options(entry: ChannelEntry) -> dict[str, object]:
    """Options as written in the file: secrets as their references, everything else as text or numbers."""
    return {name: _plain(value) for name, value in entry.options}


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value if isinstance(value, int | float | bool) or value is None else str(value)
