"""What is still missing in a draft, or wrong with it, before it can be sent up; each said of its field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from channels.errors import Text
from publisher.items.drafts.content import Content
from publisher.items.drafts.texts import named
from publisher.items.interpreted import documents
from publisher.items.models import Disclosure, Origin
from publisher.items.wishes import LONGEST, one_line, unknown_document
from publisher.office import Office

Found = tuple[str, Text]


def mistakes(office: Office, content: Content, *, now: datetime) -> Mapping[str, Sequence[Text]]:
    """By the name of the field what to do there; empty where the draft can be sent up.

    The field of a picture's description is called ``alt-`` and its SHA-256.
    """
    found: dict[str, list[Text]] = defaultdict(list)
    for check in (_texts, _lengths, _place, _origin, _interpreted, _disclosure, _pictures):
        for name, text in check(office, content):
            found[name].append(text)
    if content.publish_at and content.publish_at < now:
        found["publish_at"].append(Text("This time has passed: choose a later one, or none to publish at once."))
    return found


def _texts(office: Office, content: Content) -> Iterator[Found]:  # noqa: ARG001 - checks look alike
    if not one_line(content.title):
        yield "title", Text("The title is missing: write it.")
    if not content.html:
        yield "html", Text("The text is missing: write it, paste it, or drop the file.")


def _lengths(office: Office, content: Content) -> Iterator[Found]:  # noqa: ARG001 - checks look alike
    for name, (label, limit) in LONGEST.items():
        length = len(one_line(getattr(content, name)))
        if length > limit:
            yield (
                name,
                Text(
                    "The field “{field}” has {length} characters, and {limit} at most: shorten it.",
                    field=label,
                    length=length,
                    limit=limit,
                ),
            )


def _place(office: Office, content: Content) -> Iterator[Found]:
    if content.column not in office.columns:
        yield "column", Text("Choose the column it belongs to.")
    if not any(key in office.channels for key in content.channels):
        yield "channels", Text("Tick at least one channel.")


def _origin(office: Office, content: Content) -> Iterator[Found]:  # noqa: ARG001 - checks look alike
    if content.origin != Origin.REPOSTED:
        return
    if not one_line(content.source):
        yield "source", Text("A reposted item needs its source: say whose text it is.")
    if content.source_url and not is_web_address(one_line(content.source_url)):
        yield (
            "source_url",
            Text("This is no address of a web page: copy it from the browser, with http:// or https://."),
        )


def _interpreted(office: Office, content: Content) -> Iterator[Found]:
    for name in documents(office, content.interprets)[1]:
        yield "interprets", unknown_document(name)


def _disclosure(office: Office, content: Content) -> Iterator[Found]:  # noqa: ARG001 - checks look alike
    if content.disclosure != Disclosure.PROACTIVE and not one_line(content.disclosure_reason):
        yield "disclosure_reason", Text("Give the reason why it is not disclosed proactively.")


def _pictures(office: Office, content: Content) -> Iterator[Found]:  # noqa: ARG001 - checks look alike
    shown = set(named(content.html))
    for number, picture in enumerate(content.pictures, start=1):
        if picture.sha256 in shown and not one_line(picture.alt):
            text = Text("Picture {number} has no description: say in a few words what it shows.", number=number)
            yield f"alt-{picture.sha256}", text


def is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in address
    except ValueError:
        return False
