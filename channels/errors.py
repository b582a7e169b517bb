"""What can go wrong at a channel, named by who must act.

Every error answers two questions: who has to do something, and may the effect have happened all the same.
"""

from __future__ import annotations

from typing import Self


class Text:
    """A sentence for people that can still be translated: a template and the values that go into it.

    The template is the English message id in ``str.format`` syntax. The house translates the template and fills in the
    values; used alone, ``str()`` gives the English sentence.
    """

    __slots__ = ("template", "values")

    def __init__(self, template: str, /, **values: object) -> None:
        self.template = template
        self.values = {name: str(value) for name, value in values.items()}

    def __str__(self) -> str:
        return self.template.format(**self.values)

    def __repr__(self) -> str:
        return f"Text({self.template!r}, {self.values!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.template, self.values) == (other.template, other.values)

    def __hash__(self) -> int:
        return hash((self.template, tuple(sorted(self.values.items()))))


def message_id(template: str) -> str:
    """``template`` itself, marked for the catalogue: for constants and tables, which stand outside a ``Text``."""
    return template


class ChannelError(Exception):
    """Base of everything a channel may raise about a delivery.

    Args:
        template: English message in ``str.format`` syntax; says what is wrong and what to do next.
        code: the platform's own code, where it gave one.
        values: what goes into the template; never a secret.
    """

    def __init__(self, template: str, /, *, code: str = "", **values: object) -> None:
        self.text = Text(template, **values)
        self.code = code
        super().__init__(str(self.text))

    @classmethod
    def from_text(cls, text: Text, *, code: str = "") -> Self:
        """The same sentence as another error."""
        error = cls("", code=code)
        error.text, error.args = text, (str(text),)
        return error


class ProductRefused(ChannelError):
    """The platform will not take this product: the editor must change it. Nothing was published."""


class CredentialsRefused(ChannelError):
    """The account, its rights or its secrets are wrong: the administrator must act. Nothing was published."""


class PersonNeeded(ChannelError):
    """A named person must do something, on the platform or in the office, before it can go on."""


class ChannelUnavailable(ChannelError):
    """Nobody must act: wait and try again. Nothing was published, by the platform's word.

    Args:
        retry_after_s: seconds the platform asks to wait; None leaves the delay to the queue.
    """

    def __init__(
        self, template: str, /, *, code: str = "", retry_after_s: float | None = None, **values: object
    ) -> None:
        super().__init__(template, code=code, **values)
        self.retry_after_s = retry_after_s


class NeverSent(ChannelUnavailable):
    """No connection was made: not by anybody's word, but for certain nothing was published."""


class OutcomeUnknown(ChannelError):
    """The call left and no definite answer came back: it may be out or not. Look before doing anything else."""


class ConfigurationError(Exception):
    """A setting is wrong; not about a delivery, so no handler of deliveries may swallow it."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))


class SettingRefused(ValueError):
    """A validator of options will not take a value; ``text`` says what to write instead, and names no secret."""

    def __init__(self, template: str, /, **values: object) -> None:
        self.text = Text(template, **values)
        super().__init__(str(self.text))
