"""Reports in their official forms: drafts at any time, final ones for ever."""

from __future__ import annotations

import json
from datetime import datetime, time
from pathlib import Path
from typing import Any

import click
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.errors import Text
from publisher.cli.files import write_whole
from publisher.cli.output import Exit, actor, print_json, print_table, say, stop
from publisher.cli.schema import ensure_schema
from publisher.cli.telling import finding_line, say_findings, say_missing, told
from publisher.office import Office, get_office
from publisher.reports import queries
from publisher.reports.checks.comparison import Change
from publisher.reports.content import content_of, figure_content, finding_content
from publisher.reports.figures.figure import Figure
from publisher.reports.figures.parsing import plain
from publisher.reports.finals import Frozen, final
from publisher.reports.finishing import FILES, finish
from publisher.reports.forms.format import ConfigFigure, Form
from publisher.reports.forms.loading import office_forms
from publisher.reports.render import render
from publisher.reports.report import LANGUAGE, Report, form_for, make_report
from publisher.reports.submitting import submit_as_item

JSON = "json"
MARKS = {
    "verified": gettext_lazy("as published"),
    "partly": gettext_lazy("partly as published"),
    "unverified": gettext_lazy("not verified"),
}
"""How well the layout of a form is known."""


@click.command()
@click.argument("year", type=click.IntRange(2000, 2999), required=False)
@click.option("--form", "name", default="", help="报表格式；默认为该年度的年度报告。 Key of the form.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="写成文件（.docx .xlsx .html .pdf .json）。"
)
@click.option(
    "--list", "is_list", is_flag=True, help="列出已知的报表格式。 The known forms, of a year where it is named."
)
@click.option("--missing", is_flag=True, help="列出尚未填报的数字。 What has still to be entered.")
@click.option("--check", is_flag=True, help="校验勾稽关系和文字。 Run the checks.")
@click.option("--compare", is_flag=True, help="与上年对比。 Beside the year before.")
@click.option("--final", "is_final", is_flag=True, help="定稿：冻结全部数字，并记入日志。 Declare it final.")
@click.option("--submit", is_flag=True, help="把定稿作为稿件提交。 Submit the final report as an item.")
@click.option("--to", default="", help="提交到哪些渠道；默认各网站。 Channels for --submit.")
@click.option("--version", type=click.IntRange(min=1), help="第几版定稿；默认最新。 Which final version.")
@click.option("--draft", is_flag=True, help="已定稿也重新起草。 A draft even where there is a final one.")
@click.option("--as-of", "as_of", default="", help="以某日（时）为准，如 2018-01-20。 Figures as they stood.")
@click.option("--json", "as_json", is_flag=True, help="只输出一个 JSON 文档。")
def report(
    year: int | None,
    name: str,
    out: Path | None,
    is_list: bool,
    missing: bool,
    check: bool,
    compare: bool,
    is_final: bool,
    submit: bool,
    to: str,
    version: int | None,
    draft: bool,
    as_of: str,
    as_json: bool,
) -> None:
    """按官方格式编制年度报告和报表。 A report of a year in an official form."""
    ensure_schema()
    office = get_office()
    if is_list or year is None:
        print_forms(
            [*office_forms(office).values()] if year is None else queries.forms_of(office, year), as_json=as_json
        )
        return
    with told():
        moment = parse_moment(as_of, office)
        if is_final:
            _finish(office, year, name, as_json=as_json and not submit)
        if submit:
            _submit(office, year, name, version, to, as_json=as_json)
        if out is not None:
            _write(out, office, year, name, version=version, draft=draft, as_of=moment)
        if missing or check or compare or not (is_final or submit or out):
            made = make_report(office, year, name, as_of=moment)
            raise SystemExit(_answer(made, missing=missing, check=check, compare=compare, as_json=as_json))


def print_forms(forms: list[Form], *, as_json: bool) -> None:
    """The known forms: their keys, years and how well their layout is known."""
    if as_json:
        print_json(
            [
                {"key": form.key, "family": form.family, "name": form.name, "years": form.years, "mark": form.mark}
                for form in forms
            ]
        )
        return
    rows = [(form.key, years_of(form), form.name, form.source, MARKS[form.mark]) for form in forms]
    print_table([_("Form"), _("Report years"), _("Name"), _("Source"), _("Layout")], rows)


def years_of(form: Form) -> str:
    return "–".join(map(str, form.years)) if len(form.years) == 2 else f"{form.years[0]}–"


def parse_moment(text: str, office: Office) -> datetime | None:
    """A day means its end, where the office is."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        stop(Text("{text} is not a time: write it like 2026-12-01T09:00.", text=text), Exit.USAGE)
    if len(text) == len("2018-01-20"):
        moment = datetime.combine(moment.date(), time.max)
    return moment if moment.tzinfo else moment.replace(tzinfo=office.timezone)


def _finish(office: Office, year: int, name: str, *, as_json: bool) -> None:
    done = finish(office, year, name, by=actor())
    if as_json:
        print_json(final_content(Frozen(done)))
    say(
        Text(
            "{title} is final: version {version}, log entry {seq}, digest {digest}.",
            title=Frozen(done).content["title"],
            version=done.version,
            seq=done.seq,
            digest=done.digest,
        )
    )


def final_content(frozen: Frozen) -> dict[str, Any]:
    """What was frozen, and where the log says so."""
    done = frozen.report
    return {"digest": done.digest, "seq": done.seq, "by": done.by, **frozen.content}


def _submit(office: Office, year: int, name: str, version: int | None, to: str, *, as_json: bool) -> None:
    frozen = _final(office, year, name, version)
    channels = [key.strip() for key in to.split(",") if key.strip()]
    revision, is_new = submit_as_item(office, frozen, by=actor(), channels=channels)
    if as_json:
        print_json({"item": revision.item_id, "revision": revision.number, "channels": revision.channels})
    if not is_new:
        say(
            Text(
                "Version {version} was submitted before, as item {item}: it is not submitted twice.",
                version=frozen.report.version,
                item=revision.item_id,
            )
        )
        return
    say(
        Text(
            "Version {version} is submitted as item {item}: it is published once it is released.",
            version=frozen.report.version,
            item=revision.item_id,
        )
    )


def _final(office: Office, year: int, name: str, version: int | None) -> Frozen:
    form = form_for(office, year, name)
    frozen = final(office, year, form.key, version=version)
    if frozen is None:
        stop(Text("There is no such final report: declare it final with --final first."))
    return frozen


def _write(
    out: Path, office: Office, year: int, name: str, *, version: int | None, draft: bool, as_of: datetime | None
) -> None:
    kind = out.suffix.lower().removeprefix(".")
    if kind not in (*FILES, JSON):
        known = ", ".join(f".{form}" for form in (*FILES, JSON))
        stop(
            Text("{name} ends in none of {known}: give it one of these endings.", name=out.name, known=known),
            Exit.USAGE,
        )
    form = form_for(office, year, name)
    frozen = None if draft or as_of else final(office, year, form.key, version=version)
    if frozen is not None:
        write_whole(out, _frozen_bytes(frozen, kind))
        say(Text("{path}: version {version}, as it was declared final.", path=out, version=frozen.report.version))
        return
    if version is not None:
        _final(office, year, name, version)
    made = make_report(office, year, name, as_of=as_of)
    write_whole(out, draft_bytes(made, kind))
    say(Text("{path}: a draft of {title}.", path=out, title=made.title))
    say_missing(made.missing)
    say_findings(made.findings)


def _frozen_bytes(frozen: Frozen, kind: str) -> bytes:
    if kind == JSON:
        return frozen.report.content.encode()
    content = frozen.file(kind)
    if content is None:
        stop(Text("No .{kind} was made when this report was declared final: choose another ending.", kind=kind))
    return content


def draft_bytes(made: Report, kind: str) -> bytes:
    if kind == JSON:
        with translation.override(LANGUAGE):
            return json.dumps(content_of(made), ensure_ascii=False, indent=2).encode()
    form = next(form for form in FILES if form == kind)
    return render(made.document(), form, made.sources)


def _answer(made: Report, *, missing: bool, check: bool, compare: bool, as_json: bool) -> Exit:
    """What was asked about a report; without a question, how far it has come."""
    everything = not (missing or check or compare)
    if as_json:
        print_json(_answers(made, missing=missing, check=check, compare=compare))
        return Exit.REFUSED if check and made.errors else Exit.DONE
    if everything:
        _print_state(made)
    if missing:
        rows = [(figure.key, figure.label, figure.unit, place_of(figure)) for figure in made.missing]
        print_table([_("Figure"), _("Name"), _("Unit"), _("Origin")], rows)
    if check:
        for finding in made.findings:
            click.echo(finding_line(finding))
        say(
            Text(
                "{errors} errors, {warnings} warnings.",
                errors=len(made.errors),
                warnings=len(made.findings) - len(made.errors),
            )
        )
    if compare:
        print_table(
            [_("Figure"), _("Name"), _("Unit"), str(made.year - 1), str(made.year), _("Change"), "%"],
            [_change_row(change) for change in made.changes],
        )
    return Exit.REFUSED if check and made.errors else Exit.DONE


def place_of(figure: Figure) -> str:
    """Where a missing value is given: with the command, or in the configuration."""
    if isinstance(figure.definition, ConfigFigure):
        return f"office.toml: {figure.definition.setting}"
    return "publisher figure set"


def _answers(made: Report, *, missing: bool, check: bool, compare: bool) -> dict[str, Any]:
    if not (missing or check or compare):
        return content_of(made) | {"missing": [figure.key for figure in made.missing]}
    answers: dict[str, Any] = {"year": made.year, "form": made.form.key}
    if missing:
        answers["missing"] = [figure_content(figure, made, has_rows=False) for figure in made.missing]
    if check:
        answers["findings"] = [finding_content(finding) for finding in made.findings]
    if compare:
        answers["figures"] = [_change_content(change) for change in made.changes]
    return answers


def _print_state(made: Report) -> None:
    say(
        Text(
            "{title}: form {form}, {missing} figures missing, {errors} errors, {warnings} warnings.",
            title=made.title,
            form=made.form.key,
            missing=len(made.missing),
            errors=len(made.errors),
            warnings=len(made.findings) - len(made.errors),
        )
    )


def _change_row(change: Change) -> tuple[object, ...]:
    figure = change.figure
    numbers = (change.before, change.now, change.difference, change.percent)
    return (figure.key, figure.label, figure.unit, *("" if number is None else plain(number) for number in numbers))


def _change_content(change: Change) -> dict[str, Any]:
    numbers = {"before": change.before, "now": change.now, "change": change.difference, "percent": change.percent}
    return {"key": change.figure.key, "label": change.figure.label, "unit": change.figure.unit} | {
        name: None if number is None else plain(number) for name, number in numbers.items()
    }
