"""Decentralized identifiers: what they look like, and the documents behind them.

>>> from medid.dids.syntax import DidUrl
>>> url = DidUrl.parse("did:web:board.example#key-1")
>>> url.did.method, url.fragment
('web', 'key-1')

Nothing here fetches. ``resolver.need()`` says what would have to be fetched, and
``resolver.resolve()`` reads it from the evidence that somebody else brought.
"""
