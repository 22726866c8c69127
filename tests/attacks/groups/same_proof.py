"""Other JSON for the same proof options: an end, a purpose or a challenge is hidden.

The options of an eddsa-rdfc-2022 proof are RDF as well, under the document's contexts.
"""

from __future__ import annotations

from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import BOARD, CANARIES, NONCE, plain, presentation
from tests.attacks.documents import DOCTOR as HOLDER
from tests.attacks.honest import rdfc, signed, signed_rdfc
from tests.attacks.worlds import SECURITY_V1, SECURITY_V2, V2

_SEC: Final = "https://w3id.org/security#"
_DATE_TIME: Final = "http://www.w3.org/2001/XMLSchema#dateTime"
_END: Final = "2026-06-02T00:00:00Z"
_TYPED: Final = {"@value": _END, "@type": _DATE_TIME}


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="same-proof", canaries=CANARIES)
    _expired(group)
    _purposes(group)
    _challenges(group)
    return group.made


def _options(document: Doc) -> bytes:
    options = {"@context": document["@context"], **document["proof"]}
    del options["proofValue"]
    return rdfc(options)


def _add(
    group: Group, name: str, honest: Doc, mutant: Doc, *, args: tuple[str, ...] = ()
) -> None:
    """Add ``mutant`` once it is certain that its options are those of ``honest``."""
    if _options(honest) != _options(mutant):
        message = f"{name}: the RDF differs, so this is no re-spelling"
        raise ValueError(message)
    group.add(name, mutant, args=args, why="RDF-equal, JSON-different")


def _respelled(honest: Doc, removed: str, **members: Any) -> Doc:
    proof = {name: value for name, value in honest["proof"].items() if name != removed}
    return {**honest, "proof": {**proof, **members}}


def _expired(group: Group) -> None:
    honest = signed_rdfc(plain(), BOARD, expires=_END)
    spellings: dict[str, Doc] = {
        "full-iri": {f"{_SEC}expiration": _TYPED},
        "value-object": {"expires": _TYPED},
        "array": {"expires": [_END]},
        "nest": {"@nest": {"expires": _END}},
    }
    for name, members in spellings.items():
        _add(group, f"expires-{name}", honest, _respelled(honest, "expires", **members))
    for name, context in {"v1": SECURITY_V1, "v2": SECURITY_V2}.items():
        wider = {**honest, "@context": [V2, context]}
        mutant = _respelled(wider, "expires", expiration=_END)
        if name == "v1":
            _add(group, f"expires-alias-{name}", honest, mutant)
        else:
            group.add(f"expires-alias-{name}", mutant, why="a name of another context")


def _purposes(group: Group) -> None:
    honest = signed_rdfc(plain(), BOARD, proofPurpose="authentication")
    wrong = f"{_SEC}authenticationMethod"
    both = _respelled(honest, "", **{f"{_SEC}proofPurpose": {"@id": wrong}})
    _add(group, "purpose-twice", honest, both)
    hidden = _respelled(
        honest,
        "proofPurpose",
        proofPurpose="assertionMethod",
        **{f"{_SEC}proofPurpose": {"@id": wrong}},
    )
    group.add("purpose-beside", hidden)
    good = signed_rdfc(plain(), BOARD)
    method = good["proof"]["verificationMethod"]
    methods: dict[str, Doc] = {
        "object": {"verificationMethod": {"id": method}},
        "at-object": {"verificationMethod": {"@id": method}},
        "array": {"verificationMethod": [method]},
        "full-iri": {f"{_SEC}verificationMethod": {"@id": method}},
    }
    for name, members in methods.items():
        mutant = _respelled(good, "verificationMethod", **members)
        _add(group, f"method-{name}", good, mutant)
    full = _respelled(good, "proofPurpose", proofPurpose=f"{_SEC}assertionMethod")
    _add(group, "purpose-iri", good, full)


def _challenges(group: Group) -> None:
    args = ("--challenge", NONCE, "--domain", "hospital.example")
    draft = presentation(signed(plain(), BOARD))
    options = {"proofPurpose": "authentication", "challenge": "old", "domain": "x"}
    honest = signed_rdfc(draft, HOLDER, **options)
    for name in ("challenge", "domain"):
        wanted = NONCE if name == "challenge" else "hospital.example"
        moved = {f"{_SEC}{name}": honest["proof"][name]}
        mutant = _respelled(honest, name, **moved, **{name: wanted})
        group.add(f"{name}-beside", mutant, args=args)
        _add(
            group,
            f"{name}-full-iri",
            honest,
            _respelled(honest, name, **moved),
            args=args,
        )
