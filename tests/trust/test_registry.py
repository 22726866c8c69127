from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.core.records import replace
from medid.credentials import parse_credential
from medid.errors import (
    ConfigurationError,
    IssuerNotAuthorized,
    IssuerNotTrusted,
    MedidError,
    MissingExtra,
    ParsingError,
)
from medid.health import words
from medid.trust import LICENSE_TYPE, TrustRegistry, names_profession
from medid.trust.boards import names_among
from medid.trust.documents import LIMITS
from medid.trust.settings import STATUSES
from medid.trust.yaml_text import load_yaml
from tests.keys.authorities import authority, certified

if TYPE_CHECKING:
    from pathlib import Path

BOARD = "did:web:board.example.gov"
NURSING = "did:web:nursing.example.gov"
PATIENT = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
AT = Instant.parse("2026-06-15T12:00:00Z")
NUCC = "http://nucc.org/provider-taxonomy"


def board(**members: Any) -> dict[str, Any]:
    base = {"did": BOARD, "jurisdictions": ["US-OH"], "professions": ["MD"]}
    return {**base, **members}


def trust(*boards: dict[str, Any], **members: Any) -> TrustRegistry:
    source: dict[str, Any] = {"acceptedBoards": list(boards) or [board()]}
    return TrustRegistry.from_json({**source, **members})


FULL: dict[str, Any] = {
    "name": "Hospital A",
    "description": "Whose licenses count here",
    "acceptedBoards": [
        board(
            name="State Medical Board",
            credentialTypes=[LICENSE_TYPE],
            requireRegistration=["full", "provisional"],
            requireHybridProofs=True,
            validFrom="2020-01-01T00:00:00Z",
            validUntil="2030-01-01T00:00:00Z",
            recognizedBy="did:web:federation.example",
            statusListIssuers=["did:web:status.example.gov"],
        )
    ],
    "acceptStatuses": ["active", "probation"],
    "statusMaxAgeSeconds": 3600,
    "placeOfService": {"US": "patient", "EU": "provider"},
    "containment": {"AU": ["AU-NSW", "AU-VIC"]},
    "unions": {"EU": ["DE", "FR"]},
    "compacts": [
        {
            "id": "NLC",
            "model": "mutual-recognition",
            "professions": ["RN"],
            "members": ["US-OH", "US-IN"],
            "requires": {"multistate": True, "unencumbered": False},
        },
        {
            "id": "PSYPACT",
            "model": "authorisation",
            "professions": ["PSY"],
            "members": ["US-OH"],
            "authorisationIssuer": "did:web:psypact.example",
            "telehealth": {
                "authorisation": "APIT",
                "practitionerMustBeIn": "homeState",
            },
            "inPerson": {"authorisation": "TAP", "maxDaysPerYear": 30},
        },
    ],
    "recognition": [
        {
            "from": "DE",
            "to": "FR",
            "professions": ["MD"],
            "modes": ["in-person"],
            "basis": "Directive 2005/36/EC",
            "validFrom": "2020-01-01T00:00:00Z",
            "validUntil": "2030-01-01T00:00:00Z",
            "requiresCredential": "ServiceProvisionDeclaration",
        }
    ],
    "alerts": [
        {
            "source": "did:web:imi.example",
            "holder": "did:example:dr-x",
            "measure": "prohibition",
            "memberState": "DE",
            "from": "2026-01-01T00:00:00Z",
        }
    ],
    "denyOnAlert": False,
    "consent": {
        "defaultPolicy": "https://profiles.ihe.net/ITI/PCF/Policy-basic-normal",
        "combining": "deny-overrides",
        "timezone": "Europe/Berlin",
        "patientDids": {"Patient/1": PATIENT, "Patient/2": [PATIENT]},
        "acceptedConsentRecorders": ["did:web:recorder.example"],
        "representatives": [
            {
                "did": "did:example:guardian",
                "of": "Patient/1",
                "kind": "guardian",
                "validFrom": "2020-01-01T00:00:00Z",
                "validUntil": "2030-01-01T00:00:00Z",
            }
        ],
        "unlabelledConfidentiality": "N",
        "requireAllSensitivitiesCovered": False,
        "overlays": ["US-42CFR2"],
        "dataUse": {"none": {"permission": "GRU"}},
    },
}


def test_reads_every_setting_of_the_format() -> None:
    found = TrustRegistry.from_json(json.dumps(FULL)).settings
    entry = found.boards[0]
    assert entry.name == "State Medical Board"
    assert entry.require_registration == ("full", "provisional")
    assert entry.recognized_by == "did:web:federation.example"
    assert entry.window.end == Instant.parse("2030-01-01T00:00:00Z")
    assert found.accept_statuses == ("active", "probation")
    assert found.status_max_age == 3600
    assert found.place_of_service == {"US": "patient", "EU": "provider"}
    assert found.unions == {"EU": ("DE", "FR")}
    nlc, psypact = found.compacts
    assert (nlc.requires.multistate, nlc.requires.unencumbered) == (True, False)
    assert nlc.requires.home_state_is_primary_residence
    assert psypact.telehealth is not None
    assert psypact.telehealth.practitioner_at_home
    assert psypact.in_person is not None
    assert psypact.in_person.max_days == 30
    assert found.recognition[0].requires_credential == "ServiceProvisionDeclaration"
    assert found.alerts[0].holder == "did:example:dr-x"
    assert not found.deny_on_alert
    consent = found.consent
    assert consent.default_policy.endswith("basic-normal")
    assert consent.timezone == "Europe/Berlin"
    assert consent.patient_dids == {"Patient/1": (PATIENT,), "Patient/2": (PATIENT,)}
    assert consent.representatives[0].patient == "Patient/1"
    assert consent.unlabelled_confidentiality == "N"
    assert consent.all_labels_covered is False


def test_defaults_are_the_strict_ones() -> None:
    found = trust().settings
    assert found.accept_statuses == ("active",)
    assert found.status_max_age == 86_400
    assert found.boards[0].credential_types == (LICENSE_TYPE,)
    assert found.boards[0].require_registration is None
    assert found.deny_on_alert
    assert found.consent.default_policy.endswith("Policy-deny")
    assert found.consent.combining == "deny-overrides"
    assert found.consent.unlabelled_confidentiality is None
    assert found.consent.all_labels_covered is None
    assert found.containment == {}


@pytest.mark.parametrize(
    ("setting", "meant"),
    [
        (False, None),
        ("full", ("full",)),
        (["full", "limited"], ("full", "limited")),
        (True, ("full", "provisional", "limited", "training", "temporary")),
    ],
)
def test_how_a_registration_is_required(
    setting: Any, meant: tuple[str, ...] | None
) -> None:
    entry = trust(board(requireRegistration=setting)).settings.boards[0]
    assert entry.require_registration == meant


def test_statuses_are_those_of_the_vocabulary() -> None:
    assert STATUSES == words.STATUSES


def test_settings_cannot_be_changed() -> None:
    found = trust(containment={"AU": ["AU-NSW"]}).settings
    with pytest.raises(TypeError):
        found.containment["US"] = ("US-OH",)  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"acceptedBoards": []}, "$.acceptedBoards"),
        ({"acceptedBoards": None}, "$.acceptedBoards"),
        ({"acceptedBoards": "*"}, "$.acceptedBoards"),
        ({"acceptedBoard": [board()]}, "$.acceptedBoard"),
        ({"acceptedBoards": ["did:example:b"]}, "$.acceptedBoards[0]"),
        ({"acceptedBoards": [board(did="*")]}, "$.acceptedBoards[0].did"),
        ({"acceptedBoards": [board(did="")]}, "$.acceptedBoards[0].did"),
        (
            {"acceptedBoards": [board(did="did:web:a#key")]},
            "$.acceptedBoards[0].did",
        ),
        (
            {"acceptedBoards": [board(professions=["*"])]},
            "$.acceptedBoards[0].professions[0]",
        ),
        (
            {"acceptedBoards": [board(jurisdictions=["US-*"])]},
            "$.acceptedBoards[0].jurisdictions[0]",
        ),
        (
            {"acceptedBoards": [board(jurisdictions=[])]},
            "$.acceptedBoards[0].jurisdictions",
        ),
        (
            {"acceptedBoards": [board(jurisdictions=["Ohio"])]},
            "$.acceptedBoards[0].jurisdictions[0]",
        ),
        (
            {"acceptedBoards": [board(professions=[" MD"])]},
            "$.acceptedBoards[0].professions[0]",
        ),
        (
            {"acceptedBoards": [board(professions="MD")]},
            "$.acceptedBoards[0].professions",
        ),
        ({"specialties": ["cardiology"]}, "$.specialties"),
        ({"specialties": {"medicine": []}}, "$.specialties.medicine"),
        ({"specialties": {"medicine": ["*"]}}, "$.specialties.medicine[0]"),
        ({"specialties": {"*": ["cardiology"]}}, "$.specialties[?]"),
        ({"specialties": {"medicine": ["medicine"]}}, "$.specialties.medicine"),
        ({"specialties": {"medicine": ["x|medicine"]}}, "$.specialties.medicine"),
        (
            {"specialties": {"a": ["b"], "b": ["c"], "c": ["a"]}},
            "$.specialties.a",
        ),
        (
            {"acceptedBoards": [board(any=True)]},
            "$.acceptedBoards[0].any",
        ),
        (
            {"acceptedBoards": [board(credentialTypes=[])]},
            "$.acceptedBoards[0].credentialTypes",
        ),
        (
            {"acceptedBoards": [board(requireRegistration=[])]},
            "$.acceptedBoards[0].requireRegistration",
        ),
        (
            {"acceptedBoards": [board(requireRegistration=None)]},
            "$.acceptedBoards[0].requireRegistration",
        ),
        (
            {"acceptedBoards": [board(recognizedBy=None)]},
            "$.acceptedBoards[0].recognizedBy",
        ),
        (
            {"acceptedBoards": [board(validFrom="2026-01-01")]},
            "$.acceptedBoards[0].validFrom",
        ),
        (
            {
                "acceptedBoards": [
                    board(
                        validFrom="2026-01-02T00:00:00Z",
                        validUntil="2026-01-02T00:00:00Z",
                    )
                ]
            },
            "$.acceptedBoards[0].validUntil",
        ),
        ({"name": 7}, "$.name"),
        ({"description": ["text"]}, "$.description"),
        ({"acceptStatuses": []}, "$.acceptStatuses"),
        ({"acceptStatuses": ["actve"]}, "$.acceptStatuses[0]"),
        ({"statusMaxAgeSeconds": -1}, "$.statusMaxAgeSeconds"),
        ({"statusMaxAgeSeconds": 2**53}, "$.statusMaxAgeSeconds"),
        ({"statusMaxAgeSeconds": "86400"}, "$.statusMaxAgeSeconds"),
        ({"statusMaxAgeSeconds": True}, "$.statusMaxAgeSeconds"),
        ({"statusMaxAgeSeconds": None}, "$.statusMaxAgeSeconds"),
        ({"placeOfService": {"US": "server"}}, "$.placeOfService.US"),
        ({"placeOfService": {"EU27": "patient"}}, "$.placeOfService.EU27"),
        ({"placeOfService": {"US": None}}, "$.placeOfService.US"),
        ({"containment": {"US": "US-OH"}}, "$.containment.US"),
        ({"containment": ["US"]}, "$.containment"),
        ({"denyOnAlert": "no"}, "$.denyOnAlert"),
        ({"compacts": [{"id": "X"}]}, "$.compacts[0].model"),
        (
            {
                "compacts": [
                    {"id": "X", "model": "all", "professions": ["RN"], "members": []}
                ]
            },
            "$.compacts[0].model",
        ),
        ({"alerts": [{"source": "x"}]}, "$.alerts[0].holder"),
        ({"consent": {"overlays": [7]}}, "$.consent.overlays[0]"),
        ({"consent": {"dataUse": []}}, "$.consent.dataUse"),
        ({"consent": {"timezone": "Mars/Base"}}, "$.consent.timezone"),
        ({"consent": {"timezone": "../UTC"}}, "$.consent.timezone"),
        ({"consent": {"timezone": "Europe"}}, "$.consent.timezone"),
        ({"consent": {"defaultPolicy": "permit"}}, "$.consent.defaultPolicy"),
        ({"consent": {"combining": "permit-overrides"}}, "$.consent.combining"),
        ({"consent": {"patientDids": {"a b": "x"}}}, "$.consent.patientDids[?]"),
        (
            {"consent": {"patientDids": {"Patient/1/_history/2": PATIENT}}},
            "$.consent.patientDids[?]",
        ),
        (
            {
                "consent": {
                    "representatives": [{"did": PATIENT, "of": "Patient/1/_history/2"}]
                }
            },
            "$.consent.representatives[0].of",
        ),
        ({"consent": {"policy": "x"}}, "$.consent.policy"),
    ],
)
def test_bad_settings_are_refused_at_the_start_with_their_path(
    change: dict[str, Any], path: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        TrustRegistry.from_json({"acceptedBoards": [board()], **change})
    assert caught.value.path == path
    assert caught.value.fix


def test_a_misspelt_member_is_named_with_what_was_probably_meant() -> None:
    with pytest.raises(ConfigurationError) as caught:
        trust(acceptStatusses=["active"])
    assert "acceptStatuses" in caught.value.fix
    with pytest.raises(ConfigurationError) as caught:
        trust(zzz=1)
    assert "acceptedBoards" in caught.value.fix


@pytest.mark.parametrize("source", ["", "{}", "[]", "null", "{", b"\xff", "{'a':1}"])
def test_what_is_no_registry_is_refused(source: str | bytes) -> None:
    with pytest.raises(ConfigurationError):
        TrustRegistry.from_json(source)


def test_a_read_only_mapping_is_read_and_anything_else_is_refused() -> None:
    TrustRegistry.from_json(MappingProxyType({"acceptedBoards": [board()]}))
    with pytest.raises(ConfigurationError):
        TrustRegistry.from_json([board()])  # type: ignore[arg-type]


def test_the_callers_object_is_copied() -> None:
    source: dict[str, Any] = {"acceptedBoards": [board()]}
    found = TrustRegistry.from_json(source)
    before = found.digest()
    source["acceptedBoards"].append(board(did=NURSING))
    assert found.digest() == before


def test_the_digest_names_the_content_and_not_its_spelling() -> None:
    first = TrustRegistry.from_json(json.dumps(FULL, indent=3))
    second = TrustRegistry.from_json(dict(reversed(FULL.items())))
    assert first.digest() == second.digest()
    assert first.digest() != trust().digest()
    assert len(first.digest()) == 64


def test_registry_does_not_show_patients() -> None:
    assert PATIENT not in repr(TrustRegistry.from_json(FULL))
    assert PATIENT not in repr(TrustRegistry.from_json(FULL).settings)


# Admission and authority.


def test_lists_may_be_asked_for_anew_each_time() -> None:
    assert trust(statusMaxAgeSeconds=0).settings.status_max_age == 0


def test_no_days_are_not_any_number_of_days() -> None:
    def days(**members: int) -> int | None:
        compact = {
            "id": "PSYPACT",
            "model": "authorisation",
            "professions": ["PSY"],
            "members": ["US-OH", "US-KY"],
            "inPerson": {"authorisation": "TAP", **members},
        }
        (read,) = trust(compacts=[compact]).settings.compacts
        assert read.telehealth is None
        assert read.in_person is not None
        return read.in_person.max_days

    assert days() is None
    assert days(maxDaysPerYear=0) == 0
    assert days(maxDaysPerYear=30) == 30


def test_admits_everyone_who_is_named_and_nobody_else() -> None:
    found = TrustRegistry.from_json(FULL)
    for issuer in (
        BOARD,
        "did:web:status.example.gov",
        "did:web:recorder.example",
        "did:example:guardian",
        PATIENT,
    ):
        found.admit(issuer)
    for issuer in ("did:web:federation.example", NURSING, "", "*"):
        with pytest.raises(IssuerNotTrusted):
            found.admit(issuer)


@pytest.mark.parametrize(
    "alias",
    [
        "did:web:BOARD.example.gov",
        "did:web:board.example.gov/",
        "did:web:board.example.gov.",
        "did:web:board%2Eexample.gov",
        "did:webvh:abc:board.example.gov",
        "did:web:board.example.gov ",
        "did:web:bo\N{CYRILLIC SMALL LETTER A}rd.example.gov",
        "did:web:board.example.gov#key-1",
    ],
)
def test_only_the_exact_issuer_is_trusted(alias: str) -> None:
    with pytest.raises(IssuerNotTrusted):
        trust().admit(alias)
    with pytest.raises(IssuerNotTrusted, match="no trust entry names"):
        trust().authorize(alias, LICENSE_TYPE, at=AT)


def test_authority_is_for_the_type() -> None:
    trust().authorize(BOARD, LICENSE_TYPE, at=AT)
    with pytest.raises(IssuerNotAuthorized):
        trust().authorize(BOARD, "PatientConsentCredential", at=AT)
    with pytest.raises(IssuerNotAuthorized):
        trust(board(credentialTypes=["Other"])).authorize(BOARD, LICENSE_TYPE, at=AT)


def test_authority_is_for_the_profession() -> None:
    found = trust()
    assert found.authorize(BOARD, LICENSE_TYPE, professions=["MD"], at=AT) == ("MD",)
    with pytest.raises(IssuerNotAuthorized):
        found.authorize(BOARD, LICENSE_TYPE, professions=["RN"], at=AT)


def test_authority_names_those_codings_that_it_covers() -> None:
    found = trust(board(professions=[f"{NUCC}|208D00000X"]))
    codings = ["http://isco|2211", f"{NUCC}|208D00000X"]
    granted = found.authorize(BOARD, LICENSE_TYPE, professions=codings, at=AT)
    assert granted == (f"{NUCC}|208D00000X",)


def test_authority_is_for_the_jurisdiction() -> None:
    found = trust()
    found.authorize(BOARD, LICENSE_TYPE, jurisdiction="US-OH", at=AT)
    for place in ("US", "US-IN", "OH", "US-OH-1", ""):
        with pytest.raises(IssuerNotAuthorized):
            found.authorize(BOARD, LICENSE_TYPE, jurisdiction=place, at=AT)


def test_jurisdiction_and_profession_must_meet_in_one_entry() -> None:
    found = trust(board(), board(jurisdictions=["US-IN"], professions=["RN"]))
    found.authorize(
        BOARD, LICENSE_TYPE, jurisdiction="US-IN", professions=["RN"], at=AT
    )
    with pytest.raises(IssuerNotAuthorized):
        found.authorize(
            BOARD, LICENSE_TYPE, jurisdiction="US-IN", professions=["MD"], at=AT
        )


def test_containment_comes_from_the_table_alone() -> None:
    found = trust(
        board(jurisdictions=["AU", "US", "GA"]), containment={"AU": ["AU-NSW"]}
    )
    assert found.covers("AU", "AU-NSW")
    assert not found.covers("AU", "AU-VIC")
    assert not found.covers("US", "US-OH")
    assert not found.covers("GA", "US-GA")
    assert not found.covers("AU-NSW", "AU")
    found.authorize(BOARD, LICENSE_TYPE, jurisdiction="AU-NSW", at=AT)
    with pytest.raises(IssuerNotAuthorized):
        found.authorize(BOARD, LICENSE_TYPE, jurisdiction="US-GA", at=AT)


def test_containment_is_not_transitive() -> None:
    found = trust(containment={"AA": ["BB"], "BB": ["CC"], "CC": ["AA"]})
    assert not found.covers("AA", "CC")
    assert found.covers("CC", "AA")


def test_what_lies_within_a_specialty_lies_within_what_that_lies_in() -> None:
    table = {"a": ["b", "x|c"], "c": ["d"], "e": ["f"]}
    found = trust(specialties=table)
    assert [one for one in "abcdef" if found.includes("a", one)] == ["a", "b", "d"]
    assert found.includes("a", "x|c")
    assert found.includes("y|a", "z|b")
    assert found.includes("c", "d")
    assert not found.includes("y|a", "y|c")
    assert not any(found.includes(narrow, "a") for narrow in "bcdef")


def test_an_entry_counts_from_its_start_and_not_at_its_end() -> None:
    start, end = "2026-01-01T00:00:00Z", "2026-06-15T12:00:00Z"
    found = trust(board(validFrom=start, validUntil=end))
    for text, in_force in [
        ("2025-12-31T23:59:59Z", False),
        (start, True),
        ("2026-06-15T11:59:59Z", True),
        (end, False),
    ]:
        at = Instant.parse(text)
        if in_force:
            found.authorize(BOARD, LICENSE_TYPE, at=at)
        else:
            with pytest.raises(IssuerNotTrusted):
                found.authorize(BOARD, LICENSE_TYPE, at=at)
    # Before anything is fetched, dates are not asked: a judgement may be as of a day.
    found.admit(BOARD)


def test_consents_are_authorized_for_those_whom_the_consent_settings_name() -> None:
    found = TrustRegistry.from_json(FULL)
    assert found.authorize(PATIENT, "PatientConsentCredential", at=AT) == ()
    with pytest.raises(IssuerNotTrusted):
        found.authorize("did:example:other", "PatientConsentCredential", at=AT)
    with pytest.raises(IssuerNotTrusted):
        found.authorize(PATIENT, LICENSE_TYPE, at=AT)


@pytest.mark.parametrize(
    ("word", "profession", "names"),
    [
        ("RN", "RN", True),
        ("RN", "RNX", False),
        ("RN", "rn", False),
        ("208D00000X", f"{NUCC}|208D00000X", True),
        (f"{NUCC}|208D00000X", f"{NUCC}|208D00000X", True),
        (f"{NUCC}|208D00000X", "208D00000X", False),
        (f"{NUCC}|208D00000X", "http://other|208D00000X", False),
        ("D00000X", f"{NUCC}|208D00000X", False),
    ],
)
def test_how_a_word_names_a_profession(
    word: str, profession: str, *, names: bool
) -> None:
    assert names_profession(word, profession) is names
    assert names_among({word}, profession) is names


def test_professions_are_not_compared_each_with_each_word() -> None:
    class Counted(str):
        """A word that tells how often it is compared, or looked up."""

        seen = 0
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            Counted.seen += 1
            return str.__eq__(self, other)

        def __hash__(self) -> int:
            Counted.seen += 1
            return str.__hash__(self)

    board = TrustRegistry.from_json(
        {
            "acceptedBoards": [
                {"did": BOARD, "jurisdictions": ["US-OH"], "professions": ["RN"]}
            ]
        }
    ).settings.boards[0]
    words = tuple(Counted(f"http://s{number}.example|x") for number in range(300))
    others = tuple(f"http://t{number}.example|x" for number in range(300))
    many = replace(board, professions=words)
    assert many.professions_among(others) == ()
    assert many.professions_among((*others, words[7])) == (words[7],)
    assert Counted.seen < 2_000


# Other sources.


def test_reads_the_same_from_a_file_in_json_or_yaml(tmp_path: Path) -> None:
    plain = tmp_path / "trust.json"
    plain.write_text(json.dumps(FULL), encoding="utf-8")
    plain_yaml = tmp_path / "trust.YAML"
    plain_yaml.write_text(YAML.replace("2211", "'2211'"), encoding="utf-8")
    digest = TrustRegistry.from_json(FULL).digest()
    assert TrustRegistry.from_file(plain).digest() == digest
    read = TrustRegistry.from_file(str(plain_yaml))
    assert read.settings.boards[0].did == BOARD


def test_a_file_that_cannot_be_read_is_a_configuration_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.json"):
        with pytest.raises(ConfigurationError):
            TrustRegistry.from_file(path)


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    path.write_bytes(b" " * 16_777_217)
    with pytest.raises(ConfigurationError, match="more than"):
        TrustRegistry.from_file(path)


def _credential(**changes: Any) -> dict[str, Any]:
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential", "TrustRegistryCredential"],
        "issuer": BOARD,
        "credentialSubject": {"type": "TrustRegistry", "trustRegistry": FULL},
    }
    return {**document, **changes}


def test_reads_the_registry_of_a_verified_credential() -> None:
    found = TrustRegistry.from_credential(parse_credential(_credential()))
    assert found.digest() == TrustRegistry.from_json(FULL).digest()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"type": ["VerifiableCredential"]}, "$"),
        ({"credentialSubject": [{"id": "did:a:b"}, {"id": "did:a:b"}]}, "$"),
        (
            {"credentialSubject": {"type": "TrustRegistry"}},
            "$.credentialSubject.trustRegistry",
        ),
        (
            {"credentialSubject": {"trustRegistry": {"acceptedBoards": []}}},
            "$.credentialSubject.trustRegistry.acceptedBoards",
        ),
    ],
)
def test_a_credential_without_a_registry_is_refused(
    changes: dict[str, Any], path: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        TrustRegistry.from_credential(parse_credential(_credential(**changes)))
    assert caught.value.path == path


# YAML.

YAML = """
acceptedBoards:
  - did: did:web:board.example.gov
    jurisdictions: [NO, GB, US-OH]   # NO is Norway
    professions: ["208D00000X", 2211, "true"]
    validFrom: 2026-01-01T00:00:00Z
statusMaxAgeSeconds: 3600
denyOnAlert: true
"""


def test_yaml_words_stay_words() -> None:
    text = YAML.replace("2211", "'2211'")
    entry = TrustRegistry.from_yaml(text).settings.boards[0]
    assert entry.jurisdictions == ("NO", "GB", "US-OH")
    assert entry.professions == ("208D00000X", "2211", "true")
    assert entry.window.start == Instant.parse("2026-01-01T00:00:00Z")


def test_a_number_where_text_is_meant_is_refused_in_yaml_too() -> None:
    with pytest.raises(ConfigurationError) as caught:
        TrustRegistry.from_yaml(YAML)
    assert caught.value.path == "$.acceptedBoards[0].professions[1]"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acceptedBoards: [",
        "acceptedBoards: []\nacceptedBoards: []",
        "a: &x 1",
        "a: &x [1]\nb: *x",
        "a: !!python/object/apply:os.system ['true']",
        "a: !!str 1",
        "1: a",
        "[a]: b",
        "--- {}\n--- {}",
        "%YAML 9.9\n--- {}",
        f"%YAML 1.{'9' * 5_000}\n--- {{}}",
        'name: "\\U00110000"',
        'name: "\\UFFFFFFFF"',
        "a: \x00",
        b"\xff\xfe\x00",
        "[" * 100 + "]" * 100,
        "a: ~",
    ],
)
def test_yaml_beyond_the_plain_is_refused(text: str | bytes) -> None:
    with pytest.raises(ConfigurationError):
        TrustRegistry.from_yaml(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1", "anchors"),
        ("a: &x [1]", "anchors"),
        ("a: {b: *x}", "anchors"),
        ("a: !!str 1", "tags"),
        ("a: !!set {b}", "tags"),
        ("a: 1\nb: 2\na: 3", "repeated"),
        ("1: a", "not text"),
        ("[" * 66 + "]" * 66, "too deep"),
        ("--- 1\n--- 2", "exactly one"),
    ],
)
def test_yaml_that_two_readers_may_read_differently_is_refused(
    text: str, message: str
) -> None:
    with pytest.raises(ParsingError, match=message):
        load_yaml(text, limits=LIMITS)


def test_yaml_scalars_are_those_of_json() -> None:
    text = "[true, false, null, ~, '', 0, -7, 1.5, 010, yes, NO, '1', 2026-01-01]"
    assert load_yaml(text, limits=LIMITS) == [
        *(True, False, None, None, "", 0, -7),
        *("1.5", "010", "yes", "NO", "1", "2026-01-01"),
    ]


def test_entries_are_those_for_the_type() -> None:
    other = board(credentialTypes=["Other"])
    found = trust(board(), other).entries(BOARD, LICENSE_TYPE, at=AT)
    assert [one.credential_types for one in found] == [(LICENSE_TYPE,)]
    with pytest.raises(IssuerNotAuthorized):
        trust(other).entries(BOARD, LICENSE_TYPE, at=AT)


def test_too_much_yaml_is_refused_unread() -> None:
    with pytest.raises(ConfigurationError, match="more than"):
        TrustRegistry.from_yaml("#" * 16_777_217)


def test_yaml_without_its_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    with pytest.raises(MissingExtra, match="PyYAML"):
        TrustRegistry.from_yaml(YAML)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["did", "id", "from", "*"]), inner, max_size=2
        )
    ),
    max_leaves=5,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inner: dict[Any, Any] = value if isinstance(value, dict) else {}
    if isinstance(value, list):
        inner = dict(enumerate(value))
    for name, item in inner.items():
        found += _places(item, (*path, name))
    return found


@given(place=st.sampled_from(_places(FULL)), value=JSON)
def test_only_configuration_errors_come_from_one_odd_setting(
    place: tuple[Any, ...], value: Any
) -> None:
    document = json.loads(json.dumps(FULL))
    target = document
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    try:
        found = TrustRegistry.from_json(document)
    except ConfigurationError:
        return
    # Whatever was changed, nobody but those who are named became trusted.
    with pytest.raises(MedidError):
        found.admit("did:example:stranger")


def test_recognition_and_alerts_may_be_dated_by_days_in_utc() -> None:
    found = trust(
        recognition=[
            {
                "from": "DE",
                "to": "FR",
                "professions": ["MD"],
                "validFrom": "2026-06-01",
                "validUntil": "2026-06-15",
            }
        ],
        alerts=[{"holder": "did:example:dr-x", "from": "2026-06-15"}],
    ).settings
    window = found.recognition[0].window
    assert str(window.start) == "2026-06-01T00:00:00Z"
    # The last day counts whole.
    assert str(window.end) == "2026-06-16T00:00:00Z"
    assert str(found.alerts[0].start) == "2026-06-15T00:00:00Z"


@pytest.mark.parametrize("day", ["2026-02-30", "15.06.2026", "2026-6-1", "2026-06", ""])
def test_a_day_of_another_form_is_refused_where_it_stands(day: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        trust(alerts=[{"holder": "did:example:dr-x", "from": day}])
    assert caught.value.path == "$.alerts[0].from"


@pytest.mark.parametrize(
    ("own", "general", "refused"),
    [
        (None, True, True),
        (None, False, False),
        (True, False, True),
        (False, True, False),
    ],
)
def test_what_an_alert_says_of_itself_outweighs_the_setting_for_all(
    own: bool | None, general: bool, refused: bool
) -> None:
    alert: dict[str, Any] = {"holder": "did:example:dr-x"}
    if own is not None:
        alert["denyOnAlert"] = own
    found = trust(alerts=[alert], denyOnAlert=general).settings
    assert found.refuses(found.alerts[0]) is refused


# Issuers that are named by a web address

WEB = "https://board.example.gov"
ROOT = authority("root")
OTHER = authority("other")


def web(**members: Any) -> dict[str, Any]:
    base = {"issuer": WEB, "jurisdictions": ["US-OH"], "professions": ["MD"]}
    return {**base, **members}


def test_an_issuer_may_be_named_by_a_web_address() -> None:
    found = trust(web())
    found.admit(WEB)
    assert found.authorize(WEB, jurisdiction="US-OH", professions=["MD"], at=AT)
    assert found.anchors(WEB, at=AT) == ()
    for other in (WEB + "/", WEB.upper(), "http://board.example.gov", BOARD):
        with pytest.raises(IssuerNotTrusted):
            found.admit(other)


def test_anchors_are_those_of_one_issuer_while_its_entry_is_in_force() -> None:
    found = trust(
        web(x509Anchors=[ROOT.pem], validUntil="2027-01-01T00:00:00Z"),
        web(x509Anchors=[OTHER.pem], validFrom="2026-01-01T00:00:00Z"),
        web(issuer="https://other.example", x509Anchors=[OTHER.pem]),
        board(),
    )
    assert found.anchors(WEB, at=AT) == (ROOT.der, OTHER.der)
    assert found.anchors(WEB, at=Instant.parse("2025-01-01T00:00:00Z")) == (ROOT.der,)
    assert found.anchors(WEB, at=Instant.parse("2027-01-01T00:00:00Z")) == (OTHER.der,)
    assert found.anchors(BOARD, at=AT) == ()
    assert found.anchors("https://nobody.example", at=AT) == ()


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (web(did=BOARD), "issuer"),
        ({"jurisdictions": ["US-OH"], "professions": ["MD"]}, "did"),
        (web(issuer="did:web:board.example.gov"), "issuer"),
        (web(issuer="http://board.example.gov"), "issuer"),
        (web(issuer=""), "issuer"),
        (web(issuer=7), "issuer"),
        (web(issuer=None), "issuer"),
        (board(x509Anchors=[ROOT.pem]), "x509Anchors"),
        (web(x509Anchors=[]), "x509Anchors"),
        (web(x509Anchors=ROOT.pem), "x509Anchors"),
        (web(x509Anchors=[7]), "x509Anchors[0]"),
        (web(x509Anchors=[ROOT.pem, "x"]), "x509Anchors[1]"),
        (web(x509Anchors=[certified("plain").pem]), "x509Anchors[0]"),
        (web(x509Anchor=[ROOT.pem]), "x509Anchor"),
    ],
)
def test_what_is_no_entry_of_such_an_issuer(entry: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        trust(entry)
    assert caught.value.path == f"$.acceptedBoards[0].{path}"


# Hybrid proofs.


def test_hybrid_proofs_are_asked_by_any_entry_in_force() -> None:
    assert not trust().requires_hybrid_proofs(BOARD, at=AT)
    off = trust(board(requireHybridProofs=False))
    assert not off.requires_hybrid_proofs(BOARD, at=AT)
    asking = board(requireHybridProofs=True, validUntil="2026-07-01T00:00:00Z")
    found = trust(board(jurisdictions=["US-KY"]), asking, board(did=NURSING))
    assert found.requires_hybrid_proofs(BOARD, at=AT)
    assert not found.requires_hybrid_proofs(NURSING, at=AT)
    later = Instant.parse("2026-07-01T00:00:00Z")
    assert not found.requires_hybrid_proofs(BOARD, at=later)
    both = trust(asking, board(did=NURSING, requireHybridProofs=True))
    assert both.requires_hybrid_proofs(NURSING, at=later)
    assert not both.requires_hybrid_proofs(BOARD, at=later)


@pytest.mark.parametrize("value", ["true", 1, None, []])
def test_whether_hybrid_proofs_are_asked_is_true_or_false(value: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        trust(board(requireHybridProofs=value))
    assert caught.value.path == "$.acceptedBoards[0].requireHybridProofs"


def test_a_misspelt_demand_is_no_missing_one() -> None:
    with pytest.raises(ConfigurationError) as caught:
        trust(board(requireHybridProof=True))
    assert "requireHybridProofs" in caught.value.fix


def test_an_issuer_with_a_web_address_cannot_meet_it() -> None:
    named = board(issuer="https://board.example.gov", requireHybridProofs=True)
    del named["did"]
    with pytest.raises(ConfigurationError, match="envelopes") as caught:
        trust(named)
    assert caught.value.path == "$.acceptedBoards[0].requireHybridProofs"
    allowed = trust({**named, "requireHybridProofs": False})
    assert not allowed.requires_hybrid_proofs("https://board.example.gov", at=AT)
