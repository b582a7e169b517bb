"""From a request's body to a manuscript and a wish: the same as a form or a file on the command line gives."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.utils.datastructures import MultiValueDict
from pydantic import BaseModel, ValidationError

from channels.base import Medium
from channels.errors import Text, message_id
from publisher.api.problems import Problem, in_both
from publisher.api.shapes import Facts, Submission, Variant
from publisher.items.actions import BadSubmission, Wish
from publisher.items.attachments import attachment
from publisher.items.heic import as_jpeg, is_heic
from publisher.items.manuscript import Manuscript, UnreadableManuscript
from publisher.items.pictures import missing, picture_of
from publisher.items.readers import read
from publisher.items.variants import with_variants
from publisher.items.wishes import LONGEST, one_line
from publisher.log.chain import canonical
from publisher.office import Office

MAX_JSON_BYTES = 32 * 1024 * 1024
MAX_FORM_BYTES = 128 * 1024 * 1024

NAMES = {"html": "content.html", "markdown": "content.md", "text": "content.txt"}
LISTS = frozenset(["channels"])
SAME_NAMES = (*LONGEST, "column", "disclosure", "origin")
PARTS = frozenset(["file", "pictures", "attachments"])

Shape = TypeVar("Shape", bound=BaseModel)

SLIPS = {
    "missing": message_id("The field {field} is missing."),
    "extra_forbidden": message_id("There is no field {field}."),
}
"""Kinds of pydantic's errors that are said in our own words."""

OTHER_SLIP = message_id("The field {field} will not do: {reason}.")


@dataclass(frozen=True)
class Upload:
    """A file of a request, however it came."""

    name: str
    content: bytes
    caption: str = ""


@dataclass(frozen=True)
class Asked:
    """What a request asks for, not yet read."""

    facts: Facts
    file: Upload | None = None
    pictures: tuple[Upload, ...] = ()
    attachments: tuple[Upload, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of all that is asked, whichever way it was written down."""
        files = [
            [u.name, hashlib.sha256(u.content).hexdigest(), u.caption] for u in (*self.pictures, *self.attachments)
        ]
        # What came later than the first tokens counts only where it is said, so that a repetition stays one.
        later = {name for name in ("in_force_until", "interprets") if not getattr(self.facts, name)}
        facts = self.facts.model_dump(mode="json", exclude={"pictures", "attachments", *later})
        document = hashlib.sha256(self.file.content).hexdigest() if self.file else ""
        text = canonical({"facts": facts, "file": document, "files": files, "pictures": len(self.pictures)})
        return hashlib.sha256(text.encode()).hexdigest()


def asked(request: HttpRequest) -> Asked:
    """The body of a request. Raises Problem: it is too large, of another kind, or does not have the shape."""
    kind = request.content_type or ""
    if kind == "application/json":
        return _from_json(request)
    if kind == "multipart/form-data":
        return _from_form(request)
    text = Text("The body must be application/json or multipart/form-data, and is {kind}.", kind=kind or "?")
    raise Problem(415, "media-type", text)


def manuscript_of(asked: Asked) -> Manuscript:
    """The text with its pictures and attachments. Raises Problem: it cannot become an item."""
    try:
        if not asked.pictures:
            return _read(asked, None)
        asked = replace(asked, pictures=tuple(map(_kept, asked.pictures)))
        with TemporaryDirectory(prefix="publisher-") as folder:
            for upload in asked.pictures:
                (Path(folder) / _picture_name(upload)).write_bytes(upload.content)
            return _read(asked, Path(folder))
    except UnreadableManuscript as error:
        raise unprocessable("unreadable", error.text) from None


def wish_of(facts: Facts, office: Office) -> Wish:
    """What is wanted; a time without a zone is the office's."""
    moment = facts.publish_at
    if moment and moment.tzinfo is None:
        moment = moment.replace(tzinfo=office.timezone)
    texts: dict[str, Any] = {name: str(getattr(facts, name)) for name in SAME_NAMES}
    return Wish(publish_at=moment, in_force_until=facts.in_force_until, channels=tuple(facts.channels), **texts)


def unprocessable(code: str, text: Text) -> Problem:
    return Problem(422, code, text)


def refused(error: BadSubmission) -> Problem:
    return unprocessable("invalid", error.text)


def _read(asked: Asked, folder: Path | None) -> Manuscript:
    facts = asked.facts
    upload = asked.file or Upload(NAMES[facts.format], facts.content.encode())
    path = folder / "manuscript" if folder else None
    manuscript = read(path, upload.content, name=upload.name, title=facts.title)
    captions = {Medium("", "", p.content).sha256: one_line(p.caption) for p in asked.pictures}
    media = tuple(replace(m, caption=m.caption or captions.get(m.sha256, "")) for m in manuscript.media)
    files = tuple(attachment(upload.name, upload.content) for upload in asked.attachments)
    return _with_variants(replace(manuscript, media=media, attachments=files), asked)


def _with_variants(manuscript: Manuscript, asked: Asked) -> Manuscript:
    """The manuscript with what single channels shall say; their covers are named like its pictures."""
    variants = asked.facts.variants if isinstance(asked.facts, Submission) else {}
    if not variants:
        return manuscript
    pool: dict[str, Medium] = {}
    for upload in asked.pictures:
        picture = picture_of(upload.content, _picture_name(upload))
        pool[upload.name] = replace(picture, caption=upload.caption)
    values = {channel: _values(variant, pool) for channel, variant in variants.items()}
    return with_variants(manuscript, values, tuple(pool.values()))


def _values(variant: Variant, pool: Mapping[str, Medium]) -> dict[str, str]:
    if variant.cover and variant.cover not in pool:
        raise missing(variant.cover)
    cover = pool[variant.cover].sha256 if variant.cover else ""
    return {"title": variant.title, "summary": variant.summary, "html": variant.content, "cover": cover}


def _kept(upload: Upload) -> Upload:
    """The picture as it will be kept, so that it is known again by its digest."""
    return replace(upload, content=as_jpeg(upload.content, upload.name)) if is_heic(upload.content) else upload


def _picture_name(upload: Upload) -> str:
    name = PurePosixPath(upload.name.replace("\\", "/")).name
    if not name.isprintable() or name in {"", ".", "..", "manuscript"} or len(name.encode()) > 255:
        raise UnreadableManuscript("The picture {name} has no usable file name: rename it.", name=ascii(name)[:60])
    return name


def _from_json(request: HttpRequest) -> Asked:
    _require_size(request, MAX_JSON_BYTES)
    content = request.read(MAX_JSON_BYTES + 1)
    if len(content) > MAX_JSON_BYTES:
        raise _too_large(MAX_JSON_BYTES)
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise Problem(
            400, "json", Text("The body is no JSON document: check its brackets, quotes and UTF-8.")
        ) from None
    facts = _checked(Submission, document)
    _require_text(facts, has_file=False)
    files = {name: tuple(Upload(f.name, f.data, f.caption) for f in getattr(facts, name)) for name in PARTS - {"file"}}
    return Asked(facts, None, **files)


def _from_form(request: HttpRequest) -> Asked:
    _require_size(request, MAX_FORM_BYTES)
    try:
        fields, files = request.POST, request.FILES
    except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        raise _too_large(MAX_FORM_BYTES) from None
    except (MultiPartParserError, BadRequest, OSError):
        raise Problem(400, "form", Text("The form cannot be read: check its boundary and its length.")) from None
    document = {name: fields.getlist(name) if name in LISTS else fields[name] for name in fields}
    facts = _checked(Facts, document)
    for name in files:
        if name not in PARTS:
            raise _slip("extra_forbidden", name, "")
    manuscripts = _uploads(files, "file")
    if len(manuscripts) > 1:
        raise unprocessable("invalid", Text("Send one manuscript at a time: the form has several parts called file."))
    _require_text(facts, has_file=bool(manuscripts))
    file = manuscripts[0] if manuscripts else None
    return Asked(facts, file, _uploads(files, "pictures"), _uploads(files, "attachments"))


def _uploads(files: MultiValueDict[str, UploadedFile[Any]], name: str) -> tuple[Upload, ...]:
    return tuple(Upload(upload.name or "", upload.read()) for upload in files.getlist(name))


def _require_size(request: HttpRequest, limit: int) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > limit:
        raise _too_large(limit)


def _require_text(facts: Facts, *, has_file: bool) -> None:
    if has_file == bool(facts.content.strip()):
        raise unprocessable("invalid", Text("Send the text either as content, or as a part called file of a form."))


def _too_large(limit: int) -> Problem:
    text = Text(
        "The request is larger than {limit} MB: send large files as multipart/form-data, or make them smaller.",
        limit=limit // 1024**2,
    )
    return Problem(413, "too-large", text)


def _checked(shape: type[Shape], document: object) -> Shape:
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        raise _slips(error) from None


def _slips(error: ValidationError) -> Problem:
    """All that is wrong, the first of it as the answer's own words."""
    found = [_slip(each["type"], ".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
    first = found[0]
    first.members["errors"] = [{"field": each.members["field"], "messages": in_both(each.text)} for each in found]
    return first


def _slip(kind: str, field: str, reason: str) -> Problem:
    template = SLIPS.get(kind, OTHER_SLIP)
    return Problem(422, "invalid", Text(template, field=field or "?", reason=reason), members={"field": field})
