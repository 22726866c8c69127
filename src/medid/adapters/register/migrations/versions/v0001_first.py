"""The first form of a register.

What is only ever added to refuses every change and deletion, whoever asks for it: the
log must not depend on the program that writes it.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_COUNTED: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_APPEND_ONLY: Final = (
    *("practitioner", "identifier", "event", "sealed"),
    *("license", "license_version", "credential", "entry"),
)
_TABLES: Final = (
    *("entry", "credential", "license_version", "sealed", "license", "identifier"),
    *("status_list", "practitioner", "event", "board"),
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "board",
        sa.Column("id", _COUNTED, nullable=False),
        sa.Column("did", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board")),
        sa.UniqueConstraint("did", name=op.f("uq_board_did")),
        sa.UniqueConstraint("site", name=op.f("uq_board_site")),
    )
    op.create_table(
        "event",
        sa.Column("id", _COUNTED, nullable=False),
        sa.Column("board_id", _COUNTED, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("effective", sa.BigInteger(), nullable=False),
        sa.Column("license", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("order_reference", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_event_board_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(
        op.f("ix_event_board_id_license_id"),
        "event",
        ["board_id", "license", "id"],
        unique=False,
    )
    op.create_table(
        "practitioner",
        sa.Column("board_id", _COUNTED, nullable=False),
        sa.Column("id", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_practitioner_board_id")
        ),
        sa.PrimaryKeyConstraint("board_id", "id", name=op.f("pk_practitioner")),
    )
    op.create_table(
        "status_list",
        sa.Column("board_id", _COUNTED, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("room", sa.BigInteger(), nullable=False),
        sa.Column("dealt", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_status_list_board_id")
        ),
        sa.PrimaryKeyConstraint("board_id", "number", name=op.f("pk_status_list")),
    )
    op.create_table(
        "entry",
        sa.Column("id", _COUNTED, nullable=False),
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Boolean(), nullable=False),
        sa.Column("effective", sa.BigInteger(), nullable=False),
        sa.Column("event_id", _COUNTED, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_entry_event_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
    )
    op.create_index(
        op.f("ix_entry_board_id_list_number_purpose_position_id"),
        "entry",
        ["board_id", "list_number", "purpose", "position", "id"],
        unique=False,
    )
    op.create_table(
        "identifier",
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("practitioner_id", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id", "practitioner_id"],
            ["practitioner.board_id", "practitioner.id"],
            name=op.f("fk_identifier_board_id_practitioner_id"),
        ),
        sa.PrimaryKeyConstraint(
            "board_id", "system", "value", name=op.f("pk_identifier")
        ),
    )
    op.create_index(
        op.f("ix_identifier_board_id_practitioner_id"),
        "identifier",
        ["board_id", "practitioner_id"],
        unique=False,
    )
    op.create_table(
        "license",
        sa.Column("id", _COUNTED, nullable=False),
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("practitioner_id", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id", "practitioner_id"],
            ["practitioner.board_id", "practitioner.id"],
            name=op.f("fk_license_board_id_practitioner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_license")),
        sa.UniqueConstraint(
            "board_id", "number", name=op.f("uq_license_board_id_number")
        ),
    )
    op.create_index(
        op.f("ix_license_board_id_practitioner_id"),
        "license",
        ["board_id", "practitioner_id"],
        unique=False,
    )
    op.create_table(
        "sealed",
        sa.Column("board_id", _COUNTED, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("event_id", _COUNTED, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.id"], name=op.f("fk_sealed_board_id")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_sealed_event_id")
        ),
        sa.PrimaryKeyConstraint("board_id", "sequence", name=op.f("pk_sealed")),
        sa.UniqueConstraint("event_id", name=op.f("uq_sealed_event_id")),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.String(length=45), nullable=False),
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("license_id", _COUNTED, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("states", sa.Text(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=True),
        sa.Column("securing", sa.Text(), nullable=False),
        sa.Column("verification_method", sa.Text(), nullable=False),
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id", "list_number"],
            ["status_list.board_id", "status_list.number"],
            name=op.f("fk_credential_board_id_list_number"),
        ),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f("fk_credential_license_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint(
            "board_id",
            "list_number",
            "position",
            name=op.f("uq_credential_board_id_list_number_position"),
        ),
    )
    op.create_index(
        op.f("ix_credential_license_id"), "credential", ["license_id"], unique=False
    )
    op.create_table(
        "license_version",
        sa.Column("license_id", _COUNTED, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("effective", sa.BigInteger(), nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.String(length=10), nullable=True),
        sa.Column("expires_on", sa.String(length=10), nullable=True),
        sa.Column("event_id", _COUNTED, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_license_version_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f("fk_license_version_license_id")
        ),
        sa.PrimaryKeyConstraint(
            "license_id", "version", name=op.f("pk_license_version")
        ),
    )
    op.create_index(
        op.f("ix_license_version_expires_on"),
        "license_version",
        ["expires_on"],
        unique=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in _APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table}"
                    " BEGIN SELECT RAISE(ABORT, 'append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION medid_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
            f" ON {table} FOR EACH STATEMENT EXECUTE FUNCTION medid_append_only()"
        )


def downgrade() -> None:
    """Leave nothing of it."""
    for table in _TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION medid_append_only()")
