"""Peers in node: each contestant is a process of its own, timed by itself."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from benchmarks.rounds import AbsentError
from benchmarks.work import CHALLENGE, DOMAIN, HEALTH, INTEROP, NOW, context_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Node:
    """``interop/contestant.mjs`` doing ``work``.

    Raises:
        AbsentError: node or its packages are absent, or the peer fails at the work.
    """

    def __init__(self, work: Mapping[str, Any]) -> None:
        node = shutil.which("node")
        if node is None:
            raise AbsentError("node is absent")
        if not (INTEROP / "node_modules").is_dir():
            raise AbsentError("its packages are absent: make bench installs them")
        self._process = subprocess.Popen(
            [node, INTEROP / "contestant.mjs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        answer = self._ask(work)
        if "absent" in answer:
            self.close()
            raise AbsentError(answer["absent"])

    def __call__(self, calls: int) -> float:
        """The CPU time of so many calls, in microseconds."""
        return float(self._ask({"calls": calls})["microseconds"])

    def close(self) -> None:
        """Let the process end."""
        self._process.communicate()

    def _ask(self, line: Mapping[str, Any]) -> dict[str, Any]:
        say, hear = self._process.stdin, self._process.stdout
        if say is None or hear is None:
            raise RuntimeError("node has no pipes")
        say.write(json.dumps(line) + "\n")
        say.flush()
        answer = hear.readline()
        if not answer:
            raise RuntimeError("node gave up; its reason is above")
        return dict(json.loads(answer))


def digitalbazaar(what: str, suite: str, **more: Any) -> Callable[[], Node]:
    """@digitalbazaar/vc doing ``what`` with ``suite``."""
    work = {
        "what": what,
        "suite": suite,
        "contexts": {HEALTH: str(context_files()[HEALTH])},
        "challenge": CHALLENGE,
        "domain": DOMAIN,
        "now": str(NOW),
        **more,
    }
    return lambda: Node(work)
