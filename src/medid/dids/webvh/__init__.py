"""The mechanism of did:webvh 1.0: a history that proves itself, line by line.

Spec: https://identity.foundation/didwebvh/v1.0/
"""
