"""The readers that are fuzzed, room by room."""
