"""Data Integrity."""
