"""How a migration runs: inside of the transaction that it is handed.

Alembic runs this file itself, for each command; whoever imports it does nothing.

Spec: https://alembic.sqlalchemy.org/en/latest/cookbook.html#sharing-a-connection
"""

from alembic import context

from medid.adapters.register.tables import METADATA

if hasattr(context, "config"):
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        version_table=context.config.attributes["version_table"],
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()
