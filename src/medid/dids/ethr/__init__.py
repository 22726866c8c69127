"""What stands behind did:ethr: addresses, the registry's events, and its calls.

A registry contract (ERC-1056) logs each change of an identity, and each log names the
block of the change before it. An adapter that speaks to a node collects the logs; here
they are checked, decoded and turned into a DID document. Nothing here speaks to a node,
and nothing holds a key that could send a transaction.

Spec: https://eips.ethereum.org/EIPS/eip-1056
"""
