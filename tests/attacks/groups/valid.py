"""Valid documents in every spelling their specifications allow: all are accepted."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    PATIENT,
    did_document,
    legacy,
    license_draft,
    plain,
)
from tests.attacks.honest import (
    Party,
    did_jwk,
    make_proof,
    proof_chain,
    proof_set,
    signed,
    signed_rdfc,
)
from tests.attacks.lists import (
    LIST,
    SECOND_LIST,
    SIZE,
    draft_list,
    entry,
    status_list,
    with_status,
)
from tests.attacks.tokens import vc_jwt

_JWK_MEMBERS: Final[dict[str, Doc]] = {
    "use": {"use": "sig"},
    "alg": {"alg": "EdDSA"},
    "kid": {"kid": "key-1"},
    "key-ops": {"key_ops": ["verify"]},
}
_WEB: Final = "did:web:board.example"
_WEB_URL: Final = "https://board.example/.well-known/did.json"


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="valid", canaries=CANARIES)
    _texts(group)
    _times(group)
    _issuers(group)
    _proofs(group)
    _statuses(group)
    _statuses_off(group)
    return group.made


def accepted(
    group: Group, name: str, content: Doc | bytes | str, **options: Any
) -> None:
    """Add a document that must be verified."""
    group.add(name, content, expect="verified", **options)


def both(group: Group, name: str, draft: Doc, party: Party = BOARD) -> None:
    """Add ``draft`` signed with each suite."""
    accepted(group, f"{name}-jcs", signed(draft, party))
    accepted(group, f"{name}-rdfc", signed_rdfc(draft, party))


def _texts(group: Group) -> None:
    for suite, sign in (("jcs", signed), ("rdfc", signed_rdfc)):
        document = sign(license_draft(), BOARD)
        text = json.dumps(document)
        backwards = json.dumps(dict(reversed(document.items())))
        escaped = "".join(f"\\u{ord(letter):04x}" for letter in "VerifiableCredential")
        spellings = {
            "as-is": text,
            "member-order": backwards,
            "sorted": json.dumps(document, sort_keys=True),
            "indented": json.dumps(document, indent=4),
            "tabs": json.dumps(document, indent="\t"),
            "compact": json.dumps(document, separators=(",", ":")),
            "crlf": json.dumps(document, indent=1).replace("\n", "\r\n"),
            "blank-around": f"\n\t {text} \r\n",
            "escaped-value": text.replace("VerifiableCredential", escaped, 1),
            "escaped-name": text.replace('"issuer"', '"\\u0069ssuer"', 1),
            "escaped-slashes": text.replace("/", "\\/"),
        }
        for name, spelling in spellings.items():
            accepted(group, f"text-{name}-{suite}", spelling)
    unusual = "Zo\u00eb \u5f20\u4f1f \U0001f469\u200d\u2695\ufe0f \u05d3\u05f4\u05e8"
    named = plain(credentialSubject={"id": DOCTOR.did, "name": unusual})
    for suite, sign in (("jcs", signed), ("rdfc", signed_rdfc)):
        document = sign(named, BOARD)
        accepted(
            group, f"text-unicode-raw-{suite}", json.dumps(document, ensure_ascii=False)
        )
        accepted(group, f"text-unicode-escaped-{suite}", json.dumps(document))
    quoted = 'O\'Brien "Bob" \\ \n \t / <b> &'
    both(
        group,
        "text-quotes",
        plain(credentialSubject={"id": DOCTOR.did, "name": quoted}),
    )


def _times(group: Group) -> None:
    ends = {
        "one-second-left": "2026-06-15T12:00:01Z",
        "one-nanosecond-left": "2026-06-15T12:00:00.000000001Z",
        "offset-plus": "2026-06-15T14:00:01+02:00",
        "offset-minus": "2026-06-15T04:00:01-08:00",
        "offset-half": "2026-06-15T17:30:01+05:30",
        "offset-14": "2026-06-16T02:00:01+14:00",
        "offset-zero": "2026-06-16T00:00:00+00:00",
        "offset-minus-zero": "2026-06-16T00:00:00-00:00",
        "fraction-1": "2026-06-16T00:00:00.5Z",
        "fraction-3": "2026-06-16T00:00:00.123Z",
        "fraction-9": "2026-06-16T00:00:00.123456789Z",
        "leap-day": "2028-02-29T23:59:59Z",
        "year-9999": "9999-12-31T23:59:59Z",
    }
    for name, end in ends.items():
        both(group, f"until-{name}", plain(validUntil=end))
    starts = {
        "now": "2026-06-15T12:00:00Z",
        "now-by-offset": "2026-06-15T14:00:00+02:00",
        "long-ago": "1970-01-01T00:00:00Z",
        "before-1970": "1969-12-31T23:59:59Z",
    }
    for name, start in starts.items():
        accepted(group, f"from-{name}", signed(plain(validFrom=start), BOARD))
    accepted(group, "no-window", signed(plain(validFrom=None, validUntil=None), BOARD))
    accepted(group, "no-end", signed_rdfc(plain(validUntil=None), BOARD))
    accepted(group, "legacy", signed_rdfc(legacy(), BOARD))
    accepted(group, "legacy-no-end", signed_rdfc(legacy(expirationDate=None), BOARD))
    accepted(
        group,
        "legacy-offset",
        signed_rdfc(legacy(expirationDate="2026-06-15T14:00:01+02:00"), BOARD),
    )
    accepted(group, "legacy-jcs", signed(legacy(), BOARD))


def _issuers(group: Group) -> None:
    both(group, "issuer-text", plain())
    both(group, "issuer-object", plain({"id": BOARD.did}))
    named = {"id": BOARD.did, "name": "Example State Medical Board"}
    both(group, "issuer-named", plain(named))
    languages = [
        {"@value": "Board", "@language": "en"},
        {"@value": "\u05dc\u05e9\u05db\u05d4", "@language": "he", "@direction": "rtl"},
    ]
    both(group, "issuer-languages", plain({"id": BOARD.did, "name": languages}))
    both(group, "issuer-one-language", plain({"id": BOARD.did, "name": languages[0]}))
    described = {**named, "description": "Licenses physicians", "image": None}
    del described["image"]
    both(group, "issuer-described", plain(described))
    jwk = BOARD.did_jwk
    for suite, sign in (("jcs", signed), ("rdfc", signed_rdfc)):
        accepted(
            group,
            f"issuer-did-jwk-{suite}",
            sign(plain(jwk), BOARD, verificationMethod=f"{jwk}#0"),
        )
        accepted(
            group,
            f"issuer-did-web-{suite}",
            sign(plain(_WEB), BOARD, verificationMethod=f"{_WEB}#key-1"),
            documents={_WEB_URL: did_document(_WEB, BOARD)},
        )
    for name, more in _JWK_MEMBERS.items():
        own = did_jwk({**BOARD.jwk, **more})
        document = signed(plain(own), BOARD, verificationMethod=f"{own}#0")
        accepted(group, f"issuer-did-jwk-{name}", document)
    _web_documents(group)


def _web_documents(group: Group) -> None:
    document = signed(plain(_WEB), BOARD, verificationMethod=f"{_WEB}#key-1")
    listed = did_document(_WEB, BOARD)
    method = listed["verificationMethod"][0]
    jwk = {
        "id": f"{_WEB}#key-1",
        "type": "JsonWebKey",
        "controller": _WEB,
        "publicKeyJwk": BOARD.jwk,
    }
    service = [{"id": f"{_WEB}#s", "type": "X", "serviceEndpoint": "https://x.example"}]
    documents = {
        "json-web-key": {**listed, "verificationMethod": [jwk]},
        "json-web-key-2020": {
            **listed,
            "verificationMethod": [{**jwk, "type": "JsonWebKey2020"}],
        },
        "embedded": {**listed, "verificationMethod": [], "assertionMethod": [method]},
        "relative": {**listed, "assertionMethod": ["#key-1"]},
        "with-service": {**listed, "service": service},
        "expires-later": {
            **listed,
            "verificationMethod": [{**method, "expires": "2027-01-01T00:00:00Z"}],
        },
        "more-keys": {
            **listed,
            "verificationMethod": [
                {
                    **method,
                    "id": f"{_WEB}#key-0",
                    "publicKeyMultibase": PATIENT.multikey,
                },
                method,
            ],
        },
        "controller-self": {**listed, "controller": _WEB},
    }
    for name, evidence in documents.items():
        accepted(group, f"web-{name}", document, documents={_WEB_URL: evidence})
    for did, url in {
        "did:web:board.example:issuers:7": "https://board.example/issuers/7/did.json",
        "did:web:board.example%3A8443": "https://board.example:8443/.well-known/did.json",
    }.items():
        by = signed(plain(did), BOARD, verificationMethod=f"{did}#key-1")
        name = did.rsplit("example", maxsplit=1)[-1].strip(":%")
        accepted(
            group,
            f"web-{name.replace(':', '-')}",
            by,
            documents={url: did_document(did, BOARD)},
        )


def _proofs(group: Group) -> None:
    options: dict[str, Doc] = {
        "no-created": {"created": None},
        "created-fraction": {"created": "2026-06-01T09:00:00.25Z"},
        "created-offset": {"created": "2026-06-01T09:00:00+02:00"},
        "created-now": {"created": "2026-06-15T12:00:00Z"},
        "nonce": {"nonce": "abc"},
        "id": {"id": "urn:uuid:11111111-1111-4111-8111-111111111111"},
        "expires-later": {"expires": "2026-12-31T00:00:00Z"},
        "domain": {"domain": "hospital.example"},
        "domains": {"domain": ["hospital.example", "clinic.example"]},
    }
    for name, members in options.items():
        for suite, sign in (("jcs", signed), ("rdfc", signed_rdfc)):
            accepted(group, f"proof-{name}-{suite}", sign(plain(), BOARD, **members))
    for suite in ("eddsa-jcs-2022", "eddsa-rdfc-2022"):
        short = suite[6:10].strip("-")
        draft = plain()
        accepted(
            group,
            f"set-of-two-{short}",
            proof_set(draft, BOARD, DOCTOR, cryptosuite=suite),
        )
        accepted(
            group, f"set-of-one-{short}", proof_set(draft, BOARD, cryptosuite=suite)
        )
        accepted(
            group,
            f"set-other-order-{short}",
            proof_set(draft, DOCTOR, BOARD, cryptosuite=suite),
        )
        accepted(
            group,
            f"set-of-16-{short}",
            proof_set(draft, *[BOARD] * 16, cryptosuite=suite),
        )
        chain = proof_chain(draft, BOARD, DOCTOR, suite=suite)
        accepted(group, f"chain-{short}", chain)
        reordered = {**chain, "proof": list(reversed(chain["proof"]))}
        accepted(group, f"chain-reordered-{short}", reordered)
        three = proof_chain(draft, BOARD, DOCTOR, PATIENT, suite=suite)
        accepted(group, f"chain-of-three-{short}", three)
    mixed = [
        make_proof(plain(), BOARD),
        make_proof(plain(), BOARD, cryptosuite="eddsa-rdfc-2022"),
    ]
    accepted(group, "set-mixed-suites", {**plain(), "proof": mixed})


def _statuses(group: Group) -> None:
    clear = status_list()
    second = entry(
        purpose="suspension", id=f"{SECOND_LIST}#1", statusListCredential=SECOND_LIST
    )
    suspension = signed({**draft_list(purpose="suspension"), "id": SECOND_LIST}, BOARD)
    both: dict[str, Doc | bytes | str] = {LIST: clear, SECOND_LIST: suspension}
    accepted(group, "status-clear", with_status(entry()), documents={LIST: clear})
    accepted(group, "status-two", with_status(entry(), second), documents=both)
    rdfc = signed_rdfc(plain(credentialStatus=entry()), BOARD)
    accepted(
        group, "status-rdfc", rdfc, documents={LIST: signed_rdfc(draft_list(), BOARD)}
    )
    accepted(
        group,
        "status-required",
        with_status(entry()),
        documents={LIST: clear},
        args=("--status", "required"),
    )
    token = vc_jwt(draft_list())
    accepted(group, "status-list-jwt", with_status(entry()), documents={LIST: token})
    neighbours = status_list(94_566, 94_568, 0, SIZE - 1)
    accepted(
        group,
        "status-neighbours-set",
        with_status(entry()),
        documents={LIST: neighbours},
    )
    for index in ("0", "1", "7", "8", str(SIZE - 1)):
        accepted(
            group,
            f"status-index-{index}",
            with_status(entry(index)),
            documents={LIST: clear},
        )
    several = status_list(purpose=["revocation", "suspension"])
    accepted(group, "status-purposes", with_status(entry()), documents={LIST: several})
    no_id = with_status(entry(id=None))
    accepted(group, "status-entry-without-id", no_id, documents={LIST: clear})
    array = signed(plain(credentialStatus=[entry()]), BOARD)
    accepted(group, "status-array-of-one", array, documents={LIST: clear})
    issuer = signed(draft_list() | {"issuer": {"id": BOARD.did}}, BOARD)
    accepted(
        group,
        "status-list-issuer-object",
        with_status(entry()),
        documents={LIST: issuer},
    )


def _statuses_off(group: Group) -> None:
    off = ("--status", "off")
    accepted(group, "status-off-absent", with_status(entry()), args=off)
    revoked = status_list(94_567)
    accepted(
        group,
        "status-off-revoked",
        with_status(entry()),
        args=off,
        documents={LIST: revoked},
    )
    accepted(group, "status-off-no-entry", signed(plain(), BOARD), args=off)
    accepted(
        group,
        "status-if-present",
        signed(plain(), BOARD),
        args=("--status", "if-present"),
    )
