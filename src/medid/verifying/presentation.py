"""Step 7 for a presentation: who presents, to whom, in answer to what.

Spec: https://www.w3.org/TR/vc-data-integrity/#verify-proof (domain and challenge),
https://www.w3.org/TR/vc-jose-cose/#using-header-params-claims-key-discovery,
https://www.rfc-editor.org/rfc/rfc9901#name-verification-by-the-verifier
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medid.core.json import load_object
from medid.dids import resolver as dids
from medid.dids.syntax import Did, DidUrl
from medid.errors import (
    HolderBindingError,
    InvalidChallenge,
    InvalidDomain,
    MalformedProof,
    MedidError,
    located,
)
from medid.securing import sd_jwt
from medid.securing.jose.claims import read_claims
from medid.verifying import derived
from medid.verifying.checks import Check, Result, ask, not_asked
from medid.verifying.credential import CredentialVerdict, judge_credential
from medid.verifying.judging import KEY_BINDING_MAX_AGE
from medid.verifying.opening import Secured, Securing
from medid.verifying.proofs import (
    AUTHENTICATION,
    check_contexts,
    check_registered,
    verify_proofs,
)
from medid.verifying.recognizing import is_recognition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.credentials import Credential
    from medid.keys import PublicKey
    from medid.securing.jose.claims import RegisteredClaims
    from medid.securing.sd_jwt import SdJwt
    from medid.verifying.judging import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationVerdict:
    """What was found about a presentation and all that it presents.

    Attributes:
        presenter: The DID whose key presented, once that is proven.
        checks: Every question about the presentation itself and its answer.
        credentials: What was found about each credential, in their order.
    """

    secured: Secured
    presenter: str | None
    checks: tuple[Check, ...]
    credentials: tuple[CredentialVerdict, ...]


def judge_presentation(secured: Secured, judgement: Judgement) -> PresentationVerdict:
    """Judge a presentation and each credential in it. Never raises for a bad one."""
    presenters: list[str] = []
    if secured.securing is Securing.NONE and judgement.expect.unsigned_presentations:
        proof = not_asked("proof", "$")
        form = ask("parse", "$", lambda: check_contexts(secured, judgement))
        checks = [form, proof]
    else:
        proof = ask(
            "proof",
            "$",
            lambda: presenters.append(_presenter(secured, judgement)),
        )
        checks = [proof]
    if proof.result is Result.PASS:
        checks += [
            ask("time", "$", lambda: check_registered(secured, judgement)),
            _challenge(secured, judgement),
            _domain(secured, judgement),
            *_own_key_binding(secured, judgement),
        ]
    if not judgement.expect.key_binding:  # which is asked of each, bound or not
        for part in secured.children:
            checks += _own_key_binding(part, judgement)
    verdicts = tuple(judge_credential(part, judgement) for part in secured.children)
    for one in verdicts:
        if one.result_of("proof") is Result.PASS:
            checks += derived.bound(one.secured, judgement.expect)
    presenter = presenters[0] if presenters else None
    if judgement.expect.holder_binding:
        # Who recognizes whom is about boards, and anybody may pass it on.
        holders = [
            _holder(part, presenter, judgement)
            for part in secured.children
            if not is_recognition(part)
        ]
        checks += holders or [ask("holder", "$", _nothing_presented)]
    else:
        checks.append(not_asked("holder", "$"))
    return PresentationVerdict(
        secured=secured,
        presenter=presenter,
        checks=tuple(checks),
        credentials=verdicts,
    )


def _presenter(secured: Secured, judgement: Judgement) -> str:
    check_contexts(secured, judgement)
    signers = verify_proofs(secured, judgement)
    if secured.owner is None and len(set(signers)) > 1:
        raise MalformedProof(
            "several parties signed, and no holder says who presents", path="$.holder"
        )
    return secured.owner or signers[0]


# Challenge and domain.


def challenges_of(secured: Secured) -> tuple[str, ...]:
    """The challenges or nonces that what secures ``secured`` answers to.

    None at all where one proof of several answers nothing: whoever adds a proof of his
    own, with a fresh challenge, must not make another's old presentation new.
    """
    if secured.securing is Securing.DATA_INTEGRITY:
        proofs = secured.proofs
        found = tuple(p.challenge for p in proofs if p.challenge is not None)
        return found if len(found) == len(proofs) else ()
    nonces = [claims.nonce for claims in _answers(secured)]
    return tuple(nonce for nonce in nonces if nonce is not None)


def _domains_of(secured: Secured) -> list[tuple[str, ...]]:
    if secured.securing is Securing.DATA_INTEGRITY:
        return [proof.domain for proof in secured.proofs]
    return [claims.audience for claims in _answers(secured) if claims.audience]


def _answers(secured: Secured) -> list[RegisteredClaims]:
    """The claims in which a token says what it answers and whom it is for.

    Those of the token itself, and those of its key binding, where it has one: the same
    party signed both, and neither may say anything else than the other.
    """
    found = [secured.registered] if secured.registered is not None else []
    binding = secured.sd_jwt.key_binding if secured.sd_jwt is not None else None
    if binding is not None:
        found.append(read_claims(load_object(binding.payload), path="$.kb_jwt"))
    return found


def _challenge(secured: Secured, judgement: Judgement) -> Check:
    expected = judgement.expect.challenge
    if expected is None:
        return not_asked("challenge", "$.proof.challenge")
    return ask(
        "challenge",
        "$.proof.challenge",
        lambda: _require_challenge(challenges_of(secured), expected),
    )


def _require_challenge(found: Sequence[str], expected: str) -> None:
    if not found:
        message = "the presentation answers no challenge"
        raise InvalidChallenge(message, path="$.proof.challenge")
    # Constant time: a challenge is a secret until it has been used.
    wanted = expected.encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(one.encode(), wanted) for one in found]
    if False in matches:
        message = "the presentation answers another challenge"
        raise InvalidChallenge(message, path="$.proof.challenge")


def _domain(secured: Secured, judgement: Judgement) -> Check:
    expected = judgement.expect.domain
    if expected is None:
        return not_asked("domain", "$.proof.domain")
    return ask(
        "domain",
        "$.proof.domain",
        lambda: _require_domain(_domains_of(secured), expected),
    )


def _require_domain(found: Sequence[tuple[str, ...]], expected: str) -> None:
    if not found or any(set(domains) != {expected} for domains in found):
        message = "the presentation was not made for this verifier alone"
        raise InvalidDomain(message, path="$.proof.domain")


# Holder binding.


def _holder(secured: Secured, presenter: str | None, judgement: Judgement) -> Check:
    return ask(
        "holder",
        secured.path,
        lambda: require_holder(secured, presenter, judgement),
    )


def _nothing_presented() -> None:
    raise HolderBindingError("no credential is presented whose subject could present")


def require_holder(
    secured: Secured, presenter: str | None, judgement: Judgement
) -> None:
    """Return if the only subject of ``secured`` is the presenter.

    Raises:
        HolderBindingError: It is about somebody else, about nobody in particular, or
            about several.
    """
    with located(secured.path):
        if presenter is None:
            raise HolderBindingError("nobody is proven to present")
        if secured.credential is not None:
            _require_subject(secured.credential, presenter)
            if "cnf" not in secured.document or secured.sd_jwt is None:
                return
        subject = secured.document.get("sub")
        if subject is not None and subject != presenter:
            message = "the SD-JWT's subject is not the presenter"
            raise HolderBindingError(message, path="$.sub")
        if not _holds_key(secured, presenter, judgement):
            message = "the SD-JWT is bound to another key than the presenter's"
            raise HolderBindingError(message, path="$.cnf")


def _require_subject(credential: Credential, presenter: str) -> None:
    if {subject.id for subject in credential.subjects} != {presenter}:
        message = "the credential's subject is not the presenter"
        raise HolderBindingError(message, path="$.credentialSubject.id")


def is_bound_elsewhere(
    secured: Secured, presenter: str | None, judgement: Judgement
) -> bool:
    """Whether an SD-JWT is bound to a key that is not shown to be the presenter's.

    What is bound to no key is bound nowhere. Where nobody presents, nothing is asked.
    """
    if presenter is None or secured.sd_jwt is None or "cnf" not in secured.document:
        return False
    try:
        return not _holds_key(secured, presenter, judgement)
    except MedidError:
        return True


def _holds_key(secured: Secured, presenter: str, judgement: Judgement) -> bool:
    key = holder_key(secured, judgement)
    document = dids.resolve(
        Did.parse(presenter), judgement.evidence, judgement.versions()
    )
    for one in document.ids_for(AUTHENTICATION):
        # A DID may list keys that are over, or of kinds that medid does not know. They
        # are nobody's key here, and take nothing from the others.
        with suppress(MedidError):
            if document.method_for(one, AUTHENTICATION, at=judgement.at).key == key:
                return True
    return False


# Key binding of an SD-JWT that travels alone, and of one that is a presentation.


def _own_key_binding(secured: Secured, judgement: Judgement) -> list[Check]:
    """The key binding of what is or has a signature, where it has one beside it."""
    if secured.sd_jwt is None or secured.sd_jwt.key_binding is None:
        return []
    return [key_binding_check(secured, judgement)]


def key_binding_check(secured: Secured, judgement: Judgement) -> Check:
    """Whether an SD-JWT was presented by the holder of the key it is bound to."""
    parsed = secured.sd_jwt
    if parsed is None:
        return not_asked("key-binding", secured.path)
    if parsed.key_binding is None and not _key_binding_expected(judgement):
        return not_asked("key-binding", secured.path)
    return ask(
        "key-binding",
        secured.path,
        lambda: _check_key_binding(secured, parsed, judgement),
    )


def _key_binding_expected(judgement: Judgement) -> bool:
    expect = judgement.expect
    asked = (expect.challenge, expect.domain)
    return expect.key_binding or expect.holder_binding or asked != (None, None)


def _check_key_binding(secured: Secured, parsed: SdJwt, judgement: Judgement) -> None:
    with located(secured.path):
        if parsed.key_binding is None:
            message = "the SD-JWT was presented without key binding"
            raise HolderBindingError(
                message, fix="present it with a key-binding JWT by its holder's key"
            )
        sd_jwt.verify_key_binding(
            parsed,
            holder_key(secured, judgement),
            nonce=judgement.expect.challenge,
            audience=judgement.expect.domain,
            at=judgement.at,
            max_age_seconds=KEY_BINDING_MAX_AGE,
            allow_ml_dsa=judgement.expect.ml_dsa_tokens,
        )


def holder_key(secured: Secured, judgement: Judgement) -> PublicKey:
    """The key that an SD-JWT is bound to: in the token, or named by it.

    Raises:
        HolderBindingError: It is bound to no key.
        MedidError: The DID that names the key cannot be resolved, or does not allow it.
    """
    parsed = secured.sd_jwt
    if parsed is not None and parsed.holder_key is not None:
        return parsed.holder_key
    if parsed is None or parsed.holder_kid is None:
        raise HolderBindingError("the SD-JWT is bound to no key", path="$.cnf")
    did_url = DidUrl.parse(parsed.holder_kid, path="$.cnf.kid")
    document = dids.resolve(did_url.did, judgement.evidence, judgement.versions())
    method = document.method_for(
        parsed.holder_kid, AUTHENTICATION, at=judgement.at, path="$.cnf.kid"
    )
    return method.key
