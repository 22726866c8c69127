"""Every attack and every valid document, built from fixed seeds, in fixed order."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING

from tests.attacks.groups import (
    authority,
    contexts,
    cose,
    data_model,
    did_documents,
    did_syntax,
    edges_model,
    edges_proof,
    edges_status,
    edges_token,
    hybrid,
    json_ld,
    json_text,
    jwt,
    jwt_1_1,
    key_encodings,
    older_suite,
    presentations,
    proof_shape,
    same_graph,
    same_proof,
    sd_documents,
    sd_jwt,
    status,
    tampering,
    time,
    token_algorithms,
    token_status,
    valid,
    valid_content,
    valid_cose,
    valid_more,
    valid_tokens,
    web_issuers,
)

if TYPE_CHECKING:
    from tests.attacks.case import Case

_GROUPS = (
    json_text,
    tampering,
    proof_shape,
    key_encodings,
    authority,
    contexts,
    json_ld,
    same_graph,
    same_proof,
    time,
    data_model,
    older_suite,
    presentations,
    jwt,
    token_algorithms,
    hybrid,
    jwt_1_1,
    sd_jwt,
    sd_documents,
    web_issuers,
    cose,
    status,
    token_status,
    did_documents,
    did_syntax,
    valid,
    valid_content,
    valid_more,
    valid_tokens,
    valid_cose,
    edges_model,
    edges_proof,
    edges_token,
    edges_status,
)


@functools.cache
def cases() -> tuple[Case, ...]:
    """Every case, each with an identifier of its own."""
    made = tuple(case for group in _GROUPS for case in group.cases())
    counted = Counter(case.id for case in made)
    twice = [name for name, times in counted.items() if times > 1]
    if twice:
        message = f"case identifiers used twice: {sorted(twice)}"
        raise ValueError(message)
    return made
