"""Plain tools: strict JSON and JCS, encodings, instants, the ports, evidence.

Knows nothing of keys, credentials or decisions. The clock, randomness and the
network enter medid only through this room's ports.
"""
