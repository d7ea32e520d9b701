"""No statement on a set of people goes through a whole table, on both databases."""

from __future__ import annotations

import re
import typing as t

import pytest
import sqlalchemy as sa
from support.ledgers import address_of, fingerprint_of

from target_activecampaign.ledger import confirmations, gone_keys, members, opt_outs, removals, source_keys
from target_activecampaign.ledger.bulk_sql import BulkStatement

if t.TYPE_CHECKING:
    from support.ledgers import OpenLedger

    from target_activecampaign.ledger.ledger import Ledger

PEOPLE = 2_000
SET = 100
TABLES = ("contact", "member", "source_key", "gone_key", "removal", "opt_out")
# These go through a table once, whatever the number of people: a person commands them, for every list.
ON_EVERY_LIST = re.compile(
    r"(DELETE FROM|UPDATE|SELECT count\(\*\) FROM) ledger_\w+ (SET [\w ,=]+ )?"
    r"WHERE (confirmed_at > 0 AND )?identity IN"
)


class Statements:
    """Every statement on the ledger's tables that is executed, with its plan at that moment."""

    def __init__(self, ledger: Ledger) -> None:
        self.plans: dict[str, str] = {}
        self._dialect = ledger._database.dialect
        sa.event.listen(ledger._database._engine, "before_cursor_execute", self._note)

    def _note(self, connection: sa.Connection, cursor: t.Any, text: str, values: t.Any, *_: object) -> None:  # noqa: ANN401
        del connection
        short = " ".join(text.split())
        if not any(f"ledger_{table}" in short for table in TABLES) or short in self.plans:
            return
        explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}[self._dialect]
        other = cursor.connection.cursor()
        other.execute(f"{explain} {text}", values)
        self.plans[short] = "\n".join(" ".join(map(str, row)) for row in other.fetchall())
        other.close()


def address_numbers(numbers: range) -> list[str]:
    return [address_of(f"a{number}") for number in numbers]


def opt_outs_of(numbers: range) -> list[tuple[bytes, str]]:
    return [(bytes(16), email) for email in address_numbers(numbers)]


def fill(ledger: Ledger) -> None:
    for list_id in (1, 2):
        emails = address_numbers(range(PEOPLE))
        for stream in ("people", "shops"):
            keyed = [(ledger.source_key(email.encode()), email) for email in emails]
            ledger.note_people(list_id, stream, keyed, 5)
        ledger.confirm(list_id, dict.fromkeys(emails, fingerprint_of("a")), 5, 6)
        gone = address_numbers(range(PEOPLE, 2 * PEOPLE))
        ledger.note_deletions(
            list_id, "people", [(ledger.source_key(email.encode()), email) for email in gone], 6
        )
        ledger.note_opt_outs(list_id, "people", opt_outs_of(range(2 * PEOPLE, 4 * PEOPLE)), 6)
    if ledger._database.dialect == "postgresql":
        for connection in (ledger._database._reader, ledger._database._writer):
            for table in TABLES:
                connection.exec_driver_sql(f"ANALYZE ledger_{table}")
            # A table as small as a test's is quickest read whole. The plan of a large one is that without it.
            for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
                connection.exec_driver_sql(f"SET enable_{way} TO off")


def call_everything(ledger: Ledger) -> None:
    """Call all that a run calls for sets of people, with sets that are small beside the tables."""
    emails = address_numbers(range(SET))
    identities = [ledger.identity(email) for email in emails]
    keys = [ledger.source_key(email.encode()) for email in emails]
    prints = dict.fromkeys(emails, fingerprint_of("b"))
    gone = address_numbers(range(PEOPLE, PEOPLE + SET))
    ledger.compare(1, prints, 0)
    ledger.windows(1, identities)
    ledger.doubt(1, emails)
    ledger.confirm(1, prints, 7, 8)
    ledger.forget(1, emails[:9])
    ledger.streams_of(1, identities)
    ledger.people_of_keys(1, "people", keys)
    ledger.note_people(1, "people", [(key, email) for key, email in zip(keys, gone, strict=True)], 9)
    ledger.note_seen(1, address_numbers(range(PEOPLE + SET, PEOPLE + 2 * SET)))
    ledger.note_people(
        1, "people", [(key, email) for key, email in zip(keys, emails, strict=True)], 9, are_rejected=True
    )
    ledger.note_deletions(1, "people", [(key, email) for key, email in zip(keys, gone, strict=True)], 9)
    ledger.doubt_deletions(1, "people")
    ledger.replace_missing(1, "shops", identities, 9)
    ledger.clear_missing(1, "shops")
    ledger.leave_alone(1, identities[0], "came back")
    ledger.left_alone(1, identities)
    assert len(list(ledger.pending(1))) > SET
    assert sum(map(len, ledger.member_identities(1, "shops"))) == PEOPLE
    assert len(list(ledger.members(1, "shops", identities))) == SET
    ledger.remove_members(1, "shops", identities[:50])
    ledger.remove_contacts(1, emails[:50])
    ledger.note_opt_outs(1, "people", opt_outs_of(range(4 * PEOPLE, 4 * PEOPLE + SET)), 9)
    ledger.take_back_opt_outs(1, "people", opt_outs_of(range(2 * PEOPLE, 2 * PEOPLE + SET)))
    ledger.settle_opt_outs(1, address_numbers(range(3 * PEOPLE, 3 * PEOPLE + SET)))
    assert len(list(ledger.opt_outs(1))) == 2 * PEOPLE
    assert len(list(ledger.pending_opt_outs(1))) == 2 * PEOPLE - SET
    # Counts, and what a person commands.
    ledger.has_opt_outs(1)
    ledger.has_members(1)
    ledger.finish_deletions(1, ["people", "shops"])
    ledger.opt_out_counts()
    ledger.count_members(1, "people")
    ledger.count_members_on(1)
    ledger.member_counts()
    ledger.count_pending(1, "deleted")
    ledger.count_pending(1)
    ledger.figures()
    ledger.rename_stream(None, "people", "customers")
    ledger.release_stream(2, "customers", 9)
    ledger.erase_people(emails[:50], members=True)
    ledger.erase(2, members=True)


def problem_with(plan: str, dialect: str) -> str | None:
    """Return the line of a plan that goes through a table or a whole list instead of looking people up."""
    pattern = {
        "sqlite": r"(SCAN|SEARCH) (ledger_|held|known|noted|said|sent)",
        "postgresql": r"Seq Scan on ledger_|Index Cond:",
    }[dialect]
    lines = [line for line in plan.splitlines() if re.search(pattern, line)]
    return next((line for line in lines if not re.search(r"\b(identity|source_key) ?[=>]", line)), None)


def test_no_statement_of_a_run_goes_through_a_whole_table(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(keeps_people=True)
    fill(ledger)
    statements = Statements(ledger)
    call_everything(ledger)
    dialect = ledger._database.dialect
    found = {
        text: problem
        for text, plan in statements.plans.items()
        if _looks_people_up(text) and (problem := problem_with(plan, dialect))
    }
    assert found == {}
    bulk = {
        name: statement
        for module in (confirmations, gone_keys, members, opt_outs, removals, source_keys)
        for name, statement in vars(module).items()
        if isinstance(statement, (BulkStatement, sa.TextClause))
    }
    assert bulk
    executed = [re.sub(r"%\(\w+\)s|:\w+|\?", "?", text) for text in statements.plans]
    for name, statement in bulk.items():
        clause = statement.for_dialect(dialect) if isinstance(statement, BulkStatement) else statement
        compiled = clause.compile(dialect=ledger._database._engine.dialect)
        expected = re.sub(r"%\(\w+\)s|:\w+|\?", "?", " ".join(str(compiled).split()))
        assert re.sub(r"::\w+", "", expected) in [re.sub(r"::\w+", "", one) for one in executed], name


def _looks_people_up(text: str) -> bool:
    is_bulk = "json" in text and not ON_EVERY_LIST.match(text)
    is_page = " LIMIT " in text and "SELECT 1" not in text
    return is_bulk or is_page or "left_alone=" in text


@pytest.mark.parametrize(
    ("dialect", "plan", "is_good"),
    [
        ("sqlite", "5 0 0 SCAN held", False),
        ("sqlite", "5 0 0 SEARCH held USING PRIMARY KEY (list_id=?)", False),
        ("sqlite", "5 0 0 SEARCH held USING PRIMARY KEY (list_id=? AND identity=?)", True),
        ("postgresql", "Nested Loop\n  ->  Seq Scan on ledger_member held", False),
        ("postgresql", "  Index Cond: (list_id = 1)", False),
        ("postgresql", "  Index Cond: ((list_id = 1) AND (identity = given.identity))", True),
    ],
)
def test_the_check_tells_a_plan_that_goes_through_a_list(dialect: str, plan: str, is_good: bool) -> None:  # noqa: FBT001
    assert (problem_with(plan, dialect) is None) == is_good
