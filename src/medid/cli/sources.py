"""Where the documents of a verification come from: files, a pack, the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medid.cli import files
from medid.cli.fetching import fetcher, with_history

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence
    from medid.core.fetch import Fetch
    from medid.core.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the options say about it, as they are typed.

    Attributes:
        document: Each ``URL=FILE``.
        evidence: A file of sealed evidence.
        pack: A file that holds all there is: with it, nothing is fetched.
        pack_signer: Whose packs count.
        fetch_with: The file of the fetch settings.
        offline: Nothing is fetched.
        archive: The file that keeps what is fetched.
        cached: Whether there is a cache, as ``fetching.fetcher`` takes it.
    """

    document: Sequence[str] = ()
    evidence: str | None = None
    pack: str | None = None
    pack_signer: str | None = None
    fetch_with: str | None = None
    archive: str | None = None
    offline: bool = False
    cached: bool | None = None

    def known(self, at: Instant) -> Evidence:
        """What is at hand; the files count as obtained ``at``.

        Raises:
            ConfigurationError: A file cannot be read, or is not of its form.
            MedidError: The pack does not count.
        """
        known = files.evidence(self.document, at, sealed=self.evidence)
        if self.pack is None and self.pack_signer is None:
            return known
        # Asked for here: most calls have no pack, and reading one takes much to load.
        from medid.cli.packs import with_pack

        return with_pack(known, self.pack, self.pack_signer, at=at)

    def fetch(self) -> Fetch:
        """Where the rest comes from, of the present and of other times.

        Raises:
            MedidError: As ``now`` says, or the archive cannot be used.
        """
        return self.with_history(self.now())

    def now(self) -> Fetch:
        """Where the rest comes from, as it is published now.

        Raises:
            MedidError: As ``fetching.fetcher`` says.
        """
        return fetcher(
            offline=self._offline, chosen=self.fetch_with, cached=self.cached
        )

    def with_history(self, fetch: Fetch) -> Fetch:
        """``fetch`` with the archive, as ``fetching.with_history`` says.

        Raises:
            ConfigurationError: The archive cannot be used.
        """
        return with_history(fetch, offline=self._offline, archive=self.archive)

    @property
    def _offline(self) -> bool:
        return self.offline or self.pack is not None
