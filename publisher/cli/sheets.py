"""Counts as a table for people, as JSON and as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from channels.errors import Text
from publisher.cli.output import print_json, print_table, say
from publisher.log.models import Entry
from publisher.log.queries import as_json
from publisher.office import Office, get_office
from publisher.reports import counts
from publisher.reports.counts import SIDES, Selection
from publisher.reports.differing import Differing
from publisher.reports.naming import CUT_NAMES, value_name
from publisher.reports.periods import Period
from publisher.reports.rules import Rule
from publisher.reports.tallies import Tally

Form = Literal["table", "json", "csv"]
Row = Mapping[str, Any]

HEADINGS: Mapping[str, str | Promise] = {
    **CUT_NAMES,
    "count": gettext_lazy("Count"),
    "compared": gettext_lazy("Compared with"),
    "change": gettext_lazy("Up or down"),
    "change_percent": "%",
    "counted_by": gettext_lazy("Counted only by"),
    "seq": gettext_lazy("No."),
    "happened_on": gettext_lazy("Day"),
    "item": gettext_lazy("Item"),
    "title": gettext_lazy("Title"),
    "url": gettext_lazy("Address"),
    "key": gettext_lazy("Rule"),
    "version": gettext_lazy("Version"),
    "since": gettext_lazy("In force from"),
    "name": gettext_lazy("Name"),
    "words": gettext_lazy("What it counts"),
}
ENTRY = ("seq", "happened_on", "event", "channel", "column", "item", "title", "url", "evidence")
NARROWED = {
    "channels": "channel",
    "columns": "column",
    "classes": "class",
    "sections": "section",
    "persons": "person",
    "sources": "source",
    "disclosures": "disclosure",
}
"""What a selection calls its restrictions, and the cuts they are values of."""
FEW_ROWS = 50
"""So many rows of either side a table shows where nobody says how many."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One answer: how the JSON document is made, the rows of table and CSV, and what is said above and below them."""

    document: Callable[[], Any]
    fields: Sequence[str]
    rows: Iterable[Row]
    notes: Sequence[Text] = ()
    totals: Sequence[Text] = ()


def show(sheet: Sheet, form: Form) -> None:
    if form == "json":
        print_json(sheet.document())
        return
    if form == "csv":
        writer = csv.DictWriter(sys.stdout, sheet.fields, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({name: _harmless(value) for name, value in row.items()} for row in sheet.rows)
        return
    office = get_office()
    for total in sheet.totals:
        say(total)
    print_table(
        [str(HEADINGS.get(name, name)) for name in sheet.fields],
        ([value_name(office, name, _shown(row[name])) for name in sheet.fields] for row in sheet.rows),
    )
    for note in sheet.notes:
        say(note)


def of_cells(office: Office, year: int, selection: Selection, cuts: Sequence[str]) -> Sheet:
    tally = Tally(office, selection)
    rows = tally.by(*cuts)
    document = totals(tally, year) | {"rows": rows}
    notes = _summary(document, selection)
    added = sum(row["count"] for row in rows)
    if added != document["count"]:
        notes.append(Text("The rows add up to {sum}: what stands in several of them counts in each.", sum=added))
    return Sheet(lambda: document, [*cuts, "count"], rows, notes)


def of_rows(office: Office, year: int, selection: Selection, cuts: Sequence[str]) -> Sheet:
    """The figure opened: one row of the log for each unit."""
    document = of_cells(office, year, selection, cuts).document()
    entries = counts.opened(office, selection).iterator(chunk_size=1000)
    return Sheet(
        lambda: document | {"entries": list(map(as_json, entries))},
        ENTRY,
        map(_entry, entries),
        _summary(document, selection),
    )


def of_comparison(office: Office, selection: Selection, cuts: Sequence[str], years: tuple[int, int]) -> Sheet:
    """The same stretch of two years under the same rule, side by side."""
    year, other = years
    compared = replace(selection, period=selection.period.moved(other - year))
    both = [Tally(office, chosen) for chosen in (selection, compared)]
    cells = [{tuple(row[name] for name in cuts): row["count"] for row in tally.by(*cuts)} for tally in both]
    rows = [
        dict(zip(cuts, values, strict=True)) | _change(*(found.get(values, 0) for found in cells))
        for values in sorted(cells[0].keys() | cells[1].keys())
    ]
    document = totals(both[0], year)
    whole = _change(document["count"], both[1].whole())
    document |= {"compared_year": other, "compared_period": _period(compared), **whole, "rows": rows}
    note = Text("{other}: {compared}; {year}: {count}; change {change}.", year=year, other=other, **whole)
    fields = [*cuts, "compared", "count", "change", "change_percent"]
    return Sheet(lambda: document, fields, rows, [note, *_summary(document, selection)])


def of_difference(office: Office, selection: Selection, other: Rule, *, limit: int | None, form: Form) -> Sheet:
    """What only one of two rules counts, row by row, up to ``limit`` rows of either; without it, all but in a table."""
    differing = Differing(office, selection, other)
    most = FEW_ROWS if limit is None and form == "table" else limit
    document = _frame(office, selection) | {
        "count": differing.counted["here"],
        "only_here_count": differing.only["here"],
        "only_there_count": differing.only["there"],
        "against": {
            "rule": other.key,
            "version": other.version,
            "words": str(other.words),
            "count": differing.counted["there"],
        },
    }
    totals = [
        Text(
            "{rule}: {count}, of these {only} only here. {words}",
            rule=_name(rule),
            count=differing.counted[side],
            only=differing.only[side],
            words=rule.words,
        )
        for side in SIDES
        for rule in [differing.under(side).rule]
    ]
    rows = (
        {"counted_by": differing.under(side).rule.key} | _entry(entry)
        for side in SIDES
        for entry in differing.rows(side, most)
    )
    left = sum(max(0, differing.only[side] - most) for side in SIDES) if most is not None else 0
    notes = [Text("{count} more rows are not shown: give a greater --limit, or take all with --csv.", count=left)]
    return Sheet(
        lambda: document | {f"only_{side}": list(map(as_json, differing.rows(side, most))) for side in SIDES},
        ["counted_by", *ENTRY],
        rows,
        notes if left else [],
        totals,
    )


def of_rules(known: Mapping[str, Rule]) -> Sheet:
    rows = [
        {
            "key": rule.key,
            "version": rule.version,
            "since": rule.since,
            "name": str(rule.name),
            "words": str(rule.words),
        }
        for rule in known.values()
    ]
    return Sheet(
        lambda: [rule.model_dump(mode="json") for rule in known.values()],
        ["key", "version", "since", "name", "words"],
        rows,
    )


def totals(tally: Tally, year: int) -> dict[str, Any]:
    """What is counted and how, the rule's own number, and items and publications, which are always both told."""
    return {"year": year, **_frame(tally.office, tally.selection), **asdict(tally.totals)}


def _frame(office: Office, selection: Selection) -> dict[str, Any]:
    rule = selection.rule
    return {
        "rule": rule.key,
        "rule_version": rule.version,
        "words": str(rule.words),
        "unit": rule.unit,
        "office": office.slug,
        "period": _period(selection),
        "as_of": selection.as_of.isoformat() if selection.as_of else None,
        "archive": selection.archive or None,
        "only": {name: list(names) for name in NARROWED if (names := getattr(selection, name))},
    }


def _period(selection: Selection) -> dict[str, str]:
    return {"first": selection.period.first.isoformat(), "last": selection.period.last.isoformat()}


def _summary(document: Row, selection: Selection) -> list[Text]:
    period = selection.period
    span = str(document["year"]) if period == Period.of_year(document["year"]) else f"{period.first} – {period.last}"
    given = {name: document[name] for name in ("count", "items", "publications")} | {"period": span}
    rule = Text("Rule {rule}: {words}", rule=_name(selection.rule), words=selection.rule.words)
    said = [_counted(selection.rule, given), rule, *_narrowed(selection)]
    if selection.as_of is not None:
        said.append(Text("As the figures stood at {moment}.", moment=selection.as_of.strftime("%Y-%m-%d %H:%M")))
    return said


def _counted(rule: Rule, given: Mapping[str, Any]) -> Text:
    if rule.unit == "issue":
        return Text("{period}: {count} issues with {items} items.", **given)
    if rule.unit == "column":
        return Text("{period}: {count} columns of the website.", **given)
    return Text("{period}: {items} items, {publications} publications.", **given)


def _narrowed(selection: Selection) -> Iterable[Text]:
    """To what the count was narrowed."""
    office = get_office()
    for name, cut in NARROWED.items():
        if chosen := getattr(selection, name):
            words = "、".join(value_name(office, cut, value) for value in chosen)
            yield Text("{cut}: {values} only.", cut=CUT_NAMES[cut], values=words)


def _name(rule: Rule) -> str:
    return f"{rule.label} ({rule.name})"


def _change(count: int, compared: int) -> dict[str, Any]:
    percent = round(100 * (count - compared) / compared, 1) if compared else None
    return {"count": count, "compared": compared, "change": count - compared, "change_percent": percent}


def _entry(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in ENTRY}


def _shown(value: Any) -> str | int:
    return "" if value is None else value if isinstance(value, int) else str(value)


def _harmless(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, as a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
