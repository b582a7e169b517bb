"""Which documents an interpretation (政策解读) is about: named by item or document numbers, or cited in its text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from publisher.items.document_number import tidied
from publisher.items.models import Item, Revision
from publisher.office import Office

CLASS = "政策解读"
BETWEEN = re.compile(r"[,，、;；\s]+")
PAGE = re.compile(r"https?://.*_([0-9]{1,15})\.html")
"""The address of an item's page on the office's own site, which ends with its number."""

CITED = re.compile(r"([\u3400-\u9fff][\u3400-\u9fffA-Za-z·]{0,19})(〔(?:19|20)[0-9]{2}〕[1-9][0-9]{0,4}号)")


def documents(office: Office, said: str) -> tuple[list[int], list[str]]:
    """The items meant, in order and each once; and what means none of this office."""
    found: dict[int, None] = {}
    unknown = []
    for name in filter(None, BETWEEN.split(said)):
        item = _item(office, name)
        if item is None:
            unknown.append(name)
        else:
            found[item] = None
    return list(found), unknown


def cited(office: Office, html: str) -> list[int]:
    """Documents of this office that a text cites by their numbers, in order."""
    text = re.sub(r"<[^>]*>", "", html)
    # Words before the number run into it, as Chinese has no blanks: any ending of them may be its beginning.
    names = [[words[place:] + number for place in range(len(words))] for words, number in CITED.findall(text)]
    known = _numbered(office, {name for endings in names for name in endings})
    return list(dict.fromkeys(known[name] for endings in names for name in endings if name in known))


def _item(office: Office, name: str) -> int | None:
    number = name if name.isascii() and name.isdigit() else ""
    if page := PAGE.fullmatch(name):
        number = page[1]
    if not number:
        return _numbered(office, {tidied(name)}).get(tidied(name))
    if len(number) > 15:
        return None
    return Item.objects.filter(office=office.slug, pk=int(number)).values_list("pk", flat=True).first()


def _numbered(office: Office, names: Iterable[str]) -> dict[str, int]:
    """Item by document number; of several the newest."""
    found = Revision.objects.filter(document_number__in=names, item__office=office.slug).exclude(document_number="")
    return dict(found.order_by("pk").values_list("document_number", "item"))
