"""Every sentence of the interface has its Chinese, and the committed catalogue is the one that is used.

The message ids are read from the source here once more, without xgettext: a call that ``make messages`` does not know
is found as well.
"""

from __future__ import annotations

import ast
import gettext
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from channels.errors import Text
from publisher.office import REMEDIES
from publisher.web.management.commands.makemessages import KEYWORDS
from publisher.wording import error_sentence, sentence, system_reason

ROOT = Path(__file__).parents[2]
CATALOGUE = settings.PACKAGE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
GETTEXT = {"_": 0, "gettext": 0, "gettext_lazy": 0}
"""Calls that translate, and the place of their message id."""

MENDING = "Run `make messages`, translate what is new in publisher/locale, and run it again."


# Reading the source


@dataclass
class Module:
    """One source file: its tree, and its functions that take a parameter ``template``, with its place."""

    path: Path
    tree: ast.Module
    functions: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))


@cache
def modules() -> tuple[Module, ...]:
    paths = [*(ROOT / "publisher").rglob("*.py"), *(ROOT / "channels").rglob("*.py")]
    found = [
        Module(path, ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(paths)
        if "sandbox" not in path.relative_to(ROOT).parts
    ]
    for module in found:
        functions = (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef))
        module.functions.update({f.name: place for f in functions if (place := place_of_template(f)) is not None})
    return tuple(found)


def place_of_template(function: ast.FunctionDef) -> int | None:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    if "template" not in names:
        return None
    return names.index("template") - (names[0] in {"self", "cls"})


@cache
def classes() -> dict[str, int]:
    """Classes that take a template, themselves or by what they inherit, and its place among their arguments."""
    nodes = {
        node.name: node for module in modules() for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)
    }
    return {name: place for name in nodes if (place := place_in_class(name, nodes)) is not None}


def place_in_class(name: str, nodes: dict[str, ast.ClassDef]) -> int | None:
    node = nodes.get(name)
    if node is None:
        return None
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return place_of_template(part)
    fields = [p.target.id for p in node.body if isinstance(p, ast.AnnAssign) and isinstance(p.target, ast.Name)]
    if "template" in fields:
        return fields.index("template")
    bases = (place_in_class(base.id, nodes) for base in node.bases if isinstance(base, ast.Name))
    return next((place for place in bases if place is not None), None)


@dataclass(frozen=True)
class Use:
    """A call that takes a template: whom it calls, and what it hands over."""

    module: Module
    called: str
    place: int
    argument: ast.expr

    def __str__(self) -> str:
        return f"{self.module}:{self.argument.lineno} {ast.unparse(self.argument)}"


@cache
def uses() -> tuple[Use, ...]:
    return tuple(use for module in modules() for use in uses_in(module))


def uses_in(module: Module) -> Iterator[Use]:
    speaking = {"message_id": 0} | GETTEXT | classes() | module.functions
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        place = speaking.get(called)
        if place is None or len(node.args) <= place:
            continue
        if called != "__init__" or is_text(node.args[place]):
            yield Use(module, called, place, node.args[place])


def is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@cache
def marked_constants() -> frozenset[str]:
    """Names of constants that are made by ``message_id``."""
    assigned = (node for module in modules() for node in ast.walk(module.tree) if isinstance(node, ast.Assign))
    return frozenset(
        target.id
        for node in assigned
        if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "message_id"
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def is_handed_on(node: ast.expr) -> bool:
    """Whether a template that was marked elsewhere is only handed on: ``template``, ``x.template``, a constant."""
    match node:
        case ast.Name(id="template") | ast.Attribute(attr="template") | ast.Subscript(slice=ast.Constant("template")):
            return True
        case ast.Name(id=name):
            return name in marked_constants()
        case ast.Call(func=ast.Name(id="message_id")):
            return True
    return False


TRANSLATE = re.compile(r"""\{%\s*translate\s+(["'])(?P<id>.*?)\1""")
BLOCK = re.compile(r"\{%\s*blocktranslate[^%]*%\}(?P<id>.*?)\{%\s*endblocktranslate\s*%\}", re.DOTALL)


def ids_in_template(text: str) -> Iterator[str]:
    yield from (match["id"] for match in TRANSLATE.finditer(text))
    for match in BLOCK.finditer(text):
        yield re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", match["id"])


@cache
def message_ids() -> frozenset[str]:
    pages = (ROOT / "publisher").rglob("*.html")
    in_templates = (name for path in pages for name in ids_in_template(path.read_text(encoding="utf-8")))
    in_code = (use.argument.value for use in uses() if isinstance(use.argument, ast.Constant) and is_text(use.argument))
    return frozenset(filter(None, map(str, (*in_code, *in_templates))))


# Reading the catalogue


@cache
def translations() -> dict[str, str]:
    """Message ids and their Chinese, from the text of the catalogue."""
    found: dict[str, str] = {}
    for block in CATALOGUE.read_text(encoding="utf-8").split("\n\n")[1:]:
        texts = {"msgid": "", "msgstr": ""}
        keyword = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            name, _space, quoted = line.partition(" ") if not line.startswith('"') else (keyword, " ", line)
            keyword = name
            texts[name] += ast.literal_eval(quoted)
        assert texts["msgid"] not in found
        found[texts["msgid"]] = texts["msgstr"]
    return found


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w*\}|%\(\w+\)s|`[^`]+`", text))


# What is promised


def test_the_source_is_read() -> None:
    assert len(message_ids()) > 300
    assert {"ProductRefused", "NeverSent", "SettingRefused", "NotPossible", "Text", "Meaning"} <= set(classes())
    assert "Item %(number)s" in message_ids()
    assert set(REMEDIES.values()) <= message_ids()


def test_every_message_has_a_translation() -> None:
    missing = sorted(name for name in message_ids() if not translations().get(name))
    assert not missing, f"Without Chinese: {missing}. {MENDING}"


def test_the_catalogue_holds_nothing_that_is_not_used() -> None:
    unused = sorted(set(translations()) - message_ids())
    assert not unused, f"Not used any more: {unused}. {MENDING}"


def test_nothing_is_guessed_or_kept_from_the_past() -> None:
    lines = CATALOGUE.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.startswith("#~") or (line.startswith("#,") and "fuzzy" in line)]


def test_every_translation_is_chinese_with_the_same_placeholders() -> None:
    for english, chinese in translations().items():
        assert re.search(r"[\u4e00-\u9fff]", chinese), english
        assert placeholders(chinese) == placeholders(english), english


def test_a_sentence_stays_a_sentence() -> None:
    for english, chinese in translations().items():
        if " " in english and english.endswith((".", ".)")):
            assert chinese.endswith("。"), english


def test_every_message_can_be_found_by_reading_the_source() -> None:
    unmarked = [str(use) for use in uses() if not is_text(use.argument) and not is_handed_on(use.argument)]
    assert not unmarked, f"Write the sentence into the call, or mark it with message_id(): {unmarked}"


def test_make_messages_knows_every_call() -> None:
    texts = {(use.called, use.place) for use in uses() if is_text(use.argument) and use.called not in GETTEXT}
    known = {tuple(keyword.partition(":")[::2]) for keyword in KEYWORDS}
    missing = [(name, place) for name, place in texts if (name, str(place + 1) if place else "") not in known]
    assert not missing, "Add the call to KEYWORDS in makemessages.py."


def test_the_compiled_catalogue_says_the_same() -> None:
    compiled = CATALOGUE.with_suffix(".mo")
    (count,) = struct.unpack_from("<I", compiled.read_bytes(), 8)
    with compiled.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    assert count == len(translations()) + 1, MENDING
    assert {name: catalogue.gettext(name) for name in translations()} == translations(), MENDING


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh-hans", "未设置环境变量 WECHAT_APP_ID：请设置后重试。"),
        ("en", "The environment variable WECHAT_APP_ID is not set: set it and try again."),
    ],
)
def test_a_sentence_is_said_in_the_active_language(language: str, expected: str) -> None:
    text = Text("The environment variable {name} is not set: set it and try again.", name="WECHAT_APP_ID")
    with translation.override(language):
        assert sentence(text) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [("zh-hans", "服务器出错（状态码 502）。 [502]"), ("en", "The server failed (status 502). [502]")],
)
def test_a_stored_error_is_said_in_the_readers_language(language: str, expected: str) -> None:
    stored = {"template": "The server failed (status {status}).", "values": {"status": "502"}, "code": "502"}
    with translation.override(language):
        assert error_sentence(stored) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PermissionError(13, "Permission denied"), "没有权限"),
        (OSError(28, "No space left on device"), "磁盘已满"),
        (OSError(114, "Operation already in progress"), "Operation already in progress"),
        (OSError("no route"), "no route"),
    ],
    ids=["permission", "full", "no word for it", "no number"],
)
def test_the_systems_reason_is_translated_where_there_is_a_word(error: OSError, expected: str) -> None:
    with translation.override("zh-hans"):
        assert system_reason(error) == expected
