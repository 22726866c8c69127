"""How long medid takes beside others, measured in one run: ``make bench``."""
