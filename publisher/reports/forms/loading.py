"""Reading form files: the official ones that come with the program, and what an office has beside its configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from django.conf import settings
from pydantic import ValidationError

from channels.errors import Text
from publisher.office import BadConfiguration, Flaw, Office, flaws_in, read_toml
from publisher.reports.forms.consistency import flaws
from publisher.reports.forms.format import FigureDefinition, Form, FormBlock, Selected
from publisher.reports.rules import rule_book

FOLDER = "forms"
LISTS = ("figures", "grids", "blocks", "checks")
"""The parts of a file that are lists of tables with keys."""


def official_folder() -> Path:
    """Where the forms that come with the program lie."""
    return Path(settings.PUBLISHER_DEFAULTS) / FOLDER


def own_folder(office: Office) -> Path:
    """Where an office puts its own forms, and its changes to official ones."""
    return office.path.parent / FOLDER


def load_form(path: Path) -> Form:
    """Read one whole form. Raises BadConfiguration: with every mistake, its key and remedy."""
    return _checked(path, read_toml(path))


def load_forms(official: Path, own: Path | None = None) -> dict[str, Form]:
    """All forms by key, those of ``own`` laid over the official ones. Raises BadConfiguration."""
    tables = {path: read_toml(path) for path in sorted(official.glob("*.toml"))}
    changes: dict[Path, dict[str, Any]] = {}
    # The model office lies beside the official forms themselves.
    if own is not None and own.is_dir() and own.resolve() != official.resolve():
        changes = {path: read_toml(path) for path in sorted(own.glob("*.toml"))}
    tables |= {path: table for path, table in changes.items() if "extends" not in table}
    forms: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path, table in tables.items():
        _require_new_key(path, table, forms)
        forms[table["key"]] = (path, table)
    for path, change in changes.items():
        if "extends" in change:
            key = _extended(path, change, forms)
            forms[key] = (path, merged(forms[key][1], change))
    loaded = {key: (path, _checked(path, table)) for key, (path, table) in forms.items()}
    _require_one_meaning([*loaded.values()])
    return {key: form for key, (_path, form) in loaded.items()}


def office_forms(office: Office) -> Mapping[str, Form]:
    """The forms an office has, official and own, by key. Raises BadConfiguration."""
    return _read(official_folder(), own_folder(office))


@cache
def _read(official: Path, own: Path) -> Mapping[str, Form]:
    forms = load_forms(official, own)
    for form in forms.values():
        _require_known_rules(form, own if (own / f"{form.key}.toml").is_file() else official)
    return forms


def _require_known_rules(form: Form, folder: Path) -> None:
    known = dict.fromkeys(rule.key for rule in rule_book().versions)
    selected: list[tuple[str, FigureDefinition | FormBlock]]
    selected = [(f"figures.{key}", figure) for key, figure in form.all_figures.items()]
    selected += [(f"blocks.{block.key or number}", block) for number, block in enumerate(form.blocks, start=1)]
    found = [
        Flaw(
            f"{where}.rule",
            Text("There is no counting rule {name}: use one of {known}.", name=part.rule, known=", ".join(known)),
        )
        for where, part in selected
        if isinstance(part, Selected) and part.rule not in known
    ]
    if found:
        raise BadConfiguration(folder / f"{form.key}.toml", found)


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The table of a form with an office's change laid over it."""
    result = {**base, **{name: value for name, value in change.items() if name != "extends" and name not in LISTS}}
    for name in LISTS:
        result[name] = _merged_list(base.get(name, []), change.get(name, []))
    return result


def _merged_list(base: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    result = [dict(part) for part in base]
    for change in changes:
        part = {name: value for name, value in change.items() if name != "after"}
        places = {str(known.get("key")): place for place, known in enumerate(result) if known.get("key")}
        if part.get("key") in places:
            result[places[part["key"]]] |= part
        else:
            result.insert(places.get(change.get("after", ""), len(result) - 1) + 1, part)
    return result


def _require_new_key(path: Path, table: Mapping[str, Any], forms: Mapping[str, tuple[Path, dict[str, Any]]]) -> None:
    key = table.get("key")
    if key != path.stem:
        raise BadConfiguration(
            path, [Flaw("key", Text("The key of a form is the name of its file: write {name}.", name=path.stem))]
        )
    if key in forms:
        text = Text("There is an official form with this key: write extends instead of key, or choose another key.")
        raise BadConfiguration(path, [Flaw("key", text)])


def _extended(path: Path, change: Mapping[str, Any], forms: Mapping[str, tuple[Path, dict[str, Any]]]) -> str:
    key = str(change["extends"])
    if key not in forms:
        text = Text("There is no form {name}: use one of {known}.", name=key, known=", ".join(forms))
        raise BadConfiguration(path, [Flaw("extends", text)])
    known = {str(block.get("key")) for block in forms[key][1].get("blocks", [])}
    blocks = change.get("blocks", [])
    found = [
        Flaw("blocks", Text("There is no block {key} to stand after: correct the name.", key=block["after"]))
        for block in blocks
        if "after" in block and block["after"] not in known | {str(other.get("key")) for other in blocks}
    ]
    if found:
        raise BadConfiguration(path, found)
    return key


def _checked(path: Path, table: Mapping[str, Any]) -> Form:
    try:
        form = Form.model_validate(table)
    except ValidationError as error:
        named = [Flaw(_named(flaw.key, table), flaw.text) for flaw in flaws_in(error)]
        raise BadConfiguration(path, named) from None
    if found := list(flaws(form)):
        raise BadConfiguration(path, found)
    return form


def _named(place: str, table: Mapping[str, Any]) -> str:
    """``figures.3.log.unit`` as ``figures.portal_work_news.unit``: people count from 1 and know keys, not places."""
    parts: list[str] = []
    value: Any = table
    for part in place.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
            parts.append(str(_key(value) or int(part) + 1))
        elif isinstance(value, dict) and part in {value.get("kind"), value.get("block")} and part not in value:
            continue  # pydantic's name of the kind, no key of the file
        else:
            value = value.get(part) if isinstance(value, dict) else None
            parts.append(part)
    return ".".join(parts)


def _key(value: object) -> object:
    return value.get("key") if isinstance(value, dict) else None


def _require_one_meaning(loaded: Sequence[tuple[Path, Form]]) -> None:
    """What is entered for one form is there for all; so a key may not mean two things."""
    for (_first, form), (path, other) in combinations(loaded, 2):
        if found := list(_two_meanings(form, other)):
            raise BadConfiguration(path, found)


def _two_meanings(form: Form, other: Form) -> Iterator[Flaw]:
    for key in form.all_figures.keys() & other.all_figures.keys():
        meaning = _meaning(form.all_figures[key])
        if _meaning(other.all_figures[key]) != meaning:
            text = Text(
                "In the form {form} this figure is {meaning}: write the same, or choose another key.",
                form=form.key,
                meaning=" ".join(part for part in meaning if part),
            )
            yield Flaw(f"figures.{key}", text)


def _meaning(figure: FigureDefinition) -> tuple[str, ...]:
    """Where it comes from, what is typed, its unit and its decimals."""
    return (figure.kind, *(str(getattr(figure, name, "")) for name in ("holds", "unit", "decimals")))
