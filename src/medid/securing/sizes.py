"""How large what medid signs may become: no larger than what medid would read.

One limit for every way of securing, asked before a key is used: what is signed and
then refused by its first reader is of use to nobody, and a status index is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core.json import DOCUMENT
from medid.errors import TooLarge
from medid.keys.kinds import SHAPES

if TYPE_CHECKING:
    from medid.keys import PublicKey


def check_size(size: int) -> None:
    """Return if medid would read a secured document of ``size`` bytes.

    Raises:
        TooLarge: It would not.
    """
    if size > DOCUMENT.max_bytes:
        raise TooLarge(
            f"once signed it would have more than {DOCUMENT.max_bytes} bytes",
            fix="say less, or refer to what is large by its digest",
        )


def base64url_size(size: int) -> int:
    """The characters that ``size`` bytes take in base64url without padding."""
    return (size * 4 + 2) // 3


def largest_signature(key: PublicKey) -> int:
    """The bytes that a signature of ``key`` has at most."""
    return max(SHAPES[key.kind].signature_sizes)
