"""JSON-LD."""
