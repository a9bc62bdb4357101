"""The client of the search engine, for the job that makes its key: the sandbox has none."""


class Client:
    """A client whose engine has every key."""

    def __init__(self, *_arguments):
        pass

    def get_key(self, _uid):
        """Say nothing against it."""
