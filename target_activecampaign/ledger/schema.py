"""Owns the ledger's tables: what was confirmed for each contact and list, and nothing else.

No table holds the content of a contact. To see that a contact did not change, a hash of what was last sent is
enough; what is not stored can't leak, and can't be out of date. An identity is a keyed hash of the normalised
address, a fingerprint a keyed hash of all that is sent for a contact; both have 16 bytes, and their keys come
from the data key (`crypto.py`). Times are whole seconds since 1970.

`ledger_meta`: one row about the ledger itself.
    version: Of the tables. Every version has it, so that an older program recognises a newer ledger.
    account: Host of the one account that the ledger belongs to.
    salt: Of the key that is derived from the API key, 16 bytes.
    wrapped_key: The data key, encrypted with that derived key.

`ledger_contact`: one row for each contact and list that we sent. Its times prove which membership is ours:
one that began within the first import or within the latest one.
    list_id: The list.
    identity: Keyed hash of the address.
    fingerprint: Keyed hash of what was confirmed; null while that is in doubt.
    confirmed_at: When the latest confirmed import was submitted; 0 where the contact is not known, since none
        was confirmed, or the contact was refused since.
    since: When the first import was submitted, that put the contact on the list where one did.
    run: Id of the run that confirmed it last; null where no run began.
    first_ended_at: When the first confirmed import was confirmed; null where none was.
    ended_at: When the latest confirmed import was confirmed; null where `confirmed_at` is 0, or where that
        import subscribed nobody, so that it proves nothing. Likewise `first_ended_at`.

`ledger_member`: one row for each person that a stream brought to a list. Where people are kept alone.
    list_id, identity: As above.
    stream: Name of the stream.
    address: The address, encrypted: to unsubscribe somebody takes an address, and no hash gives it back.
    since: When the first import was submitted, or else when the person was noted.

`ledger_source_key`: one row for each record of a source and person that it leads to, where streams have keys.
    list_id, stream: As above.
    source_key: Keyed hash of the values of the stream's `key_properties`.
    identity: Of the address that the record had last. A record that was rejected with another address leads
        to both people.

`ledger_gone_key`: one row for each record of a source that is gone, while the person's removal is pending.
    list_id, stream, source_key, identity: As above.

`ledger_removal`: one row for each person who is to be taken off a list, or was left alone.
    list_id, identity, address: As above.
    stream: The one that brought the person, or the deletion.
    cause: `missing` (a run did not bring the person), `deleted` (the source said that the person is gone), or
        `unproven` (it did, and a record of that run that nobody can read may be of the person); `unfinished`
        and `unfinished_unproven` until a run with the stream came to its end.
    noted_at: When that was noted.
    left_alone: The reason why the person was left on the list; null while the removal is pending.

`ledger_tap_stream`: one row for each stream of the tap whose name of stream maps others may have, too.
    list_id, stream: As above.
    tap_stream: As the tap calls it.
    seen_at: When the last run began in which it came.

`ledger_opt_out`: one row for each record of a source that says that its person does not want a list.
    list_id, identity, stream, source_key: As above; 16 bytes of 0 for the key in a stream without keys.
    address: As above while the removal is pending; empty afterwards.
    noted_at: When the record said so, for the first time or after it had said otherwise.
    settled_at: When the person was taken off, or seen not to be subscribed; null while that is pending.

`ledger_run`: one row for each run that wrote.
    id: Counts up.
    started_at: When it began.

`ledger_holder`: one row for each list that a run holds, for the message that refuses a second run. The lock
itself is the operating system's or the server's (`list_lock.py`).
    list_id: The list.
    host, pid: The machine and process that hold it.
    since: When they took it.

`ledger_history`: one row for each of the last runs, for people (`target-activecampaign runs`).
    run: Counts up.
    document: JSON of what was entered when it began and when it ended: times, host and process, lists,
        figures, open alerts. No address and nothing else of a record.

The types are SQLAlchemy's, alike for SQLite and PostgreSQL. How a table changes: `migrations.py`. The reasons
for keys, locks and doubt: `docs/design/ledger.md`.
"""

from __future__ import annotations

import sqlalchemy as sa

TABLES = sa.MetaData()
"""As of the newest version. A change is a new step in `migrations.MIGRATIONS`, which then describes the old
table."""

META = sa.Table(
    "ledger_meta",
    TABLES,
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("wrapped_key", sa.Text, nullable=False),
)
CONTACT = sa.Table(
    "ledger_contact",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("identity", sa.LargeBinary, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary),
    sa.Column("confirmed_at", sa.BigInteger, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("run", sa.BigInteger),
    sa.Column("first_ended_at", sa.BigInteger),
    sa.Column("ended_at", sa.BigInteger),
    sqlite_with_rowid=False,
)
# The stream comes last in the key: a contact's streams are looked up as often as a stream's contacts, and a
# list is fed by few streams.
MEMBER = sa.Table(
    "ledger_member",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("identity", sa.LargeBinary, primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
SOURCE_KEY = sa.Table(
    "ledger_source_key",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("source_key", sa.LargeBinary, primary_key=True),
    sa.Column("identity", sa.LargeBinary, primary_key=True),
    # A person's keys are looked up as often as a key's person.
    sa.Index("ledger_source_key_identity", "list_id", "identity", "stream"),
    sqlite_with_rowid=False,
)
GONE_KEY = sa.Table(
    "ledger_gone_key",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("source_key", sa.LargeBinary, primary_key=True),
    sa.Column("identity", sa.LargeBinary, primary_key=True),
    sa.Index("ledger_gone_key_identity", "list_id", "identity"),
    sqlite_with_rowid=False,
)
REMOVAL = sa.Table(
    "ledger_removal",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("identity", sa.LargeBinary, primary_key=True),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("noted_at", sa.BigInteger, nullable=False),
    sa.Column("left_alone", sa.Text),
    sqlite_with_rowid=False,
)
TAP_STREAM = sa.Table(
    "ledger_tap_stream",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("tap_stream", sa.Text, primary_key=True),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
OPT_OUT = sa.Table(
    "ledger_opt_out",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("identity", sa.LargeBinary, primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("source_key", sa.LargeBinary, primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("noted_at", sa.BigInteger, nullable=False),
    sa.Column("settled_at", sa.BigInteger),
    sqlite_with_rowid=False,
)
RUN = sa.Table(
    "ledger_run",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("started_at", sa.BigInteger, nullable=False),
)
HOLDER = sa.Table(
    "ledger_holder",
    TABLES,
    sa.Column("list_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.BigInteger, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
HISTORY = sa.Table(
    "ledger_history",
    TABLES,
    sa.Column("run", sa.Integer, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)
