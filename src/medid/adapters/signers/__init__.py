"""Signers whose keys stay where they are: in a token, in a cloud, behind another host.

Each is a ``medid.keys.Signer``. What they have in common stands in ``store``; by which
name a command or a server is told to use one stands in ``naming``. Nothing is imported
here, so that no door opens by accident.
"""
