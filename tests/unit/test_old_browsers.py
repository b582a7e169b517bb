"""Nothing that pages bring along needs a browser newer than Chromium 90, which office desktops of Kylin and UOS have.

What is looked for stands in the tables below, with the version that brought it: constructs of CSS as a parser finds
them, and constructs and functions of JavaScript by their look in code without comments and strings. So the tables tell
what is known to be newer; what stands in none of them is not found. Libraries ask for some functions before they use
them: those are named one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import django_prose_editor
import pytest
import tinycss2
from tinycss2 import ast

ROOT = Path(__file__).parents[2]
EDITOR = Path(django_prose_editor.__file__).parent / "static" / "django_prose_editor"
FILES = sorted(
    path
    for folder in ("publisher", "channels/website", "channels/newspaper", "channels/weibo", "channels/wechat")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".css", ".js")
)
LIBRARY = [EDITOR / "editor.js"]

SELECTORS = {"has": 105, "user-invalid": 119, "user-valid": 119, "popover-open": 114, "modal": 105, "open": 133}
AT_RULES = {"container": 105, "layer": 99, "scope": 118, "starting-style": 117, "view-transition": 126}
FUNCTIONS = {
    **{"color-mix": 111, "oklch": 111, "oklab": 111, "lab": 111, "lch": 111, "color": 111, "light-dark": 123},
    **{"round": 125, "mod": 125, "sin": 111, "cos": 111, "linear": 113, "anchor": 125, "calc-size": 129},
}
UNITS = {
    **dict.fromkeys(("dvh", "svh", "lvh", "dvw", "svw", "lvw"), 108),
    **dict.fromkeys(("cqw", "cqh", "cqi", "cqb", "cqmin", "cqmax"), 105),
    **{"lh": 109, "rlh": 111, "cap": 118, "ic": 106},
}
PROPERTIES = {
    **{"container": 105, "container-type": 105, "translate": 104, "rotate": 104, "scale": 104, "mask": 120},
    **{"field-sizing": 123, "anchor-name": 125, "animation-timeline": 115, "text-box": 133, "interpolate-size": 129},
}
"""Whose absence a reader would notice. ``text-wrap: balance`` or ``accent-color`` only make pages prettier."""

WORDS = {"subgrid": 117, "auto-phrase": 119}

SYNTAX = {
    "a static block": (r"\bstatic\s*\{", 94),
    "a private name with in": (r"#\w+\s+in\b", 91),
    "attributes of an import": (r"\bimport\b[^;(]*\bwith\s*\{", 123),
    "a using declaration": (r"\bawait\s+using\b", 134),
}
CALLS = {
    **{".at": 92, ".findLast": 97, ".findLastIndex": 97, ".toSorted": 110, ".toReversed": 110, ".toSpliced": 110},
    **{"Object.hasOwn": 93, "Object.groupBy": 117, "Map.groupBy": 117, "Array.fromAsync": 121, "structuredClone": 98},
    **{"Promise.withResolvers": 119, "Promise.try": 128, "AbortSignal.timeout": 103, "AbortSignal.any": 116},
    **{"crypto.randomUUID": 92, "URL.canParse": 120, ".checkVisibility": 105, ".showPicker": 99, "reportError": 95},
    **{".showPopover": 114, ".togglePopover": 114, ".startViewTransition": 111, ".moveBefore": 133},
    **{".isWellFormed": 111, ".toWellFormed": 111, ".setHTMLUnsafe": 124, "new Highlight": 105},
}
"""As they are written before the bracket; those that begin with a dot belong to some object."""

OWN_ADDITIONS = {".at", ".findLast", ".toSorted", "Object.hasOwn"}
"""What ``drafts/older-browsers.js`` adds before the editor runs."""

KNOWN = {
    "editor.js": OWN_ADDITIONS,
    "htmx-2.0.11.min.js": {".startViewTransition", ".moveBefore"},  # asked for before
}

STRINGS_AND_COMMENTS = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\$]|\$(?!\{))*`", re.DOTALL
)


def newer_in_css(text: str) -> Iterator[str]:
    for rule in tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True):
        yield from _in_rule(rule)


def _in_rule(rule: ast.Node) -> Iterator[str]:
    if isinstance(rule, ast.AtRule):
        yield from _known(AT_RULES, [rule.lower_at_keyword], "@{}")
        if any(getattr(token, "value", "") in ("<", ">", "<=", ">=") for token in _tokens(rule.prelude)):
            yield "a range in @media (104)"
        if rule.content and rule.lower_at_keyword in ("media", "supports", "layer", "container"):
            for inner in tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True):
                yield from _in_rule(inner)
    elif isinstance(rule, ast.QualifiedRule):
        yield from _known(SELECTORS, _pseudo_classes(rule.prelude), ":{}")
        for inner in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
            yield from _in_declaration(inner)


def _in_declaration(inner: ast.Node) -> Iterator[str]:
    if isinstance(inner, ast.QualifiedRule):
        yield "a rule within a rule (112)"
    if not isinstance(inner, ast.Declaration):
        return
    tokens = list(_tokens(inner.value))
    yield from _known(PROPERTIES, [inner.lower_name], "{}")
    yield from _known(FUNCTIONS, (t.lower_name for t in tokens if isinstance(t, ast.FunctionBlock)), "{}()")
    yield from _known(UNITS, (t.lower_unit for t in tokens if isinstance(t, ast.DimensionToken)), "the unit {}")
    yield from _known(WORDS, (t.lower_value for t in tokens if isinstance(t, ast.IdentToken)), "{}")


def _pseudo_classes(prelude: Iterable[ast.Node]) -> Iterator[str]:
    before: ast.Node | None = None
    for token in _tokens(prelude):
        if getattr(before, "value", "") == ":":
            yield str(getattr(token, "lower_name", getattr(token, "lower_value", "")))
        before = token


def _tokens(nodes: Iterable[ast.Node]) -> Iterator[ast.Node]:
    for node in nodes or ():
        yield node
        yield from _tokens(getattr(node, "arguments", None) or getattr(node, "content", None) or ())


def _known(table: dict[str, int], names: Iterable[str], form: str) -> Iterator[str]:
    return (f"{form.format(name)} ({table[name]})" for name in names if name in table)


def newer_in_script(text: str) -> set[str]:
    code = STRINGS_AND_COMMENTS.sub('""', text)
    found = {name for name, (look, _version) in SYNTAX.items() if re.search(look, code)}
    return found | {name for name in CALLS if re.search(_call(name), code)}


def _call(name: str) -> str:
    border = r"(?<![\w$])" if not name.startswith(".") else r"(?<=[\w$)\]?])"
    return rf"{border}{re.escape(name)}\s*(?:\?\.)?\("


@pytest.mark.parametrize("path", [*FILES, *LIBRARY], ids=lambda path: path.name)
def test_what_pages_bring_along_runs_in_chromium_90(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = set(newer_in_css(text)) if path.suffix == ".css" else newer_in_script(text)
    assert found - KNOWN.get(path.name, set()) == set()


def test_there_is_something_to_look_at() -> None:
    assert {"style.css", "draft.js", "htmx-2.0.11.min.js", "site.css"} <= {path.name for path in FILES}
    polyfills = (ROOT / "publisher/web/static/web/drafts/older-browsers.js").read_text(encoding="utf-8")
    assert all(name.split(".")[1] in polyfills for name in OWN_ADDITIONS)


CSS = {
    "p:has(> a) { color: red }": ":has (105)",
    "@media (min-width: 1px) { p:not(.x:has(a)) { color: red } }": ":has (105)",
    "@container (min-width: 1px) { p { color: red } }": "@container (105)",
    "@layer base { p { color: red } }": "@layer (99)",
    "@media (width >= 400px) { p { color: red } }": "a range in @media (104)",
    ".card { color: red; a { color: blue } }": "a rule within a rule (112)",
    ".card { color: red; &:hover { color: blue } }": "a rule within a rule (112)",
    "p { color: color-mix(in srgb, red, blue) }": "color-mix() (111)",
    "p { height: calc(100dvh - 1rem) }": "the unit dvh (108)",
    "p { container-type: inline-size }": "container-type (105)",
    "p { grid-template-rows: subgrid }": "subgrid (117)",
}


@pytest.mark.parametrize(("text", "found"), CSS.items())
def test_newer_css_is_found(text: str, found: str) -> None:
    assert list(newer_in_css(text)) == [found]
    assert list(newer_in_css(f"/* {text} */ a:hover::before {{ content: '{found}'; inset: 0; gap: 1rem }}")) == []


SCRIPTS = {
    "class A { static { start(); } }": {"a static block"},
    "const is = #name in object;": {"a private name with in"},
    'import data from "./a.json" with { type: "json" };': {"attributes of an import"},
    "list.at(-1); of(x)?.findLast(test)": {".at", ".findLast"},
    "const copy = structuredClone(value);": {"structuredClone"},
    "Object.hasOwn(a, b)": {"Object.hasOwn"},
    "if (!Array.prototype.at) add(); const format = x.format(1); a.b?.c ?? d; e ||= 1_000;": set(),
    "/* list.at(1) */ // Object.hasOwn(a)\nsay('structuredClone(x)', `list.at(1)`);": set(),
}


@pytest.mark.parametrize(("text", "found"), SCRIPTS.items())
def test_newer_script_is_found(text: str, found: set[str]) -> None:
    assert newer_in_script(text) == found
