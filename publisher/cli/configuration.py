"""Checking the configuration and trying the channels."""

from __future__ import annotations

import click
from django.conf import settings
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.output import Exit, print_json, print_table, say, stop, stop_for_configuration
from publisher.log.events import Event
from publisher.office import BadConfiguration, ChannelEntry, get_office, missing_secrets
from publisher.wording import sentence


@click.group()
def config() -> None:
    """配置文件。 The configuration."""


@config.command()
@click.option("--json", "as_json", is_flag=True)
def check(as_json: bool) -> None:
    """检查配置文件与密钥引用。 Check the file and the secrets it refers to."""
    try:
        flaws = missing_secrets(get_office())
        failed = BadConfiguration(settings.PUBLISHER_CONFIG, flaws) if flaws else None
    except BadConfiguration as error:
        failed = error
    if as_json:
        found = failed.flaws if failed else ()
        print_json(
            {
                "file": str(settings.PUBLISHER_CONFIG),
                "ok": failed is None,
                "problems": [{"key": flaw.key, "message": sentence(flaw.text)} for flaw in found],
            }
        )
    if failed is not None:
        stop_for_configuration(failed, Exit.REFUSED)
    say(Text("The configuration {path} is in order.", path=settings.PUBLISHER_CONFIG))


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
    entries = get_office().channels.values()
    if as_json:
        print_json([_entry_json(entry) for entry in entries])
        return
    rows = ((e.key, e.kind, e.name, e.link_from, Event(e.channel.capabilities.outcome).label) for e in entries)
    print_table([_("Channel"), _("Kind"), _("Name"), _("Address from"), _("Outcome")], rows)


@channel.command("test")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True)
def try_channel(name: str, as_json: bool) -> None:
    """试连渠道，不发布任何内容。 Try a channel without publishing anything."""
    entry = get_office().channels.get(name)
    if entry is None:
        known = ", ".join(get_office().channels)
        stop(Text("There is no channel {key}: use one of {known}.", key=name, known=known), Exit.USAGE)
    probes = entry.channel.probe()
    if as_json:
        tried = [{"name": sentence(p.name), "ok": p.ok, "detail": sentence(p.detail)} for p in probes]
        print_json({"channel": name, "ok": all(p.ok for p in probes), "probes": tried})
    else:
        rows = (("✓" if p.ok else "✗", sentence(p.name), sentence(p.detail)) for p in probes)
        print_table(["", _("Tried"), _("Result")], rows)
    raise SystemExit(Exit.DONE if all(p.ok for p in probes) else Exit.REFUSED)


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
    return {name: value if isinstance(value, int | float | bool) else str(value) for name, value in entry.options}
