"""What the suites of selective disclosure share: selections, groups, labels, values.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#selective-disclosure-functions
"""
