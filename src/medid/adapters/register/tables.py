"""The tables of a register, as its migrations make them.

Times are microseconds since 1970 in UTC. JSON is text, written by medid's own writer:
nothing asks a database about what is inside of it.

Spec: https://docs.sqlalchemy.org/en/20/core/metadata.html
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

# Names that are the same on every database, so that migrations can name them.
METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows by an INTEGER only.
_COUNTED: Final = BigInteger().with_variant(Integer(), "sqlite")

BOARD: Final = Table(
    "board",
    METADATA,
    Column("id", _COUNTED, primary_key=True),
    Column("did", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("site", Text, nullable=False, unique=True),
    Column("jurisdiction", Text, nullable=False),
    Column("recorded", BigInteger, nullable=False),
)

PRACTITIONER: Final = Table(
    "practitioner",
    METADATA,
    Column("board_id", ForeignKey("board.id"), nullable=False),
    Column("id", String(45), nullable=False),
    PrimaryKeyConstraint("board_id", "id"),
)

IDENTIFIER: Final = Table(
    "identifier",
    METADATA,
    Column("board_id", BigInteger, nullable=False),
    Column("system", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("practitioner_id", String(45), nullable=False),
    PrimaryKeyConstraint("board_id", "system", "value"),
    ForeignKeyConstraint(
        ["board_id", "practitioner_id"], ["practitioner.board_id", "practitioner.id"]
    ),
    Index(None, "board_id", "practitioner_id"),
)

EVENT: Final = Table(
    "event",
    METADATA,
    Column("id", _COUNTED, primary_key=True),
    Column("board_id", ForeignKey("board.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Column("effective", BigInteger, nullable=False),
    Column("license", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("order_reference", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index(None, "board_id", "license", "id"),
)

SEALED: Final = Table(
    "sealed",
    METADATA,
    Column("board_id", ForeignKey("board.id"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("event_id", ForeignKey("event.id"), nullable=False, unique=True),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("board_id", "sequence"),
)

#: Which events have no place in the chain yet. The database notes each that is added.
UNSEALED: Final = Table(
    "unsealed",
    METADATA,
    Column("board_id", BigInteger, nullable=False),
    Column("event_id", _COUNTED, nullable=False),
    PrimaryKeyConstraint("board_id", "event_id"),
)

LICENSE: Final = Table(
    "license",
    METADATA,
    Column("id", _COUNTED, primary_key=True),
    Column("board_id", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("practitioner_id", String(45), nullable=False),
    ForeignKeyConstraint(
        ["board_id", "practitioner_id"], ["practitioner.board_id", "practitioner.id"]
    ),
    UniqueConstraint("board_id", "number"),
    Index(None, "board_id", "practitioner_id"),
)

LICENSE_VERSION: Final = Table(
    "license_version",
    METADATA,
    Column("license_id", ForeignKey("license.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("effective", BigInteger, nullable=False),
    Column("recorded", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("holder", Text),
    Column("claims", Text, nullable=False),
    Column("issued_on", String(10)),
    Column("expires_on", String(10)),
    Column("event_id", ForeignKey("event.id"), nullable=False),
    PrimaryKeyConstraint("license_id", "version"),
    Index(None, "expires_on"),
)

STATUS_LIST: Final = Table(
    "status_list",
    METADATA,
    Column("board_id", ForeignKey("board.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    # How many positions may be dealt; the others are decoys.
    Column("room", BigInteger, nullable=False),
    Column("dealt", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),
    PrimaryKeyConstraint("board_id", "number"),
)

CREDENTIAL: Final = Table(
    "credential",
    METADATA,
    Column("id", String(45), primary_key=True),
    Column("board_id", BigInteger, nullable=False),
    Column("license_id", ForeignKey("license.id"), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("states", Text, nullable=False),
    Column("issued", BigInteger, nullable=False),
    Column("ends", BigInteger),
    Column("securing", Text, nullable=False),
    Column("verification_method", Text, nullable=False),
    Column("list_number", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["board_id", "list_number"], ["status_list.board_id", "status_list.number"]
    ),
    # Whatever deals the positions: no two credentials share one.
    UniqueConstraint("board_id", "list_number", "position"),
)

WITHDRAWAL: Final = Table(
    "withdrawal",
    METADATA,
    Column("event_id", ForeignKey("event.id"), primary_key=True),
    Column("credential_id", ForeignKey("credential.id"), nullable=False, index=True),
    Column("effective", BigInteger, nullable=False),
    Column("replaced_by", ForeignKey("credential.id")),
)

ENTRY: Final = Table(
    "entry",
    METADATA,
    Column("id", _COUNTED, primary_key=True),
    Column("board_id", BigInteger, nullable=False),
    Column("list_number", Integer, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("value", Boolean, nullable=False),
    Column("effective", BigInteger, nullable=False),
    Column("event_id", ForeignKey("event.id"), nullable=False),
    Index(None, "board_id", "list_number", "purpose", "position", "id"),
)

#: What is only ever added to: all but the boards, how far their lists are dealt, and
#: what waits for its seal.
APPEND_ONLY: Final = (
    PRACTITIONER,
    IDENTIFIER,
    EVENT,
    SEALED,
    LICENSE,
    LICENSE_VERSION,
    CREDENTIAL,
    WITHDRAWAL,
    ENTRY,
)
