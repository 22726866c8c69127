"""A register in SQLite, the default, or in PostgreSQL, for many writers.

Needs the extra ``board``, and for PostgreSQL the extra ``postgresql``.
"""

from medid.errors import MissingExtra

try:
    import alembic  # noqa: F401 - asked for here so that the answer can be friendly
    import sqlalchemy  # noqa: F401
except ImportError:
    message = "a register needs SQLAlchemy and Alembic"
    raise MissingExtra(message, fix="pip install 'medid[board]'") from None

from medid.adapters.register.backup import backup
from medid.adapters.register.opening import make, open_engine
from medid.adapters.register.store import SqlRegister

__all__ = ["SqlRegister", "backup", "make", "open_engine"]
