"""Looking through items before they go out, and through everything that is out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.cli.beginning import begin
from publisher.cli.manuscripts import read_manuscript
from publisher.cli.output import Exit, print_json, print_table, say, stop
from publisher.cli.watching import find_item
from publisher.items.actions import Wish
from publisher.office import Office
from publisher.review.checks import links, live
from publisher.review.checks.finding import Finding, Kind, Severity
from publisher.review.checks.passages import passages
from publisher.review.checks.scan import scan, scan_manuscript
from publisher.review.checks.wordlists import words
from publisher.review.models import LiveFindings, LiveScan
from publisher.wording import sentence


@click.command()
@click.argument("target", required=False)
@click.option("--title", default="", help="标题；默认取文件中的标题。 Title, else the file's own.")
@click.option("--links", "ask_links", is_flag=True, help="同时访问链接。 Ask every linked page whether it is there.")
@click.option(
    "--inside", is_flag=True, help="链接检查包括内部网络的地址。 Links into the internal network are asked as well."
)
@click.option("--live", "is_live", is_flag=True, help="重新检查所有在线稿件。 Look through everything that is out.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def check(target: str | None, title: str, ask_links: bool, inside: bool, is_live: bool, as_json: bool) -> None:
    """检查稿件（编号或文件），或所有在线稿件。 Check an item, a file, or everything that is out."""
    office = begin()
    if (target is None) != is_live:
        stop(Text("Name an item or a file, or write --live."), Exit.USAGE)
    if target is None:
        _check_live(office, as_json=as_json)
        return
    found, html = _found(office, target, title)
    if ask_links:
        found += links.Asking(may_ask_inside=inside).dead(passages(html))
    if as_json:
        print_json({"lists": words(office).digest, "findings": [as_document(finding) for finding in found]})
    else:
        print_findings(found)
    _finish(found)


def say_findings(found: Iterable[Finding]) -> None:
    """What is worse than an info, a line each, for the person who submits."""
    for finding in found:
        if finding.severity != Severity.INFO:
            say(Text("{severity} in {place}: {message}", **_words(finding)))


def print_findings(found: Sequence[Finding]) -> None:
    """A table of findings, errors first."""
    if found:
        headings = [_("Severity"), _("Place"), _("Kind"), _("Finding"), _("Suggestion")]
        print_table(headings, [_row(finding) for finding in found])


def as_document(finding: Finding) -> dict[str, Any]:
    """A finding for other programs, its sentence in the reader's language."""
    document = finding.json()
    del document["template"], document["values"]
    return document | {"place": place_words(finding), "message": sentence(finding.text)}


def place_words(finding: Finding) -> str:
    """Where it stands, the attachment named before the place in it."""
    where = finding.where
    words = [where.channel, where.file, where.sheet, sentence(where.text)]
    return " · ".join(filter(None, words))


def _found(office: Office, target: str, title: str) -> tuple[list[Finding], str]:
    if target.isdecimal() and not Path(target).exists():
        revision = find_item(int(target)).revisions.order_by("-number")[0]
        return scan(office, revision), revision.html
    manuscript = read_manuscript(target, title)
    today = timezone.now().astimezone(office.timezone).date()
    return scan_manuscript(office, manuscript, Wish(title=title), on=today), manuscript.html


def _check_live(office: Office, *, as_json: bool) -> None:
    made = live.look_through(office, now=timezone.now())
    if as_json:
        print_json(_live_json(office, made))
    else:
        rows = [
            (entry.item, entry.title, *_row(live.finding(one))) for entry in _entries(office) for one in entry.found
        ]
        headings = [_("Item"), _("Title"), _("Severity"), _("Place"), _("Kind"), _("Finding"), _("Suggestion")]
        print_table(headings, rows)
    say(
        Text(
            "Items that are out: {items}. Errors: {errors}. Warnings: {warnings}.",
            items=made.items,
            errors=made.errors,
            warnings=made.warnings,
        )
    )
    raise SystemExit(Exit.REFUSED if made.errors else Exit.DONE)


def _entries(office: Office) -> list[LiveFindings]:
    return list(LiveFindings.objects.filter(office=office.slug).order_by("-errors", "-item"))


def _live_json(office: Office, made: LiveScan) -> dict[str, Any]:
    return {
        "lists": made.lists,
        "made_at": made.made_at.isoformat(),
        "items": made.items,
        "errors": made.errors,
        "warnings": made.warnings,
        "found": [
            {
                "item": entry.item,
                "title": entry.title,
                "findings": [{"revision": one["revision"], **as_document(live.finding(one))} for one in entry.found],
            }
            for entry in _entries(office)
        ],
    }


def _finish(found: Sequence[Finding]) -> None:
    errors, warnings = (sum(f.severity == severity for f in found) for severity in (Severity.ERROR, Severity.WARNING))
    say(Text("Errors: {errors}. Warnings: {warnings}.", errors=errors, warnings=warnings))
    raise SystemExit(Exit.REFUSED if errors else Exit.DONE)


def _words(finding: Finding) -> dict[str, str]:
    return {
        "severity": str(Severity(finding.severity).label),
        "place": place_words(finding),
        "message": sentence(finding.text),
    }


def _row(finding: Finding) -> tuple[str, ...]:
    words = _words(finding)
    return words["severity"], words["place"], str(Kind(finding.kind).label), words["message"], finding.suggestion or ""
