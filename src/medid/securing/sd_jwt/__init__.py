"""SD-JWT: credentials whose holder chooses which claims to show.

``parse`` applies every structural rule before it gives out a claim; what it returns
has no verified signature yet. ``medid.securing.jose.verify`` checks the issuer's,
``verify_key_binding`` the holder's.
"""

from medid.securing.sd_jwt.disclosure import Disclosure
from medid.securing.sd_jwt.issuing import issue
from medid.securing.sd_jwt.key_binding import verify_key_binding
from medid.securing.sd_jwt.presenting import present
from medid.securing.sd_jwt.reading import SdJwt, parse
from medid.securing.sd_jwt.vc_document import VC_SD_JWT, VP_SD_JWT

__all__ = [
    "VC_SD_JWT",
    "VP_SD_JWT",
    "Disclosure",
    "SdJwt",
    "issue",
    "parse",
    "present",
    "verify_key_binding",
]
