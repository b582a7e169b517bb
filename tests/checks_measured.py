"""How much the checks find, and how much of it is right: ``python -m tests.checks_measured``.

Counted by snippet: one of a kind is found when something of that kind is told of it; anything told of a snippet without
a label, or of another kind than its label, is a false alarm of the kind that was told. Infos do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from publisher.review.checks import personal, statements, wording
from publisher.review.checks.finding import Place, Severity
from publisher.review.checks.passages import Passage
from publisher.review.checks.wordlists import Words, _words
from tests import heldout
from tests.snippets import ON, Snippet, stored

HERE = Place("paragraph", 1)
LISTS = Path(__file__).parent.parent / "config" / "words"


@dataclass(frozen=True)
class Score:
    """Snippets of one kind: found as such, told wrongly, and missed."""

    found: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.found / ((self.found + self.wrong) or 1)

    @property
    def recall(self) -> float:
        return self.found / ((self.found + self.missed) or 1)


def lists() -> Words:
    """The lists that come with the program."""
    return _words(tuple((path, path.read_bytes()) for path in sorted(LISTS.glob("*.toml"))))


def told(snippet: Snippet, known: Words) -> set[str]:
    """The kinds of findings of a snippet."""
    passage = Passage(HERE, snippet.text, snippet.context)
    found = [*personal.findings(snippet.text, HERE, snippet.context), *wording.findings(snippet.text, HERE, known)]
    found += [*statements.document_numbers(passage), *statements.dates(passage, ON), *statements.sums(passage)]
    return {finding.kind.value for finding in found if finding.severity != Severity.INFO}


def measured(snippets: Iterable[Snippet]) -> tuple[dict[str, Score], list[tuple[Snippet, set[str]]]]:
    """The score of each kind, and every snippet that was judged wrongly with what was told of it."""
    known = lists()
    found, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    misjudged = []
    for snippet in snippets:
        kinds = told(snippet, known)
        if snippet.kind:
            (found if snippet.kind in kinds else missed)[snippet.kind] += 1
        wrong.update(kinds - {snippet.kind})
        if kinds != ({snippet.kind} if snippet.kind else set()):
            misjudged.append((snippet, kinds))
    names = sorted(found.keys() | wrong.keys() | missed.keys())
    return {name: Score(found[name], wrong[name], missed[name]) for name in names}, misjudged


def tell(name: str, made: list[Snippet]) -> None:
    """Print the scores of a set, and every snippet that was judged wrongly."""
    scores, misjudged = measured(made)
    harmless = sum(not snippet.kind for snippet in made)
    click.echo(f"{name}: {len(made)} snippets, {harmless} of them with nothing to find\n")
    click.echo(f"{'kind':<18}{'found':>7}{'wrong':>7}{'missed':>8}{'precision':>11}{'recall':>9}")
    for kind, score in scores.items():
        click.echo(
            f"{kind:<18}{score.found:>7}{score.wrong:>7}{score.missed:>8}{score.precision:>11.3f}{score.recall:>9.3f}"
        )
    for snippet, kinds in misjudged:
        click.echo(f"{snippet.kind or '-'} [{snippet.variety}] told {sorted(kinds) or '-'}: {snippet.text!r}")
    click.echo("")


def main() -> None:
    tell("the set the rules were made with", stored())
    tell("held out", heldout.stored())


if __name__ == "__main__":
    main()
