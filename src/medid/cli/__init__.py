"""The ``medid`` command.

Reads files and flags, calls the library, prints what it answers. Decides nothing.
"""
