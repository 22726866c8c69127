"""Who may issue what, for which jurisdiction and profession, and since when.

>>> from medid.trust import TrustRegistry
>>> board = {
...     "did": "did:web:board.example.gov",
...     "jurisdictions": ["US-OH"],
...     "professions": ["208D00000X"],
... }
>>> trust = TrustRegistry.from_json({"acceptedBoards": [board]})
>>> trust.admit("did:web:board.example.gov")
"""

from medid.trust.authorities import Authority
from medid.trust.boards import LICENSE_TYPE, AcceptedBoard, names_profession
from medid.trust.chains import Chain, Obstacle, Paths, RecognitionLink, Why
from medid.trust.consents import ConsentSettings, Representative
from medid.trust.crossing import Alert, Authorisation, Compact, Member, Recognition
from medid.trust.registry import TrustRegistry
from medid.trust.settings import Settings, read_settings
from medid.trust.source import Standing, TrustSource, standing
from medid.trust.told import ToldChain, ToldLink, ToldMark

__all__ = [
    "LICENSE_TYPE",
    "AcceptedBoard",
    "Alert",
    "Authorisation",
    "Authority",
    "Chain",
    "Compact",
    "ConsentSettings",
    "Member",
    "Obstacle",
    "Paths",
    "Recognition",
    "RecognitionLink",
    "Representative",
    "Settings",
    "Standing",
    "ToldChain",
    "ToldLink",
    "ToldMark",
    "TrustRegistry",
    "TrustSource",
    "Why",
    "names_profession",
    "read_settings",
    "standing",
]
