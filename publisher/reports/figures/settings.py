"""What the office's configuration says that a form prints."""

from __future__ import annotations

from publisher.office import Office


def setting(office: Office, name: str, *, joined_by: str = "、") -> str:
    """The value of a ``config`` figure's setting; empty where the office does not say it.

    ``channels.KIND.name`` gives the names of all channels of that kind, in the order of the configuration.
    """
    match name.split("."):
        case ["office", "name"]:
            return office.name
        case ["office", "site_id_code"]:
            return office.site_id_code
        case ["profile", key]:
            return office.profile.get(key, "")
        case ["channels", kind, "name"]:
            return joined_by.join(entry.name for entry in office.channels.values() if entry.kind == kind)
    raise ValueError(f"no setting a form may print: {name}")
