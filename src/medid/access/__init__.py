"""May this person, for this purpose, see this patient's data now?

``AccessVerifier`` is the one public call; ``judge`` is its pure part, which repeats a
decision from sealed evidence. Licenses and consents are evaluated by the same rules
wherever they come from: a presentation, or a scenario file.
"""
