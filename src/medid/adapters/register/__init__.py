"""A register in SQLite, the default, or in PostgreSQL, for many writers."""

from medid.adapters.register.opening import open_engine
from medid.adapters.register.store import SqlRegister

__all__ = ["SqlRegister", "open_engine"]
