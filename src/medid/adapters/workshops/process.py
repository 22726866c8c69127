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
    """Sign what ``work`` says, part by part, until it ends."""
    say = _saying(answers)
    try:
        bench = _bench(wire.Order.read(wire.received(work)))
        say(wire.answer_message([]))
        while part := wire.received(work):
            say(wire.answer_message(bench.begin(wire.read_work(part))()))
    except MedidError as error:
        say(wire.failure_message(error))


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
    def say(message: bytes) -> None:
        answers.write(message)
        answers.flush()

    return say


def main() -> None:
    """Serve whoever started this process."""
    # Ctrl-C is for the one that is waited for, which then closes the input of this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = sys.stdout.buffer
    # What anything else would print is no answer.
    sys.stdout = sys.stderr
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
