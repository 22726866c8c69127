"""Credentials that are taken back though nothing became of their license.

That is what happens to everything that a key signed which is not used any more.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COUNTED: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, which refuses every change and deletion as the others do."""
    op.create_table(
        "withdrawal",
        sa.Column("event_id", _COUNTED, nullable=False),
        sa.Column("credential_id", sa.String(length=45), nullable=False),
        sa.Column("effective", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", sa.String(length=45), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_withdrawal_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
            name=op.f("fk_withdrawal_credential_id"),
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"], ["credential.id"], name=op.f("fk_withdrawal_replaced_by")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_withdrawal")),
    )
    op.create_index(
        op.f("ix_withdrawal_credential_id"),
        "withdrawal",
        ["credential_id"],
        unique=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER withdrawal_{verb.lower()} BEFORE {verb} ON withdrawal"
                " BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER withdrawal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON withdrawal FOR EACH STATEMENT EXECUTE FUNCTION medid_append_only()"
    )


def downgrade() -> None:
    """Leave nothing of it. What was taken back stays so on the lists."""
    op.drop_table("withdrawal")
