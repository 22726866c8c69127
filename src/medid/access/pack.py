"""An offline pack: what a set of issuers publishes, signed by whoever collected it.

A clinic without a network verifies from it: DID documents and logs, status lists,
schemas, key sets and recognitions, each with the time at which it was fetched. A pack
counts for a stated time, and makes nothing in it any fresher: a status list that is a
day old is a day old.

Whose packs count, the reader says. Nothing is given out of a pack before its signature
and its time have held.

Spec: https://www.rfc-editor.org/rfc/rfc7515, https://www.rfc-editor.org/rfc/rfc8785
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.fields import as_object, required, required_str
from medid.core.instant import Instant, Window
from medid.core.json import JsonLimits
from medid.core.version import VERSION
from medid.errors import ConfigurationError, MalformedValue, child, located
from medid.securing.jose.members import SignedForm

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.issuing.controller import Controller
    from medid.keys import PublicKey
    from medid.securing.jose import Jws
    from medid.verifying.packing import Wanted

# The documents that one collection may bring, in base64url, and what is said of each.
MAX_PACK_BYTES: Final = 71_303_168
# Seconds. A key that was given up is believed for as long as a pack counts.
MAX_VALIDITY: Final = 2_678_400
DEFAULT_VALIDITY: Final = 604_800  # seconds; a clinic hears of its boards weekly

LIMITS: Final = JsonLimits(max_bytes=MAX_PACK_BYTES, max_members=100_000)
FORM: Final = SignedForm(
    name="pack",
    format="medid evidence pack 1",
    typ="medid-pack+json",
    signed=("library", "validFrom", "validUntil", "issuers", "evidence"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack as it was read. ``open`` gives what is in it, once it may be believed.

    Attributes:
        document: The whole, as JSON. Never modified.
        jws: The signature, of which nothing has been verified.
        window: From when to when it counts. It was made at the beginning.
        issuers: Whom it is said to be about.
    """

    document: JsonObject = field(repr=False, hash=False)
    jws: Jws = field(repr=False)
    window: Window
    issuers: tuple[str, ...]
    _evidence: Evidence = field(repr=False)

    @property
    def kid(self) -> str:
        """The verification method that is said to have signed it."""
        return required_str(self.jws.header, "kid", "$.signature")

    @property
    def packed_at(self) -> Instant:
        """When it was made."""
        return _start(self.window)

    def open(self, key: PublicKey, *, at: Instant) -> Evidence:
        """What is in it, if ``key`` signed it and it counts at ``at``.

        Args:
            key: The key of somebody whose packs count here.
            at: The instant as of which the evidence will be judged.

        Raises:
            InvalidSignature: Another key signed, or a member is not the one signed.
            WeakCryptography: The algorithm does not fit the key.
            MalformedValue: What was signed is no pack.
            MethodNotSupported: The cryptography that is installed lacks the algorithm.
            NotYetValid: It was made after ``at``.
            Expired: It does not count any more.
        """
        FORM.check(self.document, self.jws, key)
        self.window.check(at, path="$.validUntil")
        return self._evidence


def write(
    wanted: Wanted,
    evidence: Evidence,
    *,
    window: Window,
    controller: Controller,
) -> JsonObject:
    """The signed pack of ``evidence``.

    Args:
        wanted: What was to be collected.
        evidence: What ``verifying.packing.collect`` gave.
        window: From now, when it is made, to when it counts.
        controller: The packer's own key, and the DID that it is under.

    Raises:
        ConfigurationError: The window is empty or longer than ``MAX_VALIDITY``.
        MalformedValue: A document failed, or was fetched after the beginning.
        TooLarge: It has more bytes than a pack may have.
        SignerError: The key store refused, or could not be reached.
    """
    try:
        _check_window(window)
    except MalformedValue as error:
        fix = "let it end within 31 days"
        raise ConfigurationError(error.message, path=error.path, fix=fix) from None
    issuers: list[JsonValue] = [*wanted.issuers]
    document: JsonObject = {
        "format": FORM.format,
        "library": VERSION,
        "validFrom": str(window.start),
        "validUntil": str(window.end),
        "issuers": issuers,
        "evidence": evidence.as_json(),
    }
    # Read back, so that what is signed is what a reader will find.
    text = strict_json.dumps(document)
    copy = as_object(strict_json.loads(text, limits=LIMITS), "$")
    _read_evidence(copy, window)
    copy["signature"] = FORM.sign(
        copy, controller.signer, kid=controller.verification_method
    )
    return copy


def read(data: bytes | str) -> Pack:
    """The pack in ``data``. Nothing is verified, and so nothing given out.

    Raises:
        TooLarge: It has more bytes or members than a pack may have.
        ParsingError: Not strict JSON, or the signature is no JWS.
        MalformedValue: A member is missing, unknown or of another form; it counts for
            too long; or a document in it claims to be younger than the pack.
        MedidError: As ``securing.jose.parse_compact`` raises.
    """
    document = as_object(strict_json.loads(data, limits=LIMITS), "$")
    jws = FORM.read(document)
    required_str(document, "library", "$")
    window = Window(_instant(document, "validFrom"), _instant(document, "validUntil"))
    _check_window(window)
    return Pack(
        document=document,
        jws=jws,
        window=window,
        issuers=_issuers(document),
        _evidence=_read_evidence(document, window),
    )


def _instant(document: JsonObject, name: str) -> Instant:
    return Instant.parse(required_str(document, name, "$"), path=f"$.{name}")


def _start(window: Window) -> Instant:
    if window.start is None:
        raise MalformedValue("it has no beginning", path="$.validFrom")
    return window.start


def _check_window(window: Window) -> None:
    """Return if it is one that a pack may have."""
    seconds = 0.0 if window.end is None else window.end.since(_start(window))
    if not 0 < seconds <= MAX_VALIDITY:
        days = MAX_VALIDITY // 86_400
        message = f"a pack counts for more than no time, and at most {days} days"
        raise MalformedValue(message, path="$.validUntil")


def _issuers(document: JsonObject) -> tuple[str, ...]:
    found = required(document, "issuers", list, "$")
    texts = tuple(one for one in found if isinstance(one, str))
    if not texts or len(texts) != len(found):
        raise MalformedValue("a pack names its issuers", path="$.issuers")
    return texts


def _read_evidence(document: JsonObject, window: Window) -> Evidence:
    """The documents; none is younger than the pack, and none is a failure.

    A failure would keep a document from being looked for elsewhere, for as long as the
    pack counts.
    """
    with located("$.evidence"):
        found = Evidence.from_json(document["evidence"])
        for url, answer in found.answers.items():
            path = child("$.documents", url)
            if not isinstance(answer, Fetched):
                raise MalformedValue("a pack holds documents only", path=path)
            if answer.fetched_at > _start(window):
                message = "this document was fetched after the pack was made"
                raise MalformedValue(message, path=path)
    return found
