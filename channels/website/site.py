"""What every website has in common, whatever system shows its pages."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Iterator

from channels.base import Channel, PastPage, Place
from channels.errors import ConfigurationError
from channels.website.options import WebsiteOptions
from channels.website.past import look_back


class Website(Channel, ABC):
    """A website; the site that was there before may be looked through by its lists."""

    kind = "website"

    def __init__(self, key: str, options: WebsiteOptions, place: Place) -> None:
        super().__init__(key, options, place)
        self._website = options
        self._check_past_columns()

    def past(self, year: int, *, after: str, is_known: Callable[[str], bool]) -> Iterator[PastPage]:
        """Read the lists of the site that ``past`` describes."""
        if self._website.past is None:
            return super().past(year, after=after, is_known=is_known)
        return look_back(
            self._website.past.lists,
            self._website.base_url,
            year=year,
            timeout_s=self._website.timeout_s,
            after=after,
            is_known=is_known,
        )

    def _check_past_columns(self) -> None:
        known = {column.key for column in self.place.columns}
        lists = self._website.past.lists if self._website.past else ()
        if wrong := {plan.column for plan in lists} - known:
            raise ConfigurationError(
                "channels.{key}.past names the columns {columns}, which the office does not have: correct them, or add "
                "them under columns.",
                key=self.key,
                columns=", ".join(sorted(wrong)),
            )
