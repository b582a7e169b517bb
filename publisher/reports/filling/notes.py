"""The counting rules a report used, in words: they stand under it, because the same year has several true counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from publisher.reports.figures.reading import Figures
from publisher.reports.filling.texts import filled
from publisher.reports.forms.format import ChartBlock
from publisher.reports.rules import Rule

CHART = "图表"
"""What a chart without a caption is called."""


def rules_used(figures: Figures) -> Iterator[tuple[Rule, Sequence[str]]]:
    """Each rule with the labels of the figures and the captions of the charts it counted, in the form's order."""
    used: dict[str, tuple[Rule, list[str]]] = {}
    counted = [(figure.label, figure.selection.rule) for figure in figures.values() if figure.selection]
    charts = (block for block in figures.form.blocks if isinstance(block, ChartBlock))
    counted += [(filled(block.caption, figures) or CHART, figures.selection(block).rule) for block in charts]
    for label, rule in counted:
        used.setdefault(rule.label, (rule, []))[1].append(label)
    yield from used.values()


def note(rule: Rule, labels: Sequence[str]) -> str:
    """One sentence for a rule: what is counted by it, how, and which wording of the rule."""
    named = "".join(f"“{label}”" for label in labels)
    return f"{named}按“{rule.name.zh}”口径（{rule.label}）统计。{rule.words.zh}"
