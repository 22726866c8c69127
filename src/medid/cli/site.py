"""What a site's own code would bring to a decision, from files: policy and passport."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.access.passport import Passport
from medid.cli import files
from medid.errors import ConfigurationError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.access.bundle import Bundle
    from medid.access.site_policy import SitePolicy

_CEDAR = "cedar"


def policy(name: str | None, schema: str | None) -> SitePolicy | None:
    """The policies in a Cedar file; ``None`` without one.

    Raises:
        ConfigurationError: A file cannot be read, or is no Cedar.
        MissingExtra: cedarpy is not installed.
    """
    if name is None:
        if schema is not None:
            message = "a schema is one of a policy"
            raise ConfigurationError(message, fix="give --policy and --policy-schema")
        return None
    from medid.adapters.policies.cedar import CedarPolicy

    text, stated = _text(name), None if schema is None else _text(schema)
    with files.argument("--policy"):
        return CedarPolicy(text, schema=stated)


def policy_of(bundle: Bundle) -> SitePolicy | None:
    """The policy in a bundle; ``None`` where it cannot be asked again here.

    Raises:
        MedidError: What the bundle has as its policy is none.
    """
    content = None if bundle.policy is None else bundle.policy.content
    if content is None or _CEDAR not in content:
        return None
    from medid.adapters.policies.cedar import CedarPolicy

    try:
        return CedarPolicy.of_content(content)
    except MissingExtra:
        return None


def passport(
    name: str | None, identities: Sequence[str], *, presenter: str
) -> Passport | None:
    """The GA4GH passport in a file; ``None`` without one.

    Args:
        name: A JWT, or what a UserInfo endpoint answered.
        identities: Each ``ISS SUB``.
        presenter: The DID of whom they are.

    Raises:
        ConfigurationError: It cannot be read, or an identity is not of that form.
    """
    if name is None:
        if identities:
            message = "identities are those of a passport"
            raise ConfigurationError(message, fix="give --passport and --identity")
        return None
    text = _text(name).strip()
    pairs = [_identity(one) for one in identities]
    stated = presenter if pairs else None
    with files.argument("--passport"):
        if text.startswith("{"):
            return Passport.from_userinfo(text, presenter=stated, identities=pairs)
        return Passport.from_token(text, presenter=stated, identities=pairs)


def _identity(text: str) -> tuple[str, str]:
    issuer, space, subject = text.partition(" ")
    if not (issuer and space and subject):
        message = "an identity is an issuer and its name for somebody"
        fix = 'write --identity "https://broker.example user-7"'
        raise ConfigurationError(message, path="--identity", fix=fix)
    return issuer, subject


def _text(name: str) -> str:
    content = files.read(name)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        message = "a file that is not text in UTF-8"
        raise ConfigurationError(message, fix="name a text file") from None
