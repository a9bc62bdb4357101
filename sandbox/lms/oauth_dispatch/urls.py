"""OAuth endpoints at Open edX's paths, with or without a trailing slash."""

from django.urls import re_path
from oauth2_provider.views import AuthorizationView, RevokeTokenView, TokenView

app_name = "oauth2_provider"
urlpatterns = [
    re_path(r"^authorize/?$", AuthorizationView.as_view(), name="authorize"),
    re_path(r"^access_token/?$", TokenView.as_view(), name="access_token"),
    re_path(r"^token/?$", TokenView.as_view(), name="token"),
    re_path(r"^revoke_token/?$", RevokeTokenView.as_view(), name="revoke-token"),
]
