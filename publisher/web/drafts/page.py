"""What stands on the page of a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from channels.errors import Text
from publisher.items.drafts.content import Content, File, content_of
from publisher.items.drafts.sending import NEWER, SIMILAR, alike_items
from publisher.items.drafts.texts import named
from publisher.items.models import Disclosure, Draft, Origin
from publisher.items.wishes import LONGEST
from publisher.office import Office
from publisher.web.drafts.lengths import PostLength, post_lengths
from publisher.web.drafts.typed import FIXED, picture_address, to_page
from publisher.web.names import Names
from publisher.web.words import column_name
from publisher.wording import sentence

Mistakes = Mapping[str, Sequence[Text]]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form with what is wrong in it. ``choices`` are value, name and whether it is chosen."""

    name: str
    label: str
    value: str = ""
    mistakes: Sequence[str] = ()
    hint: str = ""
    limit: int = 0
    choices: Sequence[tuple[str, str, bool]] = ()
    is_fixed: bool = False

    @property
    def pk(self) -> str:
        return f"field-{self.name}"


@dataclass(frozen=True, slots=True)
class ChannelBox:
    """``title_units`` is the most half-width characters of a title there; 0 where there is no such limit."""

    key: str
    name: str
    is_ticked: bool
    title_units: int


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    key: str
    name: str
    is_chosen: bool
    channels: str


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A picture of the draft; ``number`` as mistakes call it."""

    number: int
    file: File
    address: str
    is_in_text: bool
    mistakes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AlikeRow:
    """An item in nearly the same words."""

    item: int
    title: str
    why: str


@dataclass
class Page:
    """Everything the template shows."""

    draft: Draft
    content: Content
    html: str
    fields: Mapping[str, Field]
    columns: Sequence[ColumnChoice]
    channels: Sequence[ChannelBox]
    pictures: Sequence[PictureRow]
    owner: str
    changed_by: str
    remarks: Sequence[str] = ()
    summary: Sequence[tuple[str, str]] = field(default_factory=list)
    """Every mistake with the address of its field on the page, for the list above the form."""
    is_overtaken: bool = False
    alike: Sequence[AlikeRow] = ()
    posts: Sequence[PostLength] = ()


def page_of(office: Office, draft: Draft, sections: Sequence[str], mistakes: Mistakes | None = None) -> Page:
    """The form as it was kept, with what is wrong in it."""
    content = content_of(draft)
    said = {name: [sentence(text) for text in texts] for name, texts in (mistakes or {}).items()}
    fields = _fields(office, draft, content, sections, said)
    called = Names.named({draft.owner, draft.changed_by})
    return Page(
        draft=draft,
        content=content,
        html=to_page(draft, content.html),
        fields=fields,
        columns=[
            ColumnChoice(key, column.name, key == content.column, " ".join(office.channels_of(key)))
            for key, column in office.columns.items()
        ],
        channels=_boxes(office, content),
        pictures=picture_rows(draft, content, said),
        owner=called[draft.owner],
        changed_by=called[draft.changed_by],
        remarks=[sentence(Text(template, **values)) for template, values in draft.remarks],
        summary=[(_place(name), text) for name, texts in said.items() if name != SIMILAR for text in texts],
        is_overtaken=NEWER in said,
        alike=_alike(office, draft, content) if SIMILAR in said else (),
        posts=post_lengths(office, content),
    )


def picture_rows(draft: Draft, content: Content, said: Mapping[str, Sequence[str]] | None = None) -> list[PictureRow]:
    shown = set(named(content.html))
    return [
        PictureRow(
            number=number,
            file=file,
            address=picture_address(draft, file.sha256),
            is_in_text=file.sha256 in shown,
            mistakes=(said or {}).get(f"alt-{file.sha256}", ()),
        )
        for number, file in enumerate(content.pictures, start=1)
    ]


def _alike(office: Office, draft: Draft, content: Content) -> list[AlikeRow]:
    return [AlikeRow(one.item.pk, one.title, sentence(one.why)) for one in alike_items(office, draft, content)]


def _boxes(office: Office, content: Content) -> list[ChannelBox]:
    return [
        ChannelBox(key, entry.name, key in content.channels, int(getattr(entry.options, "title_units", 0)))
        for key, entry in office.channels.items()
    ]


def _fields(
    office: Office, draft: Draft, content: Content, sections: Sequence[str], said: Mapping[str, Sequence[str]]
) -> dict[str, Field]:
    def made(name: str, label: str, hint: str = "", choices: Sequence[tuple[str, str, bool]] = ()) -> Field:
        value = _shown(office, getattr(content, name))
        limit = LONGEST[name][1] if name in LONGEST else 0
        is_fixed = name in FIXED and draft.item_id is not None
        return Field(name, label, value, said.get(name, ()), hint, limit, choices, is_fixed)

    made_fields = (
        made("title", _("Title")),
        made("html", _("Main text")),
        made(
            "summary", _("Summary"), _("Shown in lists and shared links; left empty, it is the beginning of the text.")
        ),
        made("column", _("Column"), choices=_column_choices(office, content)),
        made("channels", _("Channels")),
        made("section", _("Section"), choices=_section_choices(sections, content.section)),
        made("author", _("Author")),
        made("origin", _("Origin"), choices=[(o.value, str(o.label), o == content.origin) for o in Origin]),
        made("source", _("Source"), _("Whose text it is; left empty, it is this office.")),
        made("source_url", _("Address of the original")),
        made("document_number", _("Document number"), _("Such as 攀科〔2026〕12号; only for official documents.")),
        made(
            "interprets",
            _("Documents it interprets"),
            _("Their document or item numbers, with commas between. Left empty: those an interpretation cites."),
        ),
        made(
            "in_force_until",
            _("In force until"),
            _("The last day a policy document holds; then somebody is asked to take it back. Left empty: no end."),
        ),
        made(
            "disclosure",
            _("Disclosure"),
            choices=[(d.value, str(d.label), d == content.disclosure) for d in Disclosure],
        ),
        made("disclosure_reason", _("Reason for not disclosing")),
        made("publish_at", _("Not before"), _("Left empty, it goes out as soon as it is released.")),
        made("note", _("A word to the reviewers"), _("It is not published.")),
    )
    return {one.name: one for one in made_fields}


def _shown(office: Office, value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(office.timezone).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else ""


def _column_choices(office: Office, content: Content) -> list[tuple[str, str, bool]]:
    return [(content.column, column_name(office, content.column), True)]


def _section_choices(sections: Sequence[str], chosen: str) -> list[tuple[str, str, bool]]:
    """Those somebody submits for, and the one that is chosen; none where they may submit for any."""
    if not sections:
        return []
    return [(name, name, name == chosen) for name in dict.fromkeys([*sections, *filter(None, [chosen])])]


def _place(name: str) -> str:
    return f"#field-{name}" if name not in ("", NEWER, SIMILAR) else "#mistakes"
