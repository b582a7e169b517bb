"""Options of a newspaper's table in the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from channels.base import ChannelOptions
from channels.errors import SettingRefused
from channels.issues import IssueOptions

FOLDER = "folder:"


class NewspaperOptions(ChannelOptions):
    """What one column of one newspaper wants.

    ``capacity_chars``: characters the column holds, 0 where nobody counts; ``deliver``: ``folder:PATH``, relative to
    the data folder or absolute; ``encoding``: of the text file, ``gb18030`` for typesetting systems of old.
    """

    column_title: str = ""
    capacity_chars: int = Field(default=0, ge=0)
    formats: tuple[Literal["docx", "txt"], ...] = Field(default=("docx", "txt"), min_length=1)
    deliver: str = "folder:exports/newspaper"
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    font: str = Field(default="仿宋", min_length=1)
    issues: IssueOptions = IssueOptions()

    @field_validator("deliver")
    @classmethod
    def _is_folder(cls, deliver: str) -> str:
        if deliver.startswith(("smtp:", "sftp:")):
            raise SettingRefused('Delivery by mail or SFTP comes in a later version: write "folder:PATH".')
        path = deliver.removeprefix(FOLDER)
        if path == deliver or path.strip("/ ") in {"", "."} or ".." in Path(path).parts:
            raise SettingRefused('This is no place to deliver to: write "folder:PATH", without "..".')
        return FOLDER + path.rstrip("/")

    @property
    def folder(self) -> str:
        return self.deliver.removeprefix(FOLDER)
