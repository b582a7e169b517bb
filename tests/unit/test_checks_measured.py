"""What the checks reach on the committed snippets: no change may find less, or tell more that is wrong."""

from __future__ import annotations

import pytest

from publisher.review.checks.finding import PERSONAL
from tests import heldout, snippets
from tests.checks_measured import Score, measured

PRECISION, RECALL = 0.98, 0.97
LEAST = 2_000


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    return measured(snippets.stored())[0]


def test_the_committed_snippets_are_the_ones_that_are_made() -> None:
    made = snippets.snippets()
    assert snippets.stored() == made
    assert len(made) >= LEAST


@pytest.mark.parametrize("kind", [*sorted(PERSONAL), "wrong_word", "document_number", "date", "sum"])
def test_each_kind_reaches_its_floor(kind: str, scores: dict[str, Score]) -> None:
    score = scores[kind]
    assert score.found + score.missed >= 40
    assert score.precision >= PRECISION
    assert score.recall >= RECALL


@pytest.mark.parametrize("seed", range(3))
def test_snippets_nobody_looked_at_reach_the_floor_too(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snippets, "SEED", seed)
    for kind, score in measured(snippets.snippets())[0].items():
        assert (score.precision >= PRECISION, score.recall >= RECALL) == (True, True), kind


def test_the_held_out_snippets_are_the_ones_that_are_made() -> None:
    made = heldout.heldout()
    assert heldout.stored() == made
    assert len(made) >= 600


def test_held_out_snippets_reach_their_floor() -> None:
    """Wrong words nobody put on a list are not found: there only what is told must be right."""
    for kind, score in measured(heldout.stored())[0].items():
        least = 0.0 if kind == "wrong_word" else 0.9
        assert (score.precision >= 0.95, score.recall >= least) == (True, True), kind
