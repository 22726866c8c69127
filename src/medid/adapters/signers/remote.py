"""A signer over a host that holds the keys: ``medid signer serve``, or one like it.

Who asks is known by a certificate, and so is the host: both ends name the authorities
that they believe. The message goes to the host, because Ed25519 signs messages; what
comes back is verified before it is given out. A call is made once: whether to ask again
is for the caller to say.

The key is looked up among those that the host lets this client use, and by its name, so
a host that has another key by that name is noticed at the next signature.

Spec: https://www.rfc-editor.org/rfc/rfc8705#section-2
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.adapters.endpoint import Endpoint
from medid.adapters.https import system_resolver, tls_context
from medid.adapters.signers.store import StoreSigner
from medid.core import base64url
from medid.core.fields import no_others, object_list, required_str
from medid.core.json import JsonLimits
from medid.errors import ConfigurationError, MedidError, SignerError
from medid.keys import PublicKey
from medid.keys.kinds import SHAPES

if TYPE_CHECKING:
    from pathlib import Path

    from medid.adapters.https import ClientCertificate, Resolver
    from medid.core.json import JsonObject

SECONDS: Final = 10.0  # for one answer; a token behind the host may take a second
MAX_ANSWER_BYTES: Final = 1_048_576  # 1 MiB: some thousand keys, or one signature
KEYS: Final = "/keys"
SIGN: Final = "/sign"

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TARGET: Final = re.compile(rf"(?P<base>(?:/[^?]*)?){KEYS}/(?P<name>{NAME.pattern})")


class RemoteSigner(StoreSigner):
    """A ``Signer`` for one key of one host. Safe to share between threads.

    Args:
        url: Of the key, as in ``https://signer.example/keys/license``.
        client: As whom the host is asked.
        ca_file: PEM file of the authorities whose word on the host counts.
        resolver: Looks its name up.
        seconds: For one answer.

    Raises:
        ConfigurationError: The URL names no key, or a file cannot be read.
    """

    __slots__ = ("_base", "_endpoint", "_name", "_seconds")

    def __init__(
        self,
        url: str,
        *,
        client: ClientCertificate,
        ca_file: str | Path,
        resolver: Resolver = system_resolver,
        seconds: float = SECONDS,
    ) -> None:
        super().__init__()
        self._endpoint = Endpoint(
            url,
            tls=tls_context(ca_file, client),
            limits=JsonLimits(max_bytes=MAX_ANSWER_BYTES),
            resolver=resolver,
        )
        match = _TARGET.fullmatch(self._endpoint.target)
        if match is None:
            message = "the URL of a key ends with /keys/ and its name"
            fix = "for example https://signer.example/keys/license"
            raise ConfigurationError(message, path="--key", fix=fix)
        self._base, self._name = match["base"], match["name"]
        self._seconds = seconds

    def _find(self) -> PublicKey:
        answer = self._answer(None, KEYS)
        try:
            for key in object_list(answer.get("keys"), "$.keys"):
                if key.get("name") == self._name:
                    text = required_str(key, "publicKeyMultibase", "$.keys")
                    return PublicKey.from_multikey(text)
        except MedidError as error:
            raise _strange(error) from None
        message = "the signer has no such key for this client"
        raise SignerError(message, fix="ask who runs it for the use of the key")

    def _ask(self, message: bytes) -> bytes:
        asked: JsonObject = {
            "key": self._name,
            "algorithm": SHAPES[self.public_key.kind].algorithms[0],
            "payload": base64url.encode(message),
        }
        answer = self._answer(asked, SIGN)
        try:
            no_others(answer, {"signature"}, "$")
            return base64url.decode(required_str(answer, "signature", "$"))
        except MedidError as error:
            raise _strange(error) from None

    def _answer(self, question: JsonObject | None, path: str) -> JsonObject:
        try:
            return self._endpoint.ask(
                question, seconds=self._seconds, target=self._base + path
            )
        except MedidError as error:
            message = f"the signer did not answer: {error.message} ({error.code})"
            raise SignerError(message, fix=_FIX) from None
        except (OSError, UnicodeError):
            message = "the signer's name cannot be looked up"
            raise SignerError(message, fix=_FIX) from None


_FIX: Final = "see that it runs, and knows this client; its own log says why it refused"


def _strange(error: MedidError) -> SignerError:
    return SignerError(f"the signer's answer is of another form ({error.code})")
