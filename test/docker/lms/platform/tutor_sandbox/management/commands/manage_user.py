"""The platform's command by which Tutor makes users."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.crypto import get_random_string

from student.models import UserProfile


class Command(BaseCommand):
    """Makes a user with a profile, or changes its rights."""

    def add_arguments(self, parser):
        """Those that Tutor uses."""
        parser.add_argument("username")
        parser.add_argument("email")
        parser.add_argument("--staff", dest="is_staff", action="store_true")
        parser.add_argument("--superuser", dest="is_superuser", action="store_true")
        parser.add_argument("--unusable-password", action="store_true")

    @transaction.atomic
    def handle(self, username, email, is_staff, is_superuser, unusable_password, **_options):
        """A flag that is left out takes the right away; the email address must stay the same."""
        user, created = get_user_model().objects.get_or_create(username=username, defaults={"email": email})
        if user.email.lower() != email.lower():
            raise CommandError(
                f'Skipping user "{username}" because the specified and existing email addresses do not match.'
            )
        if unusable_password:
            user.set_unusable_password()
        elif created:
            user.set_password(get_random_string(25))
        user.is_staff, user.is_superuser = is_staff, is_superuser
        user.save()
        UserProfile.objects.get_or_create(user=user)
        self.stdout.write(f'{"Created new" if created else "Found existing"} user: "{username}"')
