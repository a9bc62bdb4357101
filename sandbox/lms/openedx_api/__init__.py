"""A few API views behind a bearer token, enough to see whether a token works."""
