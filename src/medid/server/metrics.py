"""Counters by endpoint and outcome, in the text format of Prometheus.

Every label is a name of this server's own: route templates, statuses and codes. Nothing
that a caller sends becomes one, so their number is bounded and nobody is named.

Spec: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import threading
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.adapters.trust_file import TrustFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.adapters.cache import CachedFetch

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

# Each of CacheCounts by its own name.
_CACHE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hits": "Documents that were at hand.",
        "negative_hits": "Failures that were at hand.",
        "shared_hits": "Documents that another process had left in the shared store.",
        "misses": "Requests for which a host was asked.",
        "validated": "Documents of which the host said that they had not changed.",
        "joined": "Requests that waited for another's fetch of the same document.",
        "evictions": "Answers that made room for others.",
        "store_faults": "How often the shared store could not be used or believed.",
    }
)


class Metrics:
    """What has been answered since the start. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Counter[tuple[str, int, str]] = Counter()
        self._seconds: Counter[str] = Counter()
        self.in_progress = 0

    def count(self, route: str, status: int, code: str, seconds: float) -> None:
        """One answer, and how long it took."""
        with self._lock:
            self._answers[route, status, code] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]

    def text(self, *, trust: object = None, cache: CachedFetch | None = None) -> str:
        """The page that a collector reads.

        Args:
            trust: Where it is a trust file, what that has done is told, too.
            cache: The counts of this cache are told, too.
        """
        with self._lock:
            answers = sorted(self._answers.items())
            seconds = sorted(self._seconds.items())
        lines = [
            "# HELP medid_requests_total Answers by route, HTTP status and code.",
            "# TYPE medid_requests_total counter",
        ]
        for (route, status, code), number in answers:
            labels = f'route="{route}",status="{status}",code="{code}"'
            lines.append(f"medid_requests_total{{{labels}}} {number}")
        lines += [
            "# HELP medid_request_seconds_total Time spent by route.",
            "# TYPE medid_request_seconds_total counter",
        ]
        for route, total in seconds:
            lines.append(f'medid_request_seconds_total{{route="{route}"}} {total:.6f}')
        lines += [
            "# HELP medid_requests_in_progress Requests that are being answered.",
            "# TYPE medid_requests_in_progress gauge",
            f"medid_requests_in_progress {self.in_progress}",
            *(_of_trust(trust) if isinstance(trust, TrustFile) else ()),
            *(_of_cache(cache) if cache is not None else ()),
        ]
        return "\n".join(lines) + "\n"


def _of_cache(cache: CachedFetch) -> list[str]:
    counts = cache.counts()
    lines = []
    for name, told in _CACHE.items():
        metric = f"medid_cache_{name}_total"
        lines += [
            f"# HELP {metric} {told}",
            f"# TYPE {metric} counter",
            f"{metric} {getattr(counts, name)}",
        ]
    return lines


def _of_trust(file: TrustFile) -> list[str]:
    counts = file.counts()
    return [
        "# HELP medid_trust_file_looks_total How often the trust file was read.",
        "# TYPE medid_trust_file_looks_total counter",
        f"medid_trust_file_looks_total {counts.looks}",
        "# HELP medid_trust_file_changes_total How often it was another one.",
        "# TYPE medid_trust_file_changes_total counter",
        f"medid_trust_file_changes_total {counts.changes}",
        "# HELP medid_trust_file_faults_total How often it was unreadable or broken.",
        "# TYPE medid_trust_file_faults_total counter",
        f"medid_trust_file_faults_total {counts.faults}",
        "# HELP medid_trust_file_usable Whether anybody can be believed now.",
        "# TYPE medid_trust_file_usable gauge",
        f"medid_trust_file_usable {int(counts.usable)}",
    ]
