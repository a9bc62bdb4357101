"""By this module Tutor's jobs ask whether a package is there, and give up if not."""


def require(_name):
    """Every package is."""
