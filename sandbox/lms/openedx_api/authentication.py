"""Bearer tokens as Open edX checks them: existence, expiry, a user who is not disabled. The user may be inactive."""

from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; 401 with `error_code` and `developer_message`."""

    def authenticate(self, request):
        """User and token, or None without such a header."""
        scheme, *rest = get_authorization_header(request).split() or [b""]
        if scheme.lower() != b"bearer":
            return None
        if not rest:
            raise _refused("token_not_provided", "Invalid token header. No credentials provided.")
        if len(rest) > 1:
            raise _refused("token_malformed", "Invalid token header. Token string should not contain spaces.")
        return self._check(rest[0].decode("utf-8", "replace"))

    def authenticate_header(self, request):
        """Turns the response into a 401."""
        return 'Bearer realm="api"'

    @staticmethod
    def _check(text):
        token = get_access_token_model().objects.select_related("user").filter(token=text).first()
        if token is None:
            raise _refused("token_nonexistent", "The provided access token does not match any valid tokens.")
        if token.expires < timezone.now():
            raise _refused("token_expired", "The provided access token has expired and is no longer valid.")
        user = token.user
        owns_application = get_application_model().objects.filter(user_id=user.id).exists()
        if not user.has_usable_password() and not owns_application:
            raise _refused("user_is_disabled", f"User disabled by admin: {user.get_username()}")
        return user, token


def _refused(error_code, developer_message):
    return AuthenticationFailed({"error_code": error_code, "developer_message": developer_message})
