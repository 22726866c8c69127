"""Which visas of a passport count for whoever presents: the clearinghouse. Pure.

::

    1  the passport: its broker, its audience, its time, its signature
    2  each visa: its issuer, for this type and this source; its time; its signature
    3  the person: the presenter's identities, and what LinkedIdentities joins to them
    4  the passport is about that person
    5  each visa is about that person
    6  its conditions are met by others that count

A visa that fails counts for nothing, and the others are looked at. A passport that
fails refuses the request, as the specification asks. What cannot be checked now is told
apart from what is wrong; neither counts.

Spec: https://ga4gh.github.io/data-security/ga4gh-passport#general-requirements,
https://ga4gh.github.io/data-security/aai-openid-connect-profile#conformance-for-passport-clearinghouses
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from medid.access.passport import PLACE, OpenedPassport
from medid.access.visa_conditions import Work, met
from medid.access.visa_reading import OpenedVisa
from medid.access.visa_types import NO_VISAS, VisaFacts, VisaIdentity
from medid.core.instant import Window
from medid.core.records import replace
from medid.errors import (
    EvidenceUnavailable,
    Expired,
    HolderBindingError,
    InvalidDomain,
    InvalidVerificationMethod,
    IssuerNotAuthorized,
    IssuerNotTrusted,
    MedidError,
    MissingFact,
    NotYetValid,
    located,
)
from medid.securing import jose
from medid.verifying import issuer_keys
from medid.verifying.checks import Check, Result, ask, not_asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from medid.access.passport import Passport
    from medid.access.visa_reading import OpenedToken
    from medid.access.visa_types import Visa
    from medid.core.evidence import Need
    from medid.core.instant import Instant
    from medid.keys import PublicKey
    from medid.trust import TrustRegistry
    from medid.trust.visas import TokenSigner
    from medid.verifying.judging import Judgement

#: The question about the whole, and that about one visa.
PASSPORT: Final = "passport"
VISA: Final = "visa"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassportVerdict:
    """What became of a passport.

    Attributes:
        checks: Whether it may be used at all; none where there is none.
        visas: Whether each of its visas counts; a custom type is not asked about.
        facts: What those that count say, for the rules.
        digests: SHA-256 (hex) of each that counts, for the record.
        expires: From when one of them counts no more.
    """

    checks: tuple[Check, ...] = ()
    visas: tuple[Check, ...] = ()
    facts: VisaFacts = NO_VISAS
    digests: tuple[str, ...] = ()
    expires: Instant | None = None


NO_PASSPORT: Final = PassportVerdict()


def judge_passport(
    passport: Passport, presenter: str, judgement: Judgement, trust: TrustRegistry
) -> PassportVerdict:
    """Which visas of ``passport`` count for ``presenter``.

    Args:
        passport: As the deployer's code handed it in.
        presenter: The DID that is proven to present.
        judgement: The instant, and the key sets that were fetched.
        trust: Whose visas and passports count.
    """
    clearing = _Clearing(passport, presenter, judgement, trust)
    check = ask(PASSPORT, PLACE, clearing.accept)
    if check.error is not None:
        return PassportVerdict(checks=(check,))
    return clearing.verdict(check)


class _Clearing:
    """One passport on its way: what was found about its visas so far."""

    def __init__(
        self,
        passport: Passport,
        presenter: str,
        judgement: Judgement,
        trust: TrustRegistry,
    ) -> None:
        self._passport = passport
        self._presenter = presenter
        self._judgement = judgement
        self._trust = trust
        self._opened = OpenedPassport(token=None, visas=())
        self._checks: dict[str, Check] = {}
        self._verified: dict[str, OpenedVisa] = {}
        self._person: frozenset[VisaIdentity] = frozenset()

    def accept(self) -> None:
        """Steps 1 to 4.

        Raises:
            MedidError: The passport is not one to use.
        """
        stated = self._passport.presenter
        if stated is not None and stated != self._presenter:
            message = "the identities were stated for another presenter"
            raise HolderBindingError(message, path=f"{PLACE}.presenter", fix=_STATE)
        self._opened = self._passport.opened()
        token = self._opened.token
        if token is not None:
            with located(PLACE):
                _verify_passport(token, self._judgement, self._trust)
        for path, visa in self._opened.visas:
            self._verify(path, visa)
        self._person = self._who()
        if token is not None and token.identity not in self._person:
            if self._is_unchecked():
                message = "a visa that may say whose it is could not be checked now"
                raise EvidenceUnavailable(message, path=f"{PLACE}.sub")
            message = "the passport is not shown to be the presenter's"
            raise HolderBindingError(message, path=f"{PLACE}.sub", fix=_STATE)

    def _verify(self, path: str, visa: OpenedVisa | MedidError | None) -> None:
        """Step 2."""
        if visa is None:
            self._checks[path] = not_asked(VISA, path)
            return
        self._checks[path] = ask(VISA, path, lambda: self._hold(path, visa))

    def _hold(self, path: str, visa: OpenedVisa | MedidError) -> None:
        if isinstance(visa, MedidError):
            raise type(visa)(visa.message, path=visa.path, fix=visa.fix)
        with located(path):
            _verify_visa(visa, self._judgement, self._trust)
        self._verified[path] = visa

    def _who(self) -> frozenset[VisaIdentity]:
        """Step 3: every identity of the presenter."""
        # Whether conditions are met is asked about a person, who has to be known first.
        links = [
            one.linked for one in self._verified.values() if one.conditions is None
        ]
        own = VisaIdentity.of_did(self._presenter)
        return person({own, *self._passport.identities}, links)

    def verdict(self, check: Check) -> PassportVerdict:
        """Steps 5 and 6."""
        plain = [
            one.visa
            for one in self._verified.values()
            if one.conditions is None and self._is_theirs(one)
        ]
        work = Work()
        for path, visa in self._verified.items():
            counts = partial(self._count, path, visa, plain, work)
            self._checks[path] = ask(VISA, path, counts)
        counted = [
            self._verified[path]
            for path, found in self._checks.items()
            if found.result is Result.PASS
        ]
        return PassportVerdict(
            checks=(check,),
            visas=tuple(replace(one, advisory=True) for one in self._checks.values()),
            facts=VisaFacts(
                counted=tuple(one.visa for one in counted),
                unchecked=self._is_unchecked(),
            ),
            digests=tuple(one.digest for one in counted),
            expires=self._end(counted),
        )

    def _is_unchecked(self) -> bool:
        return any(one.result is Result.UNKNOWN for one in self._checks.values())

    def _is_theirs(self, visa: OpenedVisa) -> bool:
        return visa.token.identity in self._person

    def _count(
        self, path: str, visa: OpenedVisa, plain: Sequence[Visa], work: Work
    ) -> None:
        with located(path):
            if not self._is_theirs(visa):
                message = "the visa is not shown to be the presenter's"
                raise HolderBindingError(message, path="$.sub", fix=_STATE)
            if visa.conditions is None or met(visa.conditions, plain, work):
                return
            message = "no other visa that counts meets its conditions"
            raise MissingFact(message, path="$.ga4gh_visa_v1.conditions")

    def _end(self, counted: Iterable[OpenedVisa]) -> Instant | None:
        windows = [_window(one, self._trust) for one in counted]
        token = self._opened.token
        if token is not None:
            # What a broker vouches for counts no longer than the broker does.
            broker = self._trust.settings.brokers[token.identity.iss]
            windows += [token.window, broker.signer.window]
        return min((one.end for one in windows if one.end is not None), default=None)


_STATE: Final = (
    "state as whom the presenter was authenticated, or hand in a LinkedIdentities visa"
)


def person(
    known: Iterable[VisaIdentity], links: Iterable[frozenset[VisaIdentity]]
) -> frozenset[VisaIdentity]:
    """Every identity that ``links`` join to ``known``, over however many of them."""
    found, apart = set(known), list(links)
    while joined := [one for one in apart if not found.isdisjoint(one)]:
        apart = [one for one in apart if found.isdisjoint(one)]
        found.update(*joined)
    return frozenset(found)


def needs(
    passport: Passport | None, judgement: Judgement, trust: TrustRegistry
) -> Iterator[Need]:
    """The key sets that verifying ``passport`` takes: those that ``trust`` names."""
    try:
        opened = None if passport is None else passport.opened()
    except MedidError:
        return  # refused, with its reason, when it is judged
    for token, signer in () if opened is None else _signed(opened, judgement, trust):
        jku = _key_set_of(token, signer)
        if jku is not None:
            yield issuer_keys.key_set_need(jku, path=PLACE)


def _signed(
    opened: OpenedPassport, judgement: Judgement, trust: TrustRegistry
) -> Iterator[tuple[OpenedToken, TokenSigner]]:
    """What is signed by somebody whose signature can matter."""
    broker = None
    if opened.token is not None:
        broker = trust.settings.brokers.get(opened.token.identity.iss)
    if opened.token is not None and broker is not None:
        yield opened.token, broker.signer
    for _, visa in opened.visas:
        if isinstance(visa, OpenedVisa):
            try:
                yield visa.token, _signer_of(visa, judgement.at, trust)
            except MedidError:
                continue


def _verify_passport(
    token: OpenedToken, judgement: Judgement, trust: TrustRegistry
) -> None:
    """Step 1."""
    broker = trust.settings.brokers.get(token.identity.iss)
    if broker is None:
        raise IssuerNotTrusted("no trust entry names this broker", path="$.iss")
    _check_in_force(broker.signer, judgement.at)
    if token.audience and broker.audience.isdisjoint(token.audience):
        raise InvalidDomain("the passport was made for others", path="$.aud")
    _check_time(token, judgement.at)
    _verify_signature(token, broker.signer, judgement)


def _verify_visa(visa: OpenedVisa, judgement: Judgement, trust: TrustRegistry) -> None:
    signer = _signer_of(visa, judgement.at, trust)
    _verify_signature(visa.token, signer, judgement)


def _signer_of(visa: OpenedVisa, at: Instant, trust: TrustRegistry) -> TokenSigner:
    """Who has to have signed ``visa``, if it can count at ``at`` at all."""
    issuer = trust.settings.visa_issuers.get(visa.token.identity.iss)
    if issuer is None:
        raise IssuerNotTrusted("no trust entry names this visa issuer", path="$.iss")
    _check_in_force(issuer.signer, at)
    if visa.visa.source not in issuer.asserts.get(visa.visa.type, ()):
        message = "it may not assert visas of this type for this source"
        raise IssuerNotAuthorized(message, path="$.ga4gh_visa_v1.source", fix=_LIST)
    _check_time(visa.token, at)
    if visa.asserted > at:
        message = "asserted in the future"
        raise NotYetValid(message, path="$.ga4gh_visa_v1.asserted")
    if not _window(visa, trust).contains(at):
        message = "asserted longer ago than its trust entry allows"
        raise Expired(message, path="$.ga4gh_visa_v1.asserted")
    return issuer.signer


_LIST: Final = (
    "add the source under asserts of the issuer's trust entry if you rely on it"
)


def _window(visa: OpenedVisa, trust: TrustRegistry) -> Window:
    """When ``visa`` can count: no longer than the entry that its issuer has."""
    issuer = trust.settings.visa_issuers[visa.token.identity.iss]
    window = visa.token.window.intersect(issuer.signer.window)
    if issuer.max_authz_ttl is None:
        return window
    end = visa.asserted.plus(issuer.max_authz_ttl)
    return window.intersect(Window(None, end))


def _check_in_force(signer: TokenSigner, at: Instant) -> None:
    if not signer.window.contains(at):
        fix = "check validFrom and validUntil of the issuer's trust entry"
        message = "its trust entry is not in force"
        raise IssuerNotTrusted(message, path="$.iss", fix=fix)


def _check_time(token: OpenedToken, at: Instant) -> None:
    token.window.check(at, path="$.exp")
    if token.issued_at > at:
        raise NotYetValid("issued in the future", path="$.iat")


def _verify_signature(
    token: OpenedToken, signer: TokenSigner, judgement: Judgement
) -> None:
    jose.verify(token.jws, _key(token, signer, judgement))


def _key(token: OpenedToken, signer: TokenSigner, judgement: Judgement) -> PublicKey:
    if token.kid in signer.keys:
        return signer.keys[token.kid]
    jku = _key_set_of(token, signer)
    if jku is None:
        message = "not a key that the issuer's trust entry holds, or says where to find"
        raise InvalidVerificationMethod(message, path="$.kid", fix=_KEYS)
    return issuer_keys.key_at(jku, token.kid, judgement)


_KEYS: Final = (
    "put the key under jwks of the issuer's trust entry, or its address in jku"
)


def _key_set_of(token: OpenedToken, signer: TokenSigner) -> str | None:
    """Where the key is published, if it takes that and the address is a trusted one."""
    if token.kid in signer.keys:
        return None
    jku = token.jws.header.get("jku")
    return jku if isinstance(jku, str) and jku in signer.jku else None
