"""The forms in which a COSE message travels: as bytes, and in base64 where text is due.

Spec: https://www.w3.org/TR/vc-jose-cose/#securing-vcs-with-cose,
https://www.rfc-editor.org/rfc/rfc9052#section-2
"""

from __future__ import annotations

from typing import Final

from medid.core import base64

# The tag 18; and an array or another tag, so that the reader can say what is wrong.
_BEGINNINGS: Final = (b"\xd2", b"\x84", b"\x98", b"\x9f", b"\xd8", b"\xd9")
# The tag 18 and an array of four, in base64.
_TEXT_BEGINNING: Final = b"0oR"
_SPACE: Final = b" \t\r\n"


def message_in(raw: bytes) -> bytes | None:
    """The message that ``raw`` is, or is the base64 of; ``None`` for something else.

    White space around the text is not part of it. Bytes are left as they are: a
    signature may end with a byte that means white space elsewhere.

    Raises:
        MalformedValue: It begins as base64 of a message does, and is not base64.
    """
    if raw.startswith(_BEGINNINGS):
        return raw
    text = raw.strip(_SPACE)
    if text.startswith(_TEXT_BEGINNING) and text.isascii():
        return base64.decode(text.decode("ascii"))
    return None
