"""A hash of passwords that takes no time, for tests."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FewIterations(PBKDF2PasswordHasher):
    """Django's own, with next to no iterations."""

    iterations = 10
