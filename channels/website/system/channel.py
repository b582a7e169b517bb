"""A website whose system takes articles by HTTP calls: which, stands in the configuration.

What cannot be told there stays a person's: without a lookup whose absence counts, doubt is never resolved by sending
again.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from channels.base import (
    Accepted,
    Article,
    Capabilities,
    Evidence,
    Json,
    Medium,
    Place,
    Probe,
    Problem,
    Product,
    Receipt,
    Sighting,
    Steps,
)
from channels.errors import ChannelError, ChannelUnavailable, OutcomeUnknown, PersonNeeded, ProductRefused, Text
from channels.http import Http
from channels.preview import Preview
from channels.website import render as website
from channels.website.handed_preview import preview
from channels.website.handing import name_of, render, revision_of
from channels.website.site import Website
from channels.website.system.calls import Calls, says, with_signature
from channels.website.system.options import Call, Create, Lookup, SystemOptions, Upload
from channels.website.system.showing import shown_call
from channels.website.system.templates import at, shown, written
from channels.website.system.values import NOTHING, file_values, item_values, local

POST, RECALL = "post", "recall"
"""Names of steps."""

FOR_GOOD = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
THERE = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)
FIRST_BYTE = {"Range": "bytes=0-0"}
"""Enough to know that something is there; servers that do not know this send all of it."""

FILES = 30
"""Of an article: how many of its pictures and attachments one look opens."""


class SystemWebsite(Website):
    """One site through one account of its system."""

    Options = SystemOptions

    def __init__(self, key: str, options: SystemOptions, place: Place) -> None:
        super().__init__(key, options, place)
        self.options = options
        self._calls = Calls(options)
        self._pages = Http(options.base_url, timeout_s=options.timeout_s)
        self._zone = ZoneInfo(place.timezone)

    @property
    def capabilities(self) -> Capabilities:
        lookup = self.options.lookup
        return Capabilities(
            gives_address=bool(self.options.create.url or (lookup and lookup.url)),
            absence_after_s=lookup.absent_after_s if lookup else None,
            look_after_s=(5, 30, 120, 240),
            correct=self.options.update is not None,
            recall=self.options.delete is not None,
            look=self.options.view is not None or bool(self.options.create.url),
            past=self.options.past is not None,
        )

    def render(self, article: Article) -> Product:
        """Make the product; it names the system's own column, so that a changed setting changes what is signed."""
        product = render(article)
        fields = {"column": self.options.columns.get(article.column.key, ""), "office": article.office_name}
        return replace(product, fields={**product.fields, **fields})

    def check(self, product: Product) -> list[Problem]:
        problems = website.check(product)
        if self.options.columns and not product.fields["column"]:
            text = Text(
                "The column {name} has no counterpart on {site}: name one under columns of this channel.",
                name=product.fields["column_name"],
                site=self.name,
            )
            problems.append(Problem("error", text))
        if product.media and self.options.upload is None:
            text = Text(
                "{site} takes no pictures or attachments: no call uploads them, so they will be missing there.",
                site=self.name,
            )
            problems.append(Problem("warning", text))
        return problems

    def preview(self, product: Product, *, at: datetime) -> Preview:
        return preview(product, at.astimezone(self._zone), self.name)

    def calls(self, product: Product) -> Sequence[str]:
        """Every call in its order, the answers of the earlier ones standing there as words in angle brackets."""
        values = self._values(product, {medium.sha256: f"<{medium.name}>" for medium in product.media}, {})
        values |= {"token": "<token>", "remote_id": "<remote_id>", "url": "<url>"}
        made = [self._shown("token", self.options.token, {})] if self.options.token else []
        if (upload := self.options.upload) is not None:
            for medium in product.media:
                known = file_values(medium, "<base64>") | {"token": "<token>"}
                made.append(self._shown("upload", upload, known, medium))
        named = ((name, getattr(self.options, name)) for name in ("lookup", "create", "update", "view", "delete"))
        return made + [self._shown(name, call, values) for name, call in named if call]

    def _shown(self, name: str, call: Call, values: Mapping[str, object], medium: Medium | None = None) -> str:
        masks = {key: f"<{key}>" for key in (*self.options.secrets, "signature")}
        request = self._calls.request(call, values, masks, medium)
        if (signature := self.options.signature) is not None:
            # Made with a mask, it would be none that the system takes.
            request = with_signature(request, signature, "<signature>")
        return shown_call(name, request, self.options.api_base)

    def publish(self, product: Product, steps: Steps) -> Receipt | Accepted:
        """Put the files there, then the article, once."""
        if (seen := self._seen(product, steps)) is not None:
            return seen
        values = self._sent_values(product, steps)
        made = steps.irreversible(POST, partial(self._send, self.options.create, values))
        return self._outcome(product, made, steps)

    def confirm(self, product: Product, accepted: Accepted, steps: Steps) -> Receipt | Accepted:
        """Whether the system shows it by now."""
        return self._seen(product, steps) or accepted

    def correct(self, receipt: Receipt, product: Product, steps: Steps) -> Receipt | Accepted:
        """Write the new text over what is there."""
        update = self.options.update
        if update is None:
            return super().correct(receipt, product, steps)
        if self.options.lookup and self.options.lookup.shows and (seen := self._seen(product, steps)) is not None:
            return seen
        known = {"remote_id": receipt.remote_id, "url": receipt.url}
        values = self._sent_values(product, steps) | known
        made = steps.irreversible(POST, partial(self._send, update, values))
        return self._outcome(product, made, steps)

    def recall(self, receipt: Receipt, steps: Steps) -> Receipt:
        """Have it removed, and look. Raises OutcomeUnknown: it can still be seen."""
        delete = self.options.delete
        if delete is None:
            return super().recall(receipt, steps)
        seen = self.look(receipt)
        if seen.is_there:
            steps.irreversible(RECALL, partial(self._remove, delete, receipt))
            seen = self.look(receipt)
        if seen.is_there:
            raise OutcomeUnknown("The system says that it has removed the article but it can still be seen.")
        return Receipt(receipt.remote_id, datetime.now(UTC), receipt.url, Evidence.READ_BACK, seen.raw)

    def find(self, product: Product, steps: Steps) -> Receipt | Accepted | None:
        """What the lookup shows; without one, nothing is ever seen. Raises PersonNeeded: it cannot tell revisions."""
        if (made := steps.result(POST)) is not None:
            return self._outcome(product, made, steps)
        lookup = self.options.lookup
        if lookup is None or steps.begun_at(POST) is None:
            return None
        if int(product.fields["revision"]) > 1 and not lookup.shows:
            raise PersonNeeded(
                "Whether {name} has the new text cannot be told from its answers: look there, then confirm or deny.",
                name=self.name,
            )
        return self._seen(product, steps)

    def look(self, receipt: Receipt) -> Sighting:
        """Ask the system where the configuration says how, else open the page as a reader."""
        if (view := self.options.view) is not None:
            status, data = self._calls.ask(view, self._place_values(receipt))
            if says(view.gone, status, data):
                return Sighting(False, {"status": status})
            if not self._calls.is_ok(view, status, data):
                raise self._calls.refuse(view, status, data)
            return Sighting(True, {"status": status}, problems=tuple(self._missing_files(receipt)))
        return self._look_as_reader(receipt)

    def probe(self) -> list[Probe]:
        name = Text("Login")
        try:
            self._calls.check_login()
            if self.options.lookup:
                status, data = self._calls.ask(self.options.lookup, NOTHING)
                self._rows(self.options.lookup, status, data)
        except ChannelError as error:
            return [Probe(name, ok=False, detail=error.text)]
        if not (self.options.lookup or self.options.token):
            self_help = Text("Nothing can be asked without an effect: only the secrets were looked for.")
            return [self._reachable(), Probe(name, ok=True, detail=self_help)]
        return [Probe(name, ok=True, detail=Text("Works."))]

    def _sent_values(self, product: Product, steps: Steps) -> dict[str, object]:
        """What templates may name, the files being there."""
        files: dict[str, Json] = {}
        if (upload := self.options.upload) is not None:
            for medium in product.media:
                files[medium.sha256] = steps.repeatable(_file_step(medium), partial(self._upload, upload, medium))
        addresses = {sha256: str(file["url"]) for sha256, file in files.items()}
        begun = steps.repeatable("time", lambda: {"at": datetime.now(UTC).isoformat(timespec="seconds")})
        ids = {sha256: str(file["id"]) for sha256, file in files.items()}
        return self._values(product, addresses, ids) | {"now": local(str(begun["at"]), self._zone)}

    def _values(self, product: Product, addresses: Mapping[str, str], ids: Mapping[str, str]) -> dict[str, object]:
        return item_values(product, addresses, ids, zone=self._zone) | {"base_url": self.options.base_url}

    def _place_values(self, receipt: Receipt) -> dict[str, object]:
        return {"remote_id": receipt.remote_id, "url": receipt.url, "base_url": self.options.base_url}

    def _upload(self, upload: Upload, medium: Medium) -> Json:
        values = file_values(medium, base64.b64encode(medium.content).decode("ascii"))
        data = self._calls.do(upload, values, medium)
        url = shown(at(data, upload.url))
        if not url:
            raise OutcomeUnknown("The system's answer names no address of the file {name}.", name=medium.name)
        return {"url": urljoin(self.options.base_url, url), "id": shown(at(data, upload.id)) if upload.id else ""}

    def _send(self, call: Create, values: Mapping[str, object]) -> Json:
        named = self._named(self._calls.do(call, values), call.id, call.url)
        # An answer to a correction often names nothing anew.
        return {name: named[name] or str(values[known]) for name, known in (("id", "remote_id"), ("url", "url"))}

    def _remove(self, delete: Call, receipt: Receipt) -> Json:
        self._calls.do(delete, self._place_values(receipt))
        return {"id": receipt.remote_id}

    def _named(self, data: Any, id_path: str, url_path: str) -> dict[str, str]:
        """Number and address out of an answer. An address with braces is a template that may name the number."""
        remote_id = shown(at(data, id_path)) if id_path else ""
        if "{" in url_path:
            known = {"remote_id": remote_id, "base_url": self.options.base_url}
            return {"id": remote_id, "url": written(url_path, known) if remote_id else ""}
        url = shown(at(data, url_path)) if url_path else ""
        return {"id": remote_id, "url": urljoin(self.options.base_url, url) if url else ""}

    def _outcome(self, product: Product, made: Json, steps: Steps) -> Receipt | Accepted:
        """What the system itself shows, where it can be asked; else its word."""
        if self.options.lookup is None:
            return self._receipt(product, made, steps, Evidence.ACCEPTED)
        if self.options.lookup.shows or int(product.fields["revision"]) == 1:
            seen = self._seen(product, steps)
            return seen or Accepted(str(made["id"] or product.fields["name"]), dict(made))
        return self._receipt(product, made, steps, Evidence.ACCEPTED)

    def _seen(self, product: Product, steps: Steps) -> Receipt | None:
        """The article as the lookup shows it. Raises what a question raises; ProductRefused: it is newer there."""
        lookup = self.options.lookup
        if lookup is None:
            return None
        values = self._values(product, {}, {})
        status, data = self._calls.ask(lookup, values)
        match, shows = (
            {path: written(template, values) for path, template in places.items()}
            for places in (lookup.match, lookup.shows)
        )
        for row in self._rows(lookup, status, data):
            if not _agrees(row, match):
                continue
            if _agrees(row, shows):
                return self._receipt(product, self._named(row, lookup.id, lookup.url), steps, Evidence.READ_BACK)
            _refuse_older(lookup, row, product)
        return None

    def _rows(self, lookup: Lookup, status: int, data: Any) -> Sequence[Any]:
        if lookup.none and says(lookup.none, status, data):
            return ()
        if not self._calls.is_ok(lookup, status, data):
            raise self._calls.refuse(lookup, status, data)
        rows = at(data, lookup.rows)
        if self._calls.is_xml(lookup) and at(data, lookup.rows.rpartition(".")[0]) is not None:
            # In XML a list of one looks like the one, and an empty list like nothing.
            rows = rows if isinstance(rows, list) else [rows] if rows is not None else []
        if lookup.rows and not isinstance(rows, list):
            raise ChannelUnavailable(
                "The system's answer has no list at {path}. It will be asked again.", path=lookup.rows
            )
        return rows if isinstance(rows, list) else [rows]

    def _receipt(self, product: Product, made: Json, steps: Steps, evidence: Evidence) -> Receipt:
        begun = steps.begun_at(POST) or datetime.now(UTC)
        remote_id = str(made["id"] or product.fields["name"])
        files = [file["url"] for medium in product.media if (file := steps.result(_file_step(medium)))]
        raw = {"id": made["id"], "product_sha256": product.digest, "files": files}
        return Receipt(remote_id, begun, str(made["url"]), evidence, raw)

    def _look_as_reader(self, receipt: Receipt) -> Sighting:
        path = receipt.url.removeprefix(self.options.base_url.rstrip("/"))
        if not receipt.url or path == receipt.url:
            raise PersonNeeded(
                "Whether {title} is still on {name} cannot be asked: name a call under view, or look there by hand.",
                title=receipt.url or receipt.remote_id,
                name=self.name,
            )
        status = self._status_of(path or "/")
        if status in FOR_GOOD:
            return Sighting(False, {"status": status})
        if status not in THERE:
            raise ChannelUnavailable("The page answers with status {status}. It will be opened again.", status=status)
        return Sighting(True, {"status": status}, problems=tuple(self._missing_files(receipt)))

    def _missing_files(self, receipt: Receipt) -> Iterator[Text]:
        """Of the pictures and attachments on the site itself, those that readers do not get."""
        site = self.options.base_url.rstrip("/")
        kept = receipt.raw.get("files")
        for url in kept[:FILES] if isinstance(kept, list) else ():
            if str(url).startswith(f"{site}/") and self._status_of(str(url).removeprefix(site)) in FOR_GOOD:
                yield Text("The page or file {url} does not open for readers.", url=url)

    def _status_of(self, path: str) -> int:
        try:
            return self._pages.call("GET", path, headers=FIRST_BYTE).status
        except OutcomeUnknown as error:
            raise ChannelUnavailable.from_text(error.text) from None

    def _reachable(self) -> Probe:
        return _tried(
            Text("Server"), lambda: Http(self.options.api_base, timeout_s=self.options.timeout_s).call("HEAD", "/")
        )


def _file_step(medium: Medium) -> str:
    return f"file-{medium.sha256[:16]}"


def _agrees(row: Any, wanted: Mapping[str, str]) -> bool:
    return all(shown(at(row, path)) == value for path, value in wanted.items())


def _refuse_older(lookup: Lookup, row: Any, product: Product) -> None:
    """Raises ProductRefused: a later revision stands there, as far as the lookup shows which."""
    revision = int(product.fields["revision"])
    for path, template in lookup.shows.items():
        told = shown(at(row, path))
        is_later = (
            template == "{key}" and name_of(told) == product.fields["name"] and revision_of(told) > revision
        ) or (template == "{revision}" and told.isascii() and told.isdigit() and int(told) > revision)
        if is_later:
            raise ProductRefused(
                "A later revision of {title} stands on the site already: submit it again if the earlier text is "
                "wanted.",
                title=product.title,
            )


def _tried(name: Text, call: Callable[[], object]) -> Probe:
    try:
        call()
    except ChannelError as error:
        return Probe(name, ok=False, detail=error.text)
    return Probe(name, ok=True, detail=Text("Works."))
