"""The site's library of files and its categories: what a post needs to be there before it."""

from __future__ import annotations

import hashlib
from html import unescape

from channels.base import Json, Medium
from channels.errors import ChannelUnavailable, CredentialsRefused, PersonNeeded
from channels.website.handing import file_name, stem
from channels.website.wordpress.api import Api

MEDIA, CATEGORIES = "/wp/v2/media", "/wp/v2/categories"
MEDIA_STATUSES = "inherit,private"


def put(api: Api, medium: Medium) -> Json:
    """Have the file in the library, once: its name says its content, and so it is found again.

    Returns its number and its address. Raises the named errors, OutcomeUnknown too.
    """
    found = look_up(api, medium)
    if found is not None:
        return found
    facts = {"slug": stem(medium), "title": medium.name, "alt_text": medium.alt}
    digest = hashlib.md5(medium.content, usedforsecurity=False).hexdigest()
    made = api.upload(file_name(medium), medium.media_type, medium.content, md5=digest, facts=facts)
    return _file(made)


def look_up(api: Api, medium: Medium) -> Json | None:
    """The file, where it is in the library already. Raises what ``Api.ask`` raises."""
    params = {"slug": stem(medium), "context": "edit", "status": MEDIA_STATUSES, "_fields": "id,slug,source_url"}
    rows = api.ask(MEDIA, params)
    return next((_file(row) for row in rows if row.get("slug") == stem(medium)), None)


def category(api: Api, slug: str, name: str) -> Json:
    """Number of the category with that slug; it is made where the site has none.

    Raises PersonNeeded: it is not there, and the account may not make it. Raises the named errors, OutcomeUnknown too.
    """
    rows = api.ask(CATEGORIES, {"slug": slug, "_fields": "id,slug"})
    if rows:
        return {"id": int(rows[0]["id"])}
    try:
        return {"id": int(api.send(CATEGORIES, {"name": name, "slug": slug})["id"])}
    except CredentialsRefused as error:
        raise PersonNeeded(
            "The site has no category {slug}, and the account may not make one: make it in WordPress, or correct "
            "categories in the configuration.",
            code=error.code,
            slug=slug,
        ) from None


def has_category(api: Api, slug: str) -> bool:
    """Whether the site has it. Raises what ``Api.ask`` raises."""
    return bool(api.ask(CATEGORIES, {"slug": slug, "_fields": "id"}))


def _file(row: object) -> Json:
    if not isinstance(row, dict) or not row.get("id") or not row.get("source_url"):
        raise ChannelUnavailable("The site's answer about a file cannot be read. It will be asked again.")
    return {"id": int(row["id"]), "url": unescape(str(row["source_url"]))}
