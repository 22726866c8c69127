"""How a register came to be in its present form, step by step."""
