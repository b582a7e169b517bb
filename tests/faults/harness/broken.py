"""The command ``publisher`` with a broken protocol; the first word names the breaks, the others are its own."""

from __future__ import annotations

import sys

from publisher.cli import main
from tests.faults.harness import breaks

if __name__ == "__main__":
    breaks.apply(sys.argv.pop(1).split(","))
    main()
