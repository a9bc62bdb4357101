"""What the real applications store about Open edX, reduced to what their admins show."""

from django.conf import settings
from django.db import models


class Access(models.Model):
    """The scopes of an OAuth application: the inline formset of xPro's form, with the prefix `access`."""

    application = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL, on_delete=models.CASCADE, related_name="access"
    )
    scopes = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name_plural = "access"


class OpenEdxUserBase(models.Model):
    """A user's account in Open edX."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="openedx_users")
    platform = models.CharField(max_length=20, default="edx")
    has_been_synced = models.BooleanField(default=False, help_text="Whether the account has been made in Open edX.")

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.user} in {self.platform}"


if settings.FLAVOR == "mitxonline":

    class OpenEdxUser(OpenEdxUserBase):
        """MITx Online's name for it. The user chooses the username in Open edX."""

        edx_username = models.CharField(max_length=30, null=True, unique=True)

        class Meta:
            verbose_name = "open edx user"

        @property
        def name_in_open_edx(self):
            """The username in Open edX."""
            return self.edx_username

        @classmethod
        def prepare(cls, user, edx_username):
            """The user's row, with a username in Open edX."""
            row, _ = cls.objects.get_or_create(user=user)
            if not row.edx_username:
                row.edx_username = edx_username
                row.save()
            return row

else:

    class CoursewareUser(OpenEdxUserBase):
        """xPro's name for it. The username in Open edX is the same as in xPro."""

        class Meta:
            verbose_name = "courseware user"

        @property
        def name_in_open_edx(self):
            """The username in Open edX."""
            return self.user.username

        @classmethod
        def prepare(cls, user, _edx_username):
            """The user's row; a new one is saved only once its account exists."""
            return cls.objects.filter(user=user).first() or cls(user=user)

    OpenEdxUser = CoursewareUser


def edx_username(user):
    """The name that Open edX gets for `user`, or None if MITx Online has none."""
    if settings.FLAVOR == "xpro":
        return user.get_username() or None
    row = OpenEdxUser.objects.filter(user_id=user.pk).first()
    return row.edx_username if row else None


class OpenEdxApiAuth(models.Model):
    """A user's tokens for Open edX's API."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    refresh_token = models.CharField(max_length=128)
    access_token = models.CharField(max_length=128, blank=True)
    access_token_expires_on = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "open edx api auth"

    def __str__(self):
        return f"Tokens of {self.user}"
