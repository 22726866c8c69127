"""The events that have no place in the chain yet, so that sealing reads only those.

The database itself notes them, whoever writes: where events are committed in another
order than they are numbered, nothing else would tell which ones are missing. Events
are found by their number, because other boards have the numbers between them.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_COUNTED: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, and note what is not sealed by now."""
    op.create_table(
        "unsealed",
        sa.Column("board_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", _COUNTED, nullable=False),
        sa.PrimaryKeyConstraint("board_id", "event_id", name=op.f("pk_unsealed")),
    )
    op.execute(
        "INSERT INTO unsealed (board_id, event_id) SELECT board_id, id FROM event"
        " WHERE NOT EXISTS (SELECT 1 FROM sealed WHERE sealed.event_id = event.id)"
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER event_unsealed AFTER INSERT ON event BEGIN"
            " INSERT INTO unsealed (board_id, event_id) VALUES (NEW.board_id, NEW.id);"
            " END"
        )
        return
    op.execute(
        "CREATE FUNCTION medid_unsealed() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO unsealed (board_id, event_id)"
        " SELECT board_id, id FROM added; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER event_unsealed AFTER INSERT ON event"
        " REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION medid_unsealed()"
    )


def downgrade() -> None:
    """Leave nothing of it: what is not sealed is found without it."""
    op.execute(
        "DROP TRIGGER event_unsealed"
        if op.get_bind().dialect.name == "sqlite"
        else "DROP TRIGGER event_unsealed ON event"
    )
    op.drop_table("unsealed")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION medid_unsealed()")
