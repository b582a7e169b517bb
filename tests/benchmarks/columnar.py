"""The same year in DuckDB, a database made for counting; it uses all cores and keeps columns, not rows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import duckdb

from tests.benchmarks.year import STATEMENTS, answer, columns

OFFICE = "kzj"
TABLE = "entries"


class Columnar:
    """A DuckDB file with the year in it."""

    def __init__(self, folder: Path) -> None:
        self._database = duckdb.connect(str(folder / "year.duckdb"))
        # Only the columns that are asked for are ever read.
        columns = 'office TEXT, year INT, month INT, day INT, event TEXT, channel TEXT, "column" TEXT, item BIGINT'
        self._database.execute(f"CREATE TABLE {TABLE} ({columns})")

    def fill(self, rows: int) -> None:
        """Bring the year up to ``rows`` entries."""
        ((first,),) = self._database.execute(f"SELECT count(*) FROM {TABLE}").fetchall()
        values = columns("//")
        names = ", ".join(f'"{name}"' for name in values)
        self._database.execute(
            f"INSERT INTO {TABLE} (office, {names}) "
            f"SELECT '{OFFICE}', {', '.join(values.values())} FROM range({first}, {rows}) AS series(n)"
        )
        self._database.execute("CHECKPOINT")

    def time_year(self, count: int) -> dict[str, Any]:
        """The answer to the year's count, ``count`` times."""
        took: list[float] = []
        told: dict[str, Any] = {}
        for _ in range(count):
            begun = time.perf_counter()
            told = answer(
                [self._database.execute(text.format(table=TABLE, office=OFFICE)).fetchall() for text in STATEMENTS]
            )
            took.append((time.perf_counter() - begun) * 1000)
        return {"took": took, "answer": told}

    def close(self) -> None:
        self._database.close()
