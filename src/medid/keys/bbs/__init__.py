"""BBS signatures over BLS12-381: sign many messages once, show any of them unlinkably.

Octets in, octets out: knows no JSON, no DIDs and no credentials. Every function takes
keywords only, named as the drafts name them, and either returns or raises. The drafts'
three interfaces are the functions below, and the modules ``blind`` and ``pseudonym``.

>>> from medid.keys import bbs
>>> secret = bbs.new_secret()
>>> signed = {"public": bbs.public_of(secret), "header": b"license"}
>>> said = [b"name: Ada", b"profession: physician"]
>>> signature = bbs.sign(secret=secret, header=b"license", messages=said)
>>> shown = {"presentation_header": b"challenge", "disclosed_indexes": [1]}
>>> proof = bbs.proof_gen(**signed, **shown, signature=signature, messages=said)
>>> bbs.proof_verify(**signed, **shown, proof=proof, disclosed_messages=said[1:])

Needs the extra ``medid[bbs]``, from the first call on.
"""

from medid.keys.bbs import blind, pseudonym
from medid.keys.bbs.keypair import check_public, key_gen, new_secret, public_of
from medid.keys.bbs.signatures import proof_gen, proof_verify, sign, verify
from medid.keys.bbs.suites import SHA_256, SHAKE_256, Suite

__all__ = [
    "SHAKE_256",
    "SHA_256",
    "Suite",
    "blind",
    "check_public",
    "key_gen",
    "new_secret",
    "proof_gen",
    "proof_verify",
    "pseudonym",
    "public_of",
    "sign",
    "verify",
]
