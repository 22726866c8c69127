"""A process that signs: it reads work from its input until that ends.

Started by ``medid.adapters.workshops.processes``, and by nobody else. It opens the key
file itself; the key is in its memory, and nowhere else. When whoever started it ends,
in whatever way, its input ends, and so does it.
"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from medid.adapters.workshops import wire
from medid.board.acts import Issuing
from medid.board.workshop import Bench
from medid.errors import MedidError
from medid.issuing.controller import Controller
from medid.keys import PublicKey
from medid.keys.keyfile import FileSigner

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO


def serve(work: BinaryIO, answers: BinaryIO) -> None:
    """Sign what ``work`` says, line by line, until it ends."""
    say = _saying(answers)
    try:
        bench = _bench(wire.Order.read(work.readline()))
        say(wire.answer_line([]))
        for line in work:
            found = bench.begin(wire.read_work(line))()
            say(wire.answer_line(found))
    except MedidError as error:
        say(wire.failure_line(error))


def _bench(order: wire.Order) -> Bench:
    signer = FileSigner(
        order.key,
        password=lambda: order.password,
        public_key=PublicKey.from_multikey(order.public_key),
    )
    who = Controller(verification_method=order.verification_method, signer=signer)
    # The first message is signed for nobody, so that a wrong password is known now.
    signer.sign(b"medid")
    return Bench(order.board, Issuing(controller=who, securing=order.securing))


def _saying(answers: BinaryIO) -> Callable[[bytes], None]:
    def say(line: bytes) -> None:
        answers.write(line)
        answers.flush()

    return say


def main() -> None:
    """Serve whoever started this process."""
    # Ctrl-C is for the one that is waited for, which then closes the input of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
