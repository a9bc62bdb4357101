"""A fast password hash, for tests."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FewIterations(PBKDF2PasswordHasher):
    """Django's own, with almost no iterations."""

    iterations = 10
