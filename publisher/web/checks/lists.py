"""The lists of words the checks go by: which there are, how old, from whom, and what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from publisher.office import get_office
from publisher.people.roles import Permission
from publisher.review.checks.finding import Kind, Severity
from publisher.review.checks.wordlists import WordList, Words, words
from publisher.web.access import allowed
from publisher.web.findings import LOOKS
from publisher.web.rows import Chip


@dataclass(frozen=True, slots=True)
class ListRow:
    """One list; ``is_own``: the office has made it, or has replaced the one of that name."""

    key: str
    name: str
    kind: str
    chip: Chip
    version: date
    source: str
    is_own: bool
    words: int
    exceptions: int


@require_safe
@allowed(Permission.SEE_ITEMS)
def index(request: HttpRequest) -> HttpResponse:
    """Every list that is in force."""
    known = words(get_office())
    rows = [_row(key, known) for key in known.lists]
    return render(request, "web/findings/lists.html", {"rows": rows, "digest": known.digest, "count": len(known)})


@require_safe
@allowed(Permission.SEE_ITEMS)
def one(request: HttpRequest, key: str) -> HttpResponse:
    """The words of a list, or those of them that contain what is looked for."""
    known = words(get_office())
    if key not in known.lists:
        raise Http404
    wanted = request.GET.get("q", "").strip()
    values = {"row": _row(key, known), "wanted": wanted, "words": _words(known.lists[key], wanted)}
    return render(request, "web/findings/words.html", values)


def _words(found: WordList, wanted: str) -> Sequence[tuple[str, str]]:
    return [(word, right) for word, right in found.words.items() if wanted in word or wanted in right]


def _row(key: str, known: Words) -> ListRow:
    found = known.lists[key]
    severity = Severity(found.severity)
    return ListRow(
        key=key,
        name=found.name,
        kind=str(Kind(found.kind).label),
        chip=Chip(LOOKS[severity], str(severity.label)),
        version=found.version,
        source=found.source,
        is_own=key in known.own,
        words=len(found.words),
        exceptions=len(found.exceptions),
    )
