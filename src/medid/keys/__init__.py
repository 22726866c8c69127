"""Keys: what a key is and can do, how it is written down, and who signs with it.

The only room that imports signature libraries.

>>> key = PrivateKey.generate(KeyKind.ED25519)
>>> key.public_key.verify(key.sign(b"a license"), b"a license")
>>> PublicKey.from_multikey(key.public_key.to_multikey()) == key.public_key
True
"""

from medid.keys.kinds import KeyKind
from medid.keys.private import PrivateKey
from medid.keys.public import PublicKey
from medid.keys.signer import ListSigner, Signer

__all__ = ["KeyKind", "ListSigner", "PrivateKey", "PublicKey", "Signer"]
