"""``medid demo``"""


def demo() -> None:
    """Demo."""
