"""Whether the pages that what is out links to can be asked for at all."""

from __future__ import annotations

from datetime import datetime

from channels.errors import Text
from publisher.office import Office
from publisher.queue.diagnosis.findings import Finding, Who, warning, well
from publisher.queue.sightings import links

CHECK = "links"


def reachable(office: Office, now: datetime) -> list[Finding]:
    """Whether this machine gets out; where it does not, nobody is told of single links."""
    if not office.looks.links:
        return [well(CHECK, Text("Pages of others are not asked for: [looks] links is false."))]
    if not links.is_out_of_reach(office, now):
        return [well(CHECK, Text("Linked pages are asked for every day."))]
    text = Text("No linked page of others has answered for days: this machine does not seem to get out.")
    remedy = Text("Let it out through the firewall, or set links = false under [looks] in the configuration.")
    return [warning(CHECK, text, Who.ADMINISTRATOR, remedy)]
