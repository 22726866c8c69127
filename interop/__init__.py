"""Credentials exchanged with implementations that others wrote, in both directions."""
