"""Which kind of JWT is it? The ``typ`` decides, once, before anything in it is read.

Spec: https://www.rfc-editor.org/rfc/rfc8725#section-3.11
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.errors import located
from medid.securing.jose import jwt_vc_1_1, vc_jwt
from medid.securing.jose.jws import parse_compact

if TYPE_CHECKING:
    from medid.securing.jose.vc_jwt import VcJwt


def read_document(token: str | bytes, *, path: str = "$") -> VcJwt:
    """The credential or presentation of a JWT, of version 2.0 or 1.1.

    Raises:
        MedidError: As ``vc_jwt.read``, or for version 1.1 ``jwt_vc_1_1.read``, does.
    """
    with located(path):
        jws = parse_compact(token)
        if jwt_vc_1_1.is_named(jws.typ):
            return jwt_vc_1_1.from_jws(jws)
        return vc_jwt.from_jws(jws)
