"""One module for each class of attack; each yields cases from ``cases()``."""
