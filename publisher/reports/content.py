"""A report, its figures and its findings as plain data: what is frozen, and what ``--json`` prints."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from publisher.log.chain import stamp
from publisher.reports.checks.finding import Finding
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.parsing import plain
from publisher.reports.filling.opening import seqs
from publisher.reports.models import EnteredValue
from publisher.reports.report import Report
from publisher.wording import sentence


def content_of(report: Report) -> dict[str, Any]:
    """Everything a report says of its figures, as plain data."""
    as_of = report.figures.as_of
    return {
        "office": report.office.slug,
        "office_name": report.office.name,
        "year": report.year,
        "form": report.form.key,
        "title": report.title,
        "as_of": stamp(as_of) if as_of else None,
        "figures": [figure_content(figure, report) for figure in report.figures.values()],
        "warnings": [finding_content(finding) for finding in report.findings],
    }


def figure_content(figure: Figure, report: Report, *, has_rows: bool = True) -> dict[str, Any]:
    """A figure as plain data, where asked with the numbers of the log entries behind it as ``[first, last]`` spans."""
    facts: dict[str, Any] = {
        "key": figure.key,
        "label": figure.label,
        "kind": figure.kind,
        "unit": figure.unit,
        "number": None if figure.number is None else plain(figure.number),
        "text": report.texts.get(figure.key, figure.text),
        "phrase": figure.phrase,
    }
    if figure.selection:
        facts["rule"] = figure.selection.rule.label
    if has_rows and (numbers := list(seqs(figure, report.figures))):
        facts["rows"] = spans(numbers)
    if given := figure.entered:
        facts["entered"] = value_content(given)
    return facts


def value_content(value: EnteredValue) -> dict[str, Any]:
    """A value somebody gave as plain data."""
    return {
        "value": value.value,
        "kind": value.kind,
        "by": value.by,
        "at": stamp(value.at),
        "seq": value.seq,
        "note": value.note,
        "source": value.source,
    }


def finding_content(finding: Finding) -> dict[str, Any]:
    """What a check found as plain data, in the language that is active."""
    return {
        "check": finding.check,
        "severity": finding.severity,
        "place": finding.place,
        "text": sentence(finding.text),
        "figures": list(finding.figures),
    }


def spans(numbers: Iterable[int]) -> list[list[int]]:
    """Ascending numbers, each once, neighbours as one ``[first, last]``."""
    grouped = groupby(enumerate(sorted(set(numbers))), lambda pair: pair[1] - pair[0])
    runs = [[number for _place, number in group] for _offset, group in grouped]
    return [[run[0], run[-1]] for run in runs]
