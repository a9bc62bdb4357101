"""The search index: the sandbox has none."""


def create_indexes():
    """Make none."""
    print("not part of the sandbox: search indexes")
