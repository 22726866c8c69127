"""How documents are secured: Data Integrity proofs, JWTs and SD-JWTs."""
