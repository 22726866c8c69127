"""Small programs that hold the house in order; no part of the package."""
