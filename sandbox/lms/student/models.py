"""
Models in addition to Django's user.

The related names give the admin its inline prefixes `profile-*` and `account_recovery-*`.
"""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class UserProfile(models.Model):
    """A person's details. Open edX can't sign in a user without one (it responds with 500)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, related_name="profile", on_delete=models.CASCADE)
    name = models.CharField(blank=True, max_length=255, db_index=True)
    meta = models.TextField(blank=True)
    courseware = models.CharField(blank=True, max_length=255, default="course.xml")
    language = models.CharField(blank=True, max_length=255)
    location = models.CharField(blank=True, max_length=255)
    year_of_birth = models.IntegerField(blank=True, null=True)
    gender = models.CharField(
        blank=True, null=True, max_length=6, choices=(("m", "Male"), ("f", "Female"), ("o", "Other/Prefer Not to Say"))
    )
    country = models.CharField(blank=True, null=True, max_length=2)
    goals = models.TextField(blank=True, null=True)
    bio = models.CharField(blank=True, null=True, max_length=3000)
    allow_certificate = models.BooleanField(default=True)

    def __str__(self):
        return f"Profile of {self.user}"


class AccountRecovery(models.Model):
    """A second email address to recover an account with."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, related_name="account_recovery", on_delete=models.CASCADE)
    secondary_email = models.EmailField("Secondary email address", unique=True)
    is_active = models.BooleanField(default=False)

    def __str__(self):
        return f"Account recovery of {self.user}"


class LoginFailures(models.Model):
    """A user's failed passwords, and until when they lock the account."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    failure_count = models.IntegerField(default=0)
    lockout_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "login failures"

    def __str__(self):
        return f"{self.user}: {self.failure_count}"

    @classmethod
    def is_locked_out(cls, user):
        """Whether `user` may not sign in now, whatever the password is."""
        return cls.objects.filter(user=user, lockout_until__gt=timezone.now()).exists()

    @classmethod
    def count_failure(cls, user):
        """Count one more failure, and lock the account at the limit; return the count."""
        record, _ = cls.objects.get_or_create(user=user)
        record.failure_count += 1
        if record.failure_count >= settings.MAX_FAILED_LOGIN_ATTEMPTS_ALLOWED:
            period = timedelta(seconds=settings.MAX_FAILED_LOGIN_ATTEMPTS_LOCKOUT_PERIOD_SECS)
            record.lockout_until = timezone.now() + period
        record.save()
        return record.failure_count

    @classmethod
    def clear(cls, user):
        """Reset the failures after a successful sign-in."""
        cls.objects.filter(user=user).delete()
