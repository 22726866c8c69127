"""A register in SQLite, the default, or in PostgreSQL, for many writers."""

from medid.adapters.register.backup import backup
from medid.adapters.register.opening import make, open_engine
from medid.adapters.register.store import SqlRegister

__all__ = ["SqlRegister", "backup", "make", "open_engine"]
