"""OpenID Federation 1.0: trust that superiors pass down by signed statements.

``statements`` reads what one entity says about another, ``policies`` and
``constraints`` what superiors demand, ``chains`` holds them all against each other,
``marks`` reads trust marks and ``collecting`` finds chains. Nothing here
has a clock or a network, and nothing says what an entity may issue: the trust registry
does.

Spec: https://openid.net/specs/openid-federation-1_0.html
"""
