"""The table of moves: every state can be reached, final ones cannot be left, and nothing is a trap."""

from __future__ import annotations

import pytest

from publisher.queue.states import EVENTS, FINAL, MACHINE, MOVES, OPEN, State, Verb

START = {State.PLANNED, State.WAITING}
PROGRAM = {Verb.BEGIN, Verb.CLAIM, Verb.CONFIRM, Verb.ACCEPT, Verb.REFUSE, Verb.POSTPONE, Verb.DOUBT, Verb.HOLD}


def reachable(start: set[State]) -> set[State]:
    seen = set(start)
    while more := {new for (old, _), new in MOVES.items() if old in seen} - seen:
        seen |= more
    return seen


def test_every_state_is_reached_from_the_first() -> None:
    assert reachable(START) == set(State)


@pytest.mark.parametrize("state", FINAL)
def test_a_final_state_has_no_exit(state: State) -> None:
    assert not [move for move in MOVES if move[0] == state]


@pytest.mark.parametrize("state", [State.PLANNED, *OPEN])
def test_from_every_open_state_the_end_can_be_reached(state: State) -> None:
    assert State.DONE in reachable({state})


def test_open_and_final_are_all_states_and_share_none() -> None:
    assert {State.PLANNED, *OPEN, *FINAL} == set(State)
    assert not set(OPEN) & set(FINAL)


def test_the_program_moves_on_from_every_state_but_held() -> None:
    moved = {old for (old, verb) in MOVES if verb in PROGRAM}
    assert {State.PLANNED, State.SENDING, *MACHINE} <= moved


def test_doubt_is_left_only_by_evidence_or_a_person() -> None:
    exits = {verb for (old, verb) in MOVES if old == State.UNCERTAIN}
    assert exits == {Verb.CONFIRM, Verb.ACCEPT, Verb.REFUSE, Verb.POSTPONE, Verb.DENY, Verb.HOLD, Verb.GIVE_UP}
    assert (State.UNCERTAIN, Verb.CLAIM) not in MOVES
    assert (State.UNCERTAIN, Verb.POSTPONE) in EVENTS


def test_every_event_belongs_to_a_move() -> None:
    assert set(EVENTS) <= set(MOVES)
