"""The list of drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from publisher.items.models import WRITTEN_IN, Draft, DraftState, DraftVersion
from publisher.office import Office
from publisher.web.names import Names
from publisher.web.rows import Chip
from publisher.web.words import column_name

PAGE_LENGTH = 50

LOOKS = {
    DraftState.OPEN: "calm",
    DraftState.GIVEN_BACK: "person",
    DraftState.SENT_UP: "good",
    DraftState.DISCARDED: "off",
}
SHELVES: Mapping[str, Sequence[DraftState]] = {
    "": WRITTEN_IN,
    "sent": (DraftState.SENT_UP,),
    "discarded": (DraftState.DISCARDED,),
}
"""What one may look at, by the name in the address."""


@dataclass(frozen=True, slots=True)
class DraftRow:
    """``has_aside``: somebody's text waits to be put together with it."""

    draft: Draft
    title: str
    column: str
    owner: str
    changed_by: str
    chip: Chip
    has_aside: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of drafts in some state, and the ways to the others."""

    name: str
    is_everybodys: bool
    sees_all: bool
    page: Page[Draft]
    rows: Sequence[DraftRow]


def page_of_drafts(office: Office, username: str, asked: Mapping[str, str], *, sees_all: bool) -> Shelf:
    """Those that were changed last come first; the number of queries does not depend on how many there are."""
    name = asked.get("state", "") if asked.get("state", "") in SHELVES else ""
    is_everybodys = sees_all and asked.get("whose") == "all"
    found = Draft.objects.filter(office=office.slug, state__in=SHELVES[name])
    if not is_everybodys:
        found = found.filter(owner=username)
    found = found.defer("html", "variants", "remarks")
    page = Paginator(found.order_by("-changed_at", "-pk"), PAGE_LENGTH).get_page(asked.get("page"))
    drafts = list(page)
    waiting = set(
        DraftVersion.objects.filter(draft__in=[draft.pk for draft in drafts], is_aside=True).values_list(
            "draft_id", flat=True
        )
    )
    names = Names.named(name for draft in drafts for name in (draft.owner, draft.changed_by))
    return Shelf(
        name,
        is_everybodys,
        sees_all,
        page,
        [_row(office, draft, names, has_aside=draft.pk in waiting) for draft in drafts],
    )


def _row(office: Office, draft: Draft, names: Names, *, has_aside: bool) -> DraftRow:
    state = DraftState(draft.state)
    return DraftRow(
        draft=draft,
        title=draft.title.strip() or _("(no title yet)"),
        column=column_name(office, draft.column),
        owner=names[draft.owner],
        changed_by=names[draft.changed_by],
        chip=Chip(LOOKS[state], str(state.label)),
        has_aside=has_aside,
    )
