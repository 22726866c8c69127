"""Engines behind the site policy port: Cedar, and any AuthZEN endpoint."""
