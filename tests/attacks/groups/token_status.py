"""Token status lists: nothing that cannot be read as valid is valid."""

from __future__ import annotations

import zlib
from typing import Any, Final

import cbor2

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import BOARD, CANARIES, DOCTOR, STRANGER, plain
from tests.attacks.honest import Party, b64
from tests.attacks.lists import status_list as bitstring_list
from tests.attacks.messages import labels, sign1, vc_cose
from tests.attacks.tokens import NOW_SECONDS, header, jws, sd_claims, sd_jwt, vc_jwt

URL: Final = "https://board.example/statuslists/1"
INDEX: Final = 94_567
ENTRIES: Final = 131_072
_CODES: Final = (
    "STATUS_VERIFICATION_ERROR STATUS_LIST_LENGTH_ERROR RANGE_ERROR TOO_LARGE "
    "MALFORMED_VALUE_ERROR PARSING_ERROR STATUS_STALE PROOF_VERIFICATION_ERROR"
)


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="token-status", canaries=CANARIES)
    _values(group)
    _references(group)
    _tokens(group)
    _lists(group)
    _times(group)
    _signers(group)
    _absent(group)
    return group.made


def statuses(
    *ones: int, value: int = 1, bits: int = 1, entries: int = ENTRIES
) -> bytes:
    """A byte array in which ``ones`` have the status ``value``."""
    found = bytearray(entries * bits // 8)
    for index in ones:
        byte, shift = divmod(index * bits, 8)
        found[byte] |= value << shift
    return bytes(found)


def in_json(content: bytes | None = None, bits: Any = 1, **members: Any) -> Doc:
    """A ``status_list`` in JSON."""
    raw = statuses() if content is None else content
    return {"bits": bits, "lst": b64(zlib.compress(raw, 9)), **members}


def claims(listed: Any = None, **changes: Any) -> Doc:
    """The claims of a list token; ``None`` removes one."""
    draft = {
        "sub": URL,
        "iat": NOW_SECONDS - 60,
        "exp": NOW_SECONDS + 86_400,
        "ttl": 43_200,
        "status_list": in_json() if listed is None else listed,
        **changes,
    }
    return {name: value for name, value in draft.items() if value is not None}


def list_jwt(payload: Doc | bytes | None = None, party: Party = BOARD, **h: Any) -> str:
    """A list in a JWT."""
    head = header(party, **{"typ": "statuslist+jwt", **h})
    return jws(head, claims() if payload is None else payload, party)


def list_cwt(
    listed: Any = None, party: Party = BOARD, *, head: Any = None, **more: Any
) -> bytes:
    """A list in a CWT; ``l6=None`` removes the claim 6."""
    packed = {"bits": 1, "lst": zlib.compress(statuses(), 9)}
    draft: dict[Any, Any] = {
        2: URL,
        4: NOW_SECONDS + 86_400,
        6: NOW_SECONDS - 60,
        65533: packed if listed is None else listed,
        65534: 43_200,
        **{int(name.removeprefix("l")): value for name, value in more.items()},
    }
    payload = cbor2.dumps({k: v for k, v in draft.items() if v is not None})
    return sign1(head or labels(party, "statuslist+cwt"), payload, party)


def named(status: Any = None) -> str:
    """An SD-JWT whose status claim is ``status``."""
    claim = {"status_list": {"idx": INDEX, "uri": URL}} if status is None else status
    return sd_jwt(sd_claims(_sd=None, _sd_alg=None, status=claim))


def _add(group: Group, name: str, found: Any, *, codes: str = _CODES) -> None:
    group.add(name, named(), codes=codes, documents={URL: found})


def _values(group: Group) -> None:
    for bits in (1, 2, 4, 8):
        for value, code in ((1, "REVOKED"), (2, "SUSPENDED")):
            if value < 1 << bits:
                raw = statuses(INDEX, value=value, bits=bits)
                label = f"{code.lower()}-{bits}-bits"
                _add(group, label, list_jwt(claims(in_json(raw, bits))), codes=code)
                packed = {"bits": bits, "lst": zlib.compress(raw)}
                _add(group, f"{label}-cwt", list_cwt(packed), codes=code)
    for value in (3, 4, 11, 12, 15, 200, 255):
        raw = statuses(INDEX, value=value, bits=8)
        found = list_jwt(claims(in_json(raw, 8)))
        _add(group, f"value-{value}", found, codes="STATUS_VERIFICATION_ERROR")
    for index in (0, 7, 8, ENTRIES - 1):
        found = list_jwt(claims(in_json(statuses(index))))
        claim = {"status_list": {"idx": index, "uri": URL}}
        group.add(
            f"revoked-at-{index}",
            named(claim),
            codes="REVOKED",
            documents={URL: found},
        )
    for make in (vc_jwt, vc_cose):
        document: Any = make(
            {**plain(), "status": {"status_list": {"idx": 7, "uri": URL}}}
        )
        found = list_jwt(claims(in_json(statuses(7))))
        group.add(
            f"revoked-in-{make.__name__}",
            document,
            codes="REVOKED",
            documents={URL: found},
        )
    header_claim = {65535: {"status_list": {"idx": 7, "uri": URL}}}
    group.add(
        "revoked-in-header",
        vc_cose(plain(), l15=header_claim),
        codes="REVOKED",
        documents={URL: list_jwt(claims(in_json(statuses(7))))},
    )


def _references(group: Group) -> None:
    clear = {URL: list_jwt()}
    indexes: dict[str, Any] = {
        "size": ENTRIES,
        "beyond": 10**9,
        "huge": 2**63,
        "negative": -1,
        "minus-size": -ENTRIES,
        "float": 1.0,
        "exponent": 1e3,
        "true": True,
        "false": False,
        "text": str(INDEX),
        "null": None,
        "array": [INDEX],
        "object": {"idx": 1},
    }
    for name, index in indexes.items():
        claim = {"status_list": {"idx": index, "uri": URL}}
        group.add(
            f"index-{name}",
            named(claim),
            codes="RANGE_ERROR MALFORMED_VALUE_ERROR",
            documents={**clear},
        )
    others: dict[str, Any] = {
        "empty": {},
        "unknown": {"identifier_list": {"id": "a", "uri": URL}},
        "list-null": {"status_list": None},
        "list-array": {"status_list": [{"idx": 1, "uri": URL}]},
        "list-text": {"status_list": URL},
        "no-index": {"status_list": {"uri": URL}},
        "no-uri": {"status_list": {"idx": 1}},
        "uri-relative": {"status_list": {"idx": 1, "uri": "/statuslists/1"}},
        "uri-number": {"status_list": {"idx": 1, "uri": 7}},
        "uri-array": {"status_list": {"idx": 1, "uri": [URL]}},
        "case": {"Status_List": {"idx": 1, "uri": URL}},
    }
    for name, claim in others.items():
        group.add(f"claim-{name}", named(claim), documents={**clear})
    no_maps: dict[str, Any] = {"array": [], "text": "valid", "number": 0, "true": True}
    for name, value in no_maps.items():
        group.add(f"claim-{name}", named(value), documents={**clear})


def _tokens(group: Group) -> None:
    changes: dict[str, Doc] = {
        "no-sub": {"sub": None},
        "sub-other": {"sub": f"{URL}0"},
        "sub-slash": {"sub": f"{URL}/"},
        "sub-case": {"sub": URL.upper()},
        "sub-array": {"sub": [URL]},
        "no-iat": {"iat": None},
        "iat-text": {"iat": str(NOW_SECONDS)},
        "iat-true": {"iat": True},
        "exp-text": {"exp": "never"},
        "exp-true": {"exp": True},
        "ttl-zero": {"ttl": 0},
        "ttl-negative": {"ttl": -1},
        "ttl-text": {"ttl": "1"},
        "ttl-true": {"ttl": True},
        "no-list": {"status_list": None},
    }
    for name, change in changes.items():
        payload = {**claims(), **change}
        kept = {key: value for key, value in payload.items() if value is not None}
        _add(group, f"jwt-{name}", list_jwt(kept))
    heads: dict[str, Doc] = {
        "typ-missing": {"typ": None},
        "typ-jwt": {"typ": "JWT"},
        "typ-vc": {"typ": "vc+jwt"},
        "typ-cwt": {"typ": "statuslist+cwt"},
        "crit": {"crit": ["exp"]},
        "sub-in-header": {"sub": "https://other.example"},
    }
    for name, head in heads.items():
        _add(group, f"jwt-{name}", list_jwt(**head))
    body = b'{"sub":"%s","sub":"%s"}' % (URL.encode(), URL.encode())
    _add(group, "jwt-duplicate", list_jwt(body))
    _add(group, "jwt-in-cbor", list_jwt(cbor2.dumps({2: URL})))
    changed: dict[str, Doc] = {
        "no-sub": {"l2": None},
        "sub-other": {"l2": f"{URL}0"},
        "sub-bytes": {"l2": URL.encode()},
        "no-iat": {"l6": None},
        "iat-true": {"l6": True},
        "exp-text": {"l4": "never"},
        "exp-tagged": {"l4": cbor2.CBORTag(1, NOW_SECONDS + 60)},
        "ttl-zero": {"l65534": 0},
        "ttl-float": {"l65534": 0.5},
        "no-list": {"l65533": None},
    }
    for name, more in changed.items():
        _add(group, f"cwt-{name}", list_cwt(**more))
    labelled: dict[str, Any] = {
        "typ-missing": labels(BOARD, None),
        "typ-vc": labels(),
        "typ-jwt": labels(BOARD, "statuslist+jwt"),
        "crit": labels(BOARD, "statuslist+cwt", l2=[1]),
        "alg": labels(BOARD, "statuslist+cwt", l1=5),
    }
    for name, head in labelled.items():
        _add(group, f"cwt-{name}", list_cwt(head=head))
    whole = list_cwt()
    for name, content in {
        "no-tag": whole[1:],
        "cwt-tag-twice": b"\xd8\x3d\xd8\x3d" + whole,
        "mac": b"\xd1" + whole[1:],
        "more": whole + b"\0",
        "cut": whole[:-1],
    }.items():
        _add(group, f"cwt-{name}", content)
    head = labels(BOARD, "statuslist+cwt")
    doubled = b"\xa2\x02\x61a\x02\x61b"
    _add(group, "cwt-duplicate", sign1(head, doubled))
    _add(group, "cwt-indefinite", sign1(head, b"\xbf\x02\x61a\xff"))
    _add(group, "cwt-json", sign1(head, claims()))
    _add(group, "bitstring-instead", bitstring_list())
    _add(group, "credential-instead", vc_jwt(plain(id=URL)))


def _lists(group: Group) -> None:
    good = statuses()
    packed = zlib.compress(good, 9)
    block = bytes(1024 * 1024)
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(block) for _ in range(64)) + packer.flush()
    raws: dict[str, bytes] = {
        "gzip": zlib.compress(good, wbits=31),
        "deflate": zlib.compress(good, wbits=-15),
        "plain": b"\0" * 64,
        "empty": b"",
        "empty-list": zlib.compress(b""),
        "truncated": packed[:-1],
        "checksum": packed[:-4] + bytes(4),
        "more": packed + b"\0",
        "two-streams": packed * 2,
        "bomb-64-mib": bomb,
        "just-too-large": zlib.compress(bytes(8 * 1024 * 1024 + 1)),
        "too-short": zlib.compress(bytes(INDEX // 8)),
    }
    for name, raw in raws.items():
        _add(group, f"list-{name}", list_jwt(claims({"bits": 1, "lst": b64(raw)})))
        _add(group, f"list-{name}-cwt", list_cwt({"bits": 1, "lst": raw}))
    texts: dict[str, Any] = {
        "padded": b64(packed) + "=",
        "multibase": "u" + b64(packed),
        "standard": b64(packed).replace("-", "+").replace("_", "/") + "+/",
        "space": b64(packed) + " ",
        "number": 7,
        "null": None,
        "array": [b64(packed)],
    }
    for name, text in texts.items():
        _add(group, f"list-text-{name}", list_jwt(claims({"bits": 1, "lst": text})))
    for name, bits in {
        "0": 0,
        "3": 3,
        "16": 16,
        "negative": -1,
        "true": True,
        "float": 1.0,
        "text": "1",
        "null": None,
    }.items():
        _add(group, f"bits-{name}", list_jwt(claims(in_json(good, bits))))
        _add(group, f"bits-{name}-cwt", list_cwt({"bits": bits, "lst": packed}))
    _add(group, "bits-missing", list_jwt(claims({"lst": b64(packed)})))
    _add(group, "lst-missing", list_jwt(claims({"bits": 1})))
    _add(group, "lst-text-in-cwt", list_cwt({"bits": 1, "lst": b64(packed)}))


def _times(group: Group) -> None:
    stale = "STATUS_STALE STATUS_VERIFICATION_ERROR"
    for name, change in {
        "expired": {"exp": NOW_SECONDS},
        "expired-long-ago": {"exp": NOW_SECONDS - 10**8},
        "issued-later": {"iat": NOW_SECONDS + 600},
        "not-before": {"nbf": NOW_SECONDS + 600},
    }.items():
        _add(group, f"time-{name}", list_jwt({**claims(), **change}), codes=stale)
    in_cwt: dict[str, Doc] = {
        "expired": {"l4": NOW_SECONDS},
        "issued-later": {"l6": NOW_SECONDS + 600},
        "not-before": {"l5": NOW_SECONDS + 600},
    }
    for name, more in in_cwt.items():
        _add(group, f"time-{name}-cwt", list_cwt(**more), codes=stale)


def _signers(group: Group) -> None:
    own = f"#{BOARD.multikey}"
    found: dict[str, str | bytes] = {
        "stranger": list_jwt(party=STRANGER),
        "stranger-as-board": list_jwt(party=STRANGER, kid=BOARD.method),
        "stranger-iss": list_jwt({**claims(), "iss": BOARD.did}, STRANGER),
        "stranger-no-kid": list_jwt(party=STRANGER, kid=None),
        "stranger-relative": list_jwt(party=STRANGER, kid=own),
        "iss-stranger": list_jwt({**claims(), "iss": STRANGER.did}),
        "iss-url": list_jwt({**claims(), "iss": "https://board.example"}, kid=None),
        "kid-number": list_jwt(kid="12"),
        "kid-other": list_jwt(kid=f"{BOARD.did}#other"),
        "key-in-header": list_jwt(party=STRANGER, kid=None, jwk=STRANGER.jwk),
        "holder": list_jwt(party=DOCTOR),
        "stranger-cwt": list_cwt(party=STRANGER),
        "stranger-as-board-cwt": list_cwt(
            head=labels(BOARD, "statuslist+cwt"), party=STRANGER
        ),
        "certificate-cwt": list_cwt(
            party=STRANGER,
            head=labels(STRANGER, "statuslist+cwt", l4=None, l33=b"certificate"),
        ),
        "none": list_jwt(alg="none").rpartition(".")[0] + ".",
        "altered": list_jwt()[:-4] + "AAAA",
    }
    for name, content in found.items():
        _add(group, f"signer-{name}", content, codes="STATUS_VERIFICATION_ERROR")


def _absent(group: Group) -> None:
    group.add("absent", named(), expect="undecided", codes="STATUS_RETRIEVAL_ERROR")
    other = {f"{URL}/": list_jwt()}
    group.add(
        "absent-other-url",
        named(),
        expect="undecided",
        codes="STATUS_RETRIEVAL_ERROR",
        documents={**other},
    )
    for name, content in {
        "empty": b"",
        "page": b"<html><title>Login</title>",
        "json": b"{}",
        "null": b"null",
        "zeros": bytes(100),
        "tag": b"\xd2",
    }.items():
        _add(group, f"content-{name}", content)
    group.add(
        "required-and-absent",
        sd_jwt(sd_claims(_sd=None, _sd_alg=None)),
        args=("--status", "required"),
        codes="STATUS_VERIFICATION_ERROR",
    )
