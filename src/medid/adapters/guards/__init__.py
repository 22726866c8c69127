"""medid inside the web frameworks that people have: one guard, one file for each.

``guard`` decides; the other modules bring a framework's requests to it and carry its
answers back. Nothing is imported here, so that a framework that is not installed is
missed only by who asks for its guard.
"""
