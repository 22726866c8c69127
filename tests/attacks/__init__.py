"""Documents of attackers and of honest parties, made without medid's own code."""
