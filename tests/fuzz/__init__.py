"""Fuzzing: what a stranger may send, changed until a reader breaks."""
