"""Files of other registers, read row by row."""
