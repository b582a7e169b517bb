"""Files that commands write: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from channels.errors import Text
from publisher.cli.output import Exit, stop
from publisher.wording import system_reason


def write_whole(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``; whoever looks there sees the old file or the new one, never half of it."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        new = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            new.chmod(0o644)
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        stop(Text("The file {path} cannot be written: {reason}.", path=path, reason=system_reason(error)), Exit.USAGE)
