"""Legal overlays: what a law asks for beyond the consent rules, each with a version.

An overlay is asked about permits only, and narrows them: it denies, or adds
obligations. It never claims that a permit is lawful; which overlays apply, and what no
program can see, is for the organisation that uses them.
"""
