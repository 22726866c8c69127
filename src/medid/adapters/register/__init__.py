"""A register in SQLite, the default, or in PostgreSQL, for many writers.

Needs the extra ``board``, and for PostgreSQL the extra ``postgresql``.
"""

from importlib.util import find_spec

from medid.errors import MissingExtra

# Asked for here, so that the answer can be friendly. Alembic is loaded where tables are
# made: it takes longer than a look-up.
if find_spec("alembic") is None or find_spec("sqlalchemy") is None:
    message = "a register needs SQLAlchemy and Alembic"
    raise MissingExtra(message, fix="pip install 'medid[board]'")

from medid.adapters.register.backup import backup
from medid.adapters.register.opening import make, open_engine
from medid.adapters.register.store import SqlRegister

__all__ = ["SqlRegister", "backup", "make", "open_engine"]
