# ruff: noqa: S608 - all statements are made of our own constants
"""Triggers by which the database itself keeps the rules of approval, whoever writes into it.

They look into other tables, which SQLite makes anew for some changes; so they give way before migrations and are put in
place again after them (``apps.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True)
class Rule:
    """What is refused: a change of ``table`` for which ``condition`` holds; an empty one always does."""

    table: str
    change: str
    name: str
    says: str
    condition: str = ""

    @property
    def trigger(self) -> str:
        return f"{self.table}_{self.name}"


AUTHORS = (
    "EXISTS (SELECT 1 FROM review_review v JOIN items_revision mine ON mine.id = v.revision_id "
    "JOIN items_revision r ON r.item_id = mine.item_id AND r.number <= mine.number "
    "WHERE v.id = {review} AND LOWER(r.created_by) IN (LOWER({person}), 'cli:' || LOWER({person})))"
)
FULL = "(SELECT COUNT(*) FROM review_decision d WHERE d.step_id = s.id AND d.place IS NOT NULL AND d.digest = v.digest)"
INCOMPLETE = (
    "EXISTS (SELECT 1 FROM review_review v JOIN review_reviewstep s ON s.review_id = v.id "
    f"WHERE v.id = {{review}} AND s.places > {FULL})"
)
STEP_ALLOWS = "EXISTS (SELECT 1 FROM review_reviewstep s WHERE s.id = NEW.step_id AND s.{column})"
OF_RELEASE = "(SELECT e.review_id FROM review_emergency e WHERE e.id = NEW.emergency_id)"

ONLY_GROWS = "decisions and what they are about are never changed or deleted"
KEPT = (
    "review_decision",
    "review_reviewstep",
    "review_reviewedproduct",
    "review_emergency",
    "review_emergencyconfirmation",
)
SAME = (
    ("review_review", "t.id = NEW.id OR (t.item_id = NEW.item_id AND t.state = 'open')"),
    ("review_reviewstep", "t.id = NEW.id OR (t.review_id = NEW.review_id AND t.position = NEW.position)"),
    ("review_reviewedproduct", "t.id = NEW.id OR (t.review_id = NEW.review_id AND t.channel = NEW.channel)"),
    (
        "review_decision",
        "t.id = NEW.id OR (t.step_id = NEW.step_id AND (t.place = NEW.place OR t.person = NEW.person))",
    ),
    ("review_emergency", "t.id = NEW.id OR t.release_id = NEW.release_id"),
    ("review_emergencyconfirmation", "t.id = NEW.id OR t.emergency_id = NEW.emergency_id"),
    ("review_release", "t.id = NEW.id OR t.revision_id = NEW.revision_id"),
)
"""What is unique in each table."""

RULES = (
    *(Rule(table, change, f"no_{change.lower()}", ONLY_GROWS) for table in KEPT for change in ("UPDATE", "DELETE")),
    # INSERT OR REPLACE of SQLite deletes without firing the trigger of deletions.
    *(
        Rule(table, "INSERT", "no_replace", ONLY_GROWS, f"EXISTS (SELECT 1 FROM {table} t WHERE {same})")
        for table, same in SAME
    ),
    Rule("review_review", "DELETE", "no_delete", ONLY_GROWS),
    Rule(
        "review_review",
        "UPDATE",
        "ends_once",
        "a review ends once, and what it is about stays",
        "OLD.state <> 'open' OR NEW.digest <> OLD.digest OR NEW.revision_id <> OLD.revision_id "
        "OR NEW.item_id <> OLD.item_id OR NEW.office <> OLD.office OR NEW.opened_by <> OLD.opened_by",
    ),
    Rule(
        "review_review",
        "UPDATE",
        "needs_all_steps",
        "a review is approved when every step is",
        "NEW.state = 'approved' AND " + INCOMPLETE.format(review="NEW.id"),
    ),
    Rule("review_review", "INSERT", "begins_open", "a review begins open", "NEW.state <> 'open'"),
    Rule(
        "review_reviewstep",
        "INSERT",
        "before_decisions",
        "steps are not added to a review that is being decided",
        "EXISTS (SELECT 1 FROM review_decision d WHERE d.review_id = NEW.review_id)",
    ),
    Rule(
        "review_reviewedproduct",
        "INSERT",
        "before_decisions",
        "products are not added to a review that is being decided",
        "EXISTS (SELECT 1 FROM review_decision d WHERE d.review_id = NEW.review_id)",
    ),
    Rule(
        "review_decision",
        "INSERT",
        "right_review",
        "a decision is about an open review, one of its steps, and what was shown",
        "NOT EXISTS (SELECT 1 FROM review_review v JOIN review_reviewstep s ON s.review_id = v.id "
        "WHERE v.id = NEW.review_id AND s.id = NEW.step_id AND v.state = 'open' AND v.digest = NEW.digest "
        "AND (NEW.place IS NULL OR NEW.place < s.places))",
    ),
    Rule(
        "review_decision",
        "INSERT",
        "not_own_item",
        "nobody decides on an item of their own",
        AUTHORS.format(review="NEW.review_id", person="NEW.person")
        + " AND NOT "
        + STEP_ALLOWS.format(column="own_item"),
    ),
    Rule(
        "review_decision",
        "INSERT",
        "not_twice",
        "nobody decides at two steps",
        "EXISTS (SELECT 1 FROM review_decision d WHERE d.review_id = NEW.review_id AND d.step_id <> NEW.step_id "
        "AND LOWER(d.person) = LOWER(NEW.person)) AND NOT " + STEP_ALLOWS.format(column="same_person"),
    ),
    Rule(
        "review_decision",
        "INSERT",
        "in_order",
        "a step is decided after those before it",
        "NEW.verdict <> 'stands' AND EXISTS (SELECT 1 FROM review_review v JOIN review_reviewstep s "
        "ON s.review_id = v.id WHERE v.id = NEW.review_id AND s.position < (SELECT mine.position FROM "
        f"review_reviewstep mine WHERE mine.id = NEW.step_id) AND s.places > {FULL})",
    ),
    Rule(
        "review_decision",
        "INSERT",
        "stands_on_approval",
        "only an approval of the same step of the same item by the same person stands",
        "NEW.verdict = 'stands' AND NOT EXISTS (SELECT 1 FROM review_decision d JOIN review_reviewstep first "
        "ON first.id = d.step_id JOIN review_review before ON before.id = d.review_id JOIN review_reviewstep s "
        "ON s.id = NEW.step_id JOIN review_review v ON v.id = s.review_id WHERE d.id = NEW.repeats_id "
        "AND d.place IS NOT NULL AND d.person = NEW.person AND first.key = s.key AND before.item_id = v.item_id)",
    ),
    Rule(
        "review_release",
        "INSERT",
        "after_approval",
        "what was not approved at every step is not released as approved",
        "NEW.kind = 'approved' AND NOT EXISTS (SELECT 1 FROM review_review a WHERE a.revision_id = NEW.revision_id "
        "AND a.state = 'approved' AND NOT " + INCOMPLETE.format(review="a.id") + ")",
    ),
    Rule(
        "review_release",
        "INSERT",
        "emergency_not_own",
        "nobody releases an item of their own in an emergency",
        "NEW.kind = 'emergency' AND NOT EXISTS (SELECT 1 FROM review_review a WHERE a.revision_id = NEW.revision_id "
        "AND a.state = 'emergency' AND NOT " + AUTHORS.format(review="a.id", person="NEW.released_by") + ")",
    ),
    Rule(
        "review_release",
        "UPDATE",
        "stays",
        "a release stays what it is",
        "NEW.kind <> OLD.kind OR NEW.revision_id <> OLD.revision_id OR NEW.released_by <> OLD.released_by",
    ),
    Rule(
        "review_channelproduct",
        "INSERT",
        "as_reviewed",
        "what goes out is what was approved, byte for byte",
        "EXISTS (SELECT 1 FROM review_release r WHERE r.id = NEW.release_id AND r.kind IN ('approved', 'emergency')) "
        "AND NOT EXISTS (SELECT 1 FROM review_release r JOIN review_review v ON v.revision_id = r.revision_id "
        "AND v.state IN ('approved', 'emergency') JOIN review_reviewedproduct p ON p.review_id = v.id "
        "WHERE r.id = NEW.release_id AND p.channel = NEW.channel AND p.digest = NEW.digest "
        "AND p.canonical = NEW.canonical)",
    ),
    Rule(
        "review_channelproduct",
        "UPDATE",
        "stays",
        "what was signed stays what it is",
        "NEW.release_id <> OLD.release_id OR NEW.channel <> OLD.channel OR NEW.canonical <> OLD.canonical "
        "OR NEW.digest <> OLD.digest",
    ),
    Rule(
        "review_emergencyconfirmation",
        "INSERT",
        "by_another",
        "an emergency release is confirmed by somebody else",
        "EXISTS (SELECT 1 FROM review_emergency e JOIN review_release r ON r.id = e.release_id "
        "WHERE e.id = NEW.emergency_id AND LOWER(r.released_by) = LOWER(NEW.person)) OR "
        + AUTHORS.format(review=OF_RELEASE, person="NEW.person"),
    ),
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Put the triggers in place on the tables that are there; harmless where they already are."""
    remove(connection)
    with connection.cursor() as cursor:
        for rule in _present(connection):
            for statement in _statements(connection, rule):
                cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away; only migrations and tests that empty the database do this."""
    with connection.cursor() as cursor:
        for rule in _present(connection):
            place = f" ON {rule.table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {rule.trigger}{place}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Triggers that are not there, or not as they should be."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname, prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid "
                "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
            )
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = dict(cursor.fetchall())
    wanted = _body if connection.vendor == "postgresql" else _sqlite
    return [rule.trigger for rule in _present(connection) if found.get(rule.trigger) != wanted(rule)]


def _present(connection: BaseDatabaseWrapper) -> Iterator[Rule]:
    """The rules whose tables all exist: an early migration meets only some of them."""
    present = set(connection.introspection.table_names())
    return (rule for rule in RULES if rule.table in present)


def _statements(connection: BaseDatabaseWrapper, rule: Rule) -> Iterator[str]:
    if connection.vendor != "postgresql":
        yield _sqlite(rule)
        return
    yield f"CREATE OR REPLACE FUNCTION {rule.trigger}() RETURNS trigger LANGUAGE plpgsql AS $${_body(rule)}$$"
    yield (
        f"CREATE TRIGGER {rule.trigger} BEFORE {rule.change} ON {rule.table} FOR EACH ROW "
        f"EXECUTE FUNCTION {rule.trigger}()"
    )


def _sqlite(rule: Rule) -> str:
    when = f" WHEN {rule.condition}" if rule.condition else ""
    return (
        f"CREATE TRIGGER {rule.trigger} BEFORE {rule.change} ON {rule.table}{when} "
        f"BEGIN SELECT RAISE(ABORT, '{rule.says}'); END"
    )


def _body(rule: Rule) -> str:
    refuse = f"RAISE EXCEPTION '{rule.says}' USING ERRCODE = 'check_violation';"
    # Nothing to return for a change that is always refused.
    return f" BEGIN IF {rule.condition or 'TRUE'} THEN {refuse} END IF; RETURN NEW; END "
