"""The steps, each up and down."""
