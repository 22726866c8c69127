"""Workshops that sign on many cores, or at a key store that lets one wait.

Both implement ``medid.board.workshop.Workshop``. A key in a file is used by processes,
one for each core; a key in a store is asked by a few threads, as the work is elsewhere.
"""

from medid.adapters.workshops.processes import Processes, signing_processes
from medid.adapters.workshops.threads import Threads, signing_threads

__all__ = ["Processes", "Threads", "signing_processes", "signing_threads"]
