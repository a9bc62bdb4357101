"""A user's account in Open edX and tokens for its API, created with the real applications' calls."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import requests
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model
from oauthlib.common import generate_token

from mit_sandbox import env
from mit_sandbox.models import OpenEdxApiAuth, OpenEdxUser

TOKEN_LIFETIME = timedelta(hours=1000)
#: How much earlier than its expiry an access token is renewed.
MARGIN = timedelta(seconds=10)
TIMEOUT = 30


class OpenEdxError(Exception):
    """The call that failed, and the server's message."""

    def __init__(self, call, words):
        super().__init__(f"{call}: {words}")


def create_user(user, edx_username=None):
    """Create what is missing of `user`'s account in Open edX and tokens; `OpenEdxError` if a call fails."""
    _create_account(user, edx_username or user.username)
    _create_tokens(user)


def _create_account(user, edx_username):
    # Before the call, because Open edX requests the user info, which contains the name.
    account = OpenEdxUser.prepare(user, edx_username)
    if account.has_been_synced:
        return
    application = get_application_model().objects.get(name=env.values()["OPENEDX_OAUTH_APP_NAME"])
    token = get_access_token_model().objects.create(
        user=user, application=application, token=generate_token(), expires=timezone.now() + TOKEN_LIFETIME
    )
    data = {
        "username": account.name_in_open_edx,
        "email": user.email,
        "name": user.get_full_name() or user.username,
        "country": "US",
        "honor_code": True,
        "provider": env.values()["OPENEDX_OAUTH_PROVIDER"],
        "access_token": token.token,
    }
    _call("Registration", requests.post, _address("/user_api/v1/account/registration/"), data=data)
    account.has_been_synced = True
    account.save()


def _create_tokens(user):
    tokens, _ = OpenEdxApiAuth.objects.get_or_create(user=user)
    if tokens.access_token:
        return
    given = env.values()
    redirect_uri = env.base_url() + settings.REDIRECT_PATH
    client = {"client_id": given["OPENEDX_API_CLIENT_ID"], "redirect_uri": redirect_uri}
    with requests.Session() as browser:
        browser.cookies.set(settings.SESSION_COOKIE_NAME, _session_of(user), domain=urlsplit(redirect_uri).hostname)
        _call("Sign-in", browser.get, _address(given["OPENEDX_SOCIAL_LOGIN_PATH"]))
        asked = {**client, "scope": "read write", "response_type": "code"}
        landed = _call("Authorization", browser.get, _address("/oauth2/authorize"), params=asked).url
    if not landed.startswith(redirect_uri):
        where = urlsplit(landed)._replace(query="").geturl()
        raise OpenEdxError("Authorization", f"redirected to {where}, expected {redirect_uri}")
    code = parse_qs(urlsplit(landed).query).get("code")
    if not code:
        raise OpenEdxError("Authorization", "no code came back from Open edX")
    secret = given["OPENEDX_API_CLIENT_SECRET"]
    asked = {**client, "client_secret": secret, "code": code[0], "grant_type": "authorization_code"}
    answer = _call("Tokens", requests.post, _address("/oauth2/access_token"), data=asked).json()
    tokens.access_token, tokens.refresh_token = answer["access_token"], answer["refresh_token"]
    tokens.access_token_expires_on = timezone.now() + timedelta(seconds=answer["expires_in"]) - MARGIN
    tokens.save()


def _session_of(user):
    """The key of a new session of `user` in this application."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


def _address(path):
    return env.values()["OPENEDX_API_BASE_URL"].rstrip("/") + path


def _call(name, method, address, **arguments):
    """The response, if it is a 200."""
    try:
        answer = method(address, timeout=TIMEOUT, **arguments)
    except requests.RequestException as error:
        raise OpenEdxError(name, str(error)) from error
    if answer.status_code != 200:
        where = urlsplit(answer.url)._replace(query="").geturl()
        raise OpenEdxError(name, f"{where} answers {answer.status_code}: {answer.text[:500]}")
    return answer
