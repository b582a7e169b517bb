"""Posts of a WordPress site that are ours: how they are marked, found and written.

A post has the item's name as its slug, which a search finds whatever became of the post, and in its text the mark of
the product it shows. WordPress itself has no key that makes a repeated call harmless.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any

from channels.base import Product
from channels.errors import ChannelUnavailable, ProductRefused
from channels.website.handing import name_of, revision_of
from channels.website.wordpress.api import Api

PATH = "/wp/v2/posts"
FIELDS = "id,slug,status,link,date_gmt,modified_gmt,title,content,categories,featured_media,meta"
STATUSES = "publish,future,draft,pending,private,trash"
TRASHED_SLUG = "__trashed"
META = "publisher_key"
MARK = re.compile(r"data-publisher=[\"']([A-Za-z0-9._-]+) ([0-9a-f]{16})[\"']")


@dataclass(frozen=True, slots=True)
class Post:
    """A post as the site has it; ``mark`` is the key and the digest of the product it shows, None where it is not ours.

    ``title`` and ``content`` are what is stored, not what a theme makes of it.
    """

    number: int
    slug: str
    status: str
    link: str
    title: str
    content: str
    changed_at: datetime
    mark: tuple[str, str] | None
    categories: tuple[int, ...] = ()
    featured: int = 0

    @property
    def is_out(self) -> bool:
        return self.status == "publish"

    @property
    def revision(self) -> int:
        return revision_of(self.mark[0]) if self.mark else 0

    def shows(self, product: Product) -> bool:
        """Whether it was made of this very product."""
        return self.mark == mark_of(product)


def mark_of(product: Product) -> tuple[str, str]:
    return product.key, product.digest[:16]


def marked(html: str, product: Product) -> str:
    """The text with the product's mark around it.

    An opening bracket of the text must not begin a shortcode of WordPress.
    """
    key, digest = mark_of(product)
    return f'<div class="publisher" data-publisher="{key} {digest}">{html.replace("[", "&#91;")}</div>'


def title_of(product: Product) -> str:
    """WordPress takes titles for HTML."""
    return escape(product.title, quote=False)


class Posts:
    """Looking for posts."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def named(self, product: Product) -> Post | None:
        """The post of the product's item, whatever its state, the one readers see before any other.

        Raises ProductRefused: another post has the item's name. Raises what ``Api.ask`` raises.
        """
        name = product.fields["name"]
        rows = self._rows({"slug": ",".join((name, f"{name}-2", name + TRASHED_SLUG)), "status": STATUSES})
        ours = [post for post in rows if post.mark and name_of(post.mark[0]) == name]
        if ours:
            return min(ours, key=lambda post: (not post.is_out, post.status == "trash", post.number))
        if any(post.slug == name for post in rows):
            raise ProductRefused(
                "Another post on the site has the address {name} already: give it another one (别名), or delete it, "
                "then submit the item again.",
                name=name,
            )
        return None

    def one(self, number: int) -> Post | None:
        """The post with that number, None where there is none any more. Raises what ``Api.ask`` raises."""
        row = self._api.one(f"{PATH}/{number}", {"context": "edit", "_fields": FIELDS})
        return _post(row) if row else None

    def _rows(self, params: Mapping[str, str]) -> Sequence[Post]:
        answer = self._api.ask(PATH, {**params, "context": "edit", "per_page": 20, "_fields": FIELDS})
        if not isinstance(answer, list):
            raise ChannelUnavailable("The site's list of posts cannot be read. It will be asked again.")
        return [_post(row) for row in answer]


def _post(row: Mapping[str, Any]) -> Post:
    """Raises ChannelUnavailable: the row lacks what every post has."""
    try:
        content = row["content"]["raw"]
        return Post(
            number=int(row["id"]),
            slug=str(row["slug"]),
            status=str(row["status"]),
            link=str(row["link"]),
            title=unescape(str(row["title"]["raw"])),
            content=str(content),
            changed_at=max(_moment(row[name]) for name in ("date_gmt", "modified_gmt")),
            mark=_mark(content, row.get("meta")),
            categories=tuple(row.get("categories") or ()),
            featured=int(row.get("featured_media") or 0),
        )
    except (KeyError, TypeError, ValueError):
        raise ChannelUnavailable("The site's answer about a post cannot be read. It will be asked again.") from None


def _mark(content: str, meta: object) -> tuple[str, str] | None:
    """From the text; where somebody's editor has dropped it there, from the field, if the site keeps that."""
    found = MARK.search(content)
    if found:
        return found[1], found[2]
    kept = str(meta.get(META) or "") if isinstance(meta, dict) else ""
    key, _, digest = kept.partition(" ")
    return (key, digest) if digest else None


def _moment(told: str) -> datetime:
    return datetime.fromisoformat(told).replace(tzinfo=UTC)
