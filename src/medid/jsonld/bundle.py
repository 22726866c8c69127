"""The public JSON-LD contexts that travel with medid, each pinned to its bytes.

Knows files and digests only. Where each file comes from stands beside it, in
``contexts/PROVENANCE.md``.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#base-context,
https://www.w3.org/TR/vc-data-integrity/#contexts-and-vocabularies
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# URL -> (file, SHA-256 of its bytes, hexadecimal)
_FILES: Final[dict[str, tuple[str, str]]] = {
    "https://w3id.org/citizenship/v1": (
        "citizenship-v1.jsonld",
        "4caf8d4d3a6a175f5e5ba6b91dc1fdd88a050630930a6478d8e4cb765c565f40",
    ),
    "https://w3id.org/citizenship/v2": (
        "citizenship-v2.jsonld",
        "2241bdc574b37395311997b93bee26c8ab2672e5da62de5f2c1d564a00eae959",
    ),
    "https://w3id.org/citizenship/v3": (
        "citizenship-v3.jsonld",
        "5a4855907ef40afdb50a51af131d7a883c62e891478ebbb81f5ecb9a5a9b99d7",
    ),
    "https://w3id.org/citizenship/v4rc1": (
        "citizenship-v4rc1.jsonld",
        "a89b0bc00b1848ac3dfdf956c7dd5de8567e755351c07ec6a1c2b4a08b67953b",
    ),
    "https://w3id.org/security/data-integrity/v1": (
        "data-integrity-v1.jsonld",
        "b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554",
    ),
    "https://w3id.org/security/data-integrity/v2": (
        "data-integrity-v2.jsonld",
        "0f77743daf5b4e8fc067fc5ba5b21044283053aa717fc6b0219843bed3b00363",
    ),
    "https://w3id.org/security/multikey/v1": (
        "multikey-v1.jsonld",
        "c5f3806f8286920573221938917988a18a4cc5a09e968d29649613c7a1c2b1f6",
    ),
    "https://w3id.org/security/suites/ed25519-2018/v1": (
        "ed25519-2018-v1.jsonld",
        "166c6abb9e08176cee5f6c87c9c1bbfefa5717da391bcac525e5437f93eab809",
    ),
    "https://w3id.org/security/suites/ed25519-2020/v1": (
        "ed25519-2020-v1.jsonld",
        "b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588",
    ),
    "https://w3id.org/security/suites/jws-2020/v1": (
        "jws-2020-v1.jsonld",
        "00ee65bb7307f9a01c3170b823083b0d4de68223520834b2c5eb7a09bae5dea6",
    ),
    "https://w3id.org/security/v1": (
        "security-v1.jsonld",
        "e2d146cd556f6fa5f14996c6f1749667d5a14073fa30f0643990068e2c0b1bac",
    ),
    "https://w3id.org/security/v2": (
        "security-v2.jsonld",
        "4cb186bc29c08af6e40c58178c22dd84d542f2871a063afed6e648b47abc3cf6",
    ),
    "https://w3id.org/vc/status-list/2021/v1": (
        "vc-status-list-2021-v1.jsonld",
        "634d71c159289f068c96012e4511c657fdf82ac4231900081bda3ba24e2e1160",
    ),
    "https://w3id.org/vdl/aamva/v1": (
        "vdl-aamva-v1.jsonld",
        "8394e1f448f15c12b173b264a6f6006f85b343a81548f8e5f1a532bc258894e6",
    ),
    "https://w3id.org/vdl/v1": (
        "vdl-v1.jsonld",
        "5e61aa138bc6a1bf92299edd01408df52f20c24057b9dbea72ccaeef5b792010",
    ),
    "https://www.w3.org/2018/credentials/examples/v1": (
        "credentials-examples-v1.jsonld",
        "73bebae22e70ebb4466ac2e1f3e3b35c43436217623b51ff3e1b567e1aff4ba2",
    ),
    "https://www.w3.org/2018/credentials/v1": (
        "credentials-v1.jsonld",
        "00d7dd6d3ad8b920e3e550dd3a3d9090bffcac84cdbf943da6924b3e0a5c8bb8",
    ),
    "https://www.w3.org/ns/credentials/examples/v2": (
        "credentials-examples-v2.jsonld",
        "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
    ),
    "https://www.w3.org/ns/credentials/status/v1": (
        "credentials-status-v1.jsonld",
        "fd08cbf28ddd829ab2f1978c48f43ab07a112c1c90245a0cfac7ba721c65170c",
    ),
    "https://www.w3.org/ns/credentials/undefined-terms/v2": (
        "credentials-undefined-terms-v2.jsonld",
        "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
    ),
    "https://www.w3.org/ns/credentials/v2": (
        "credentials-v2.jsonld",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    "https://www.w3.org/ns/did/v1": (
        "did-v1.jsonld",
        "62c1054bf404d6dd3a4b26b64f830fd72095f6a26edc4469908c94351352ce5f",
    ),
    "https://www.w3.org/ns/odrl.jsonld": (
        "odrl.jsonld",
        "a83cb98005bce546531131d4042318d8267aff71b1451f53cc926587fcef42c6",
    ),
}

# Contexts whose bundled bytes differ in white space from the published ones: what the
# issuer's digest is of, as the Recommendations list it (SHA-256).
PUBLISHED: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        "https://w3id.org/security/data-integrity/v2": bytes.fromhex(
            "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4"
        ),
        "https://w3id.org/security/multikey/v1": bytes.fromhex(
            "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597"
        ),
        "https://www.w3.org/2018/credentials/v1": bytes.fromhex(
            "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc"
        ),
    }
)

BUNDLED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(_FILES)


@lru_cache(maxsize=64)
def content(url: str) -> bytes:
    """The bytes of the bundled context ``url``, which must be a key of ``BUNDLED``.

    Raises:
        ConfigurationError: The installed file is not the one that was pinned.
    """
    name, digest = BUNDLED[url]
    data = files("medid.jsonld").joinpath("contexts", name).read_bytes()
    return pinned(data, digest)


def pinned(data: bytes, digest: str) -> bytes:
    """``data``, if its SHA-256 is ``digest`` (hexadecimal).

    Raises:
        ConfigurationError: The digest differs.
    """
    if hashlib.sha256(data).hexdigest() != digest:
        message = "the bytes of a context differ from the digest pinned for them"
        raise ConfigurationError(message, fix="reinstall medid, or correct the digest")
    return data
