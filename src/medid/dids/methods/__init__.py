"""One DID method a file; none knows another, and none fetches."""
