"""Documents and contexts made at random: many of them, and again from their seeds.

What is made is judged by oracles, so nothing here needs to be right; it needs to reach
far. A test that counts what was accepted says how far.
"""
