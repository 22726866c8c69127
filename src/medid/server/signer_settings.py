"""What a signing server knows before the first request.

Spec: https://www.rfc-editor.org/rfc/rfc8705#section-2
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.adapters.signers.remote import NAME
from medid.core.entropy import Entropy, system_entropy
from medid.core.instant import Clock, stopwatch, system_clock
from medid.errors import ConfigurationError
from medid.keys import held
from medid.server.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.adapters.signers.logged import UseLog
    from medid.keys import Signer
    from medid.server.signer_clients import Clients

# A third more than the payload, for base64url, and the members around it.
MAX_SIGN_BODY: Final = held.MAX_MESSAGE * 4 // 3 + 1_024  # bytes
MAX_KEYS: Final = 256  # of one server; a board has a handful
RATE: Final = 50.0  # signatures a second for each client; a token makes some hundred
BURST_SECONDS: Final = 10.0  # for which a client may save up what it did not ask for


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerSettings:
    """What a signing server knows before the first request.

    Attributes:
        keys: By name, who signs.
        clients: Whom it signs for.
        log: Where each use is written down before.
        base_url: Where it is reached.
        rate: Requests a second for each client.
        limits: How much work is taken on.
        clock: Says when a key was used.
        entropy: Names the uses.
        stopwatch: Seconds that only grow, for the rate.

    Raises:
        ConfigurationError: No keys, too many, a name that is none, or a rate that is
            not positive.
    """

    keys: Mapping[str, Signer]
    clients: Clients
    log: UseLog = field(repr=False)
    base_url: str
    rate: float = RATE
    limits: Limits = field(default_factory=lambda: Limits(body_bytes=MAX_SIGN_BODY))
    clock: Clock = system_clock
    entropy: Entropy = system_entropy
    stopwatch: Callable[[], float] = stopwatch

    def __post_init__(self) -> None:
        """Refuse what nobody could be served with."""
        if not 0 < len(self.keys) <= MAX_KEYS:
            message = f"a signing server has 1 to {MAX_KEYS} keys"
            raise ConfigurationError(message, path="$.keys")
        if not all(map(NAME.fullmatch, self.keys)):
            message = "a key's name has letters, digits, dots, dashes and underscores"
            raise ConfigurationError(message, path="$.keys")
        if not 0 < self.rate < math.inf:
            raise ConfigurationError("a rate is a positive number", path="$.rate")
