"""What the real applications keep of Open edX, as far as their admins show it."""

from django.conf import settings
from django.db import models


class Access(models.Model):
    """Scopes of an OAuth application: the inline formset of xPro's form, with the prefix `access`."""

    application = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL, on_delete=models.CASCADE, related_name="access"
    )
    scopes = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name_plural = "access"


class OpenEdxUserBase(models.Model):
    """A user's account in Open edX."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    edx_username = models.CharField(max_length=30)

    class Meta:
        abstract = True


if settings.FLAVOUR == "mitxonline":

    class OpenEdxUser(OpenEdxUserBase):
        """As MITx Online names it."""

        class Meta:
            verbose_name = "open edx user"

else:

    class CoursewareUser(OpenEdxUserBase):
        """As xPro names it."""

        class Meta:
            verbose_name = "courseware user"


class OpenEdxApiAuth(models.Model):
    """A user's tokens for Open edX's API."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    refresh_token = models.CharField(max_length=128)
    access_token = models.CharField(max_length=128, blank=True)

    class Meta:
        verbose_name = "open edx api auth"
