"""A bounded number of threads, and a bounded number of jobs that wait for one.

A job that runs cannot be stopped. So a request that gave up waiting still counts until
its job ends: whoever sends expensive documents fills the places that there are, and
costs nothing beyond.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from medid.server.problems import http_problem

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

RETRY_AFTER = "1"  # seconds; most jobs take milliseconds


class Pool:
    """Runs jobs in ``workers`` threads; refuses more than ``places`` at once."""

    def __init__(self, *, workers: int, places: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="medid-work")
        self._places = threading.BoundedSemaphore(places)

    async def run(self, job: Callable[[], T]) -> T:
        """What ``job`` returns; what it raises is raised.

        Raises:
            HttpProblem: All places are taken, or the server is stopping.
        """
        return await asyncio.wrap_future(self._submit(job))

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        if not self._places.acquire(blocking=False):
            raise busy()
        try:
            future = self._threads.submit(job)
        except RuntimeError:
            self._places.release()
            raise busy() from None
        future.add_done_callback(lambda _done: self._places.release())
        return future

    def close(self) -> None:
        """Wait for the jobs that run; those that wait are dropped."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def busy() -> Exception:
    """The refusal of a request for which there is no place, to be raised."""
    message = "the server is working on as many requests as it can"
    return http_problem("BUSY", message, headers={"Retry-After": RETRY_AFTER})
