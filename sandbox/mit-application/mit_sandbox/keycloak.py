"""
Stands in for the Keycloak that signs users in behind APISIX: the sign-in page of a realm without registration, and
the admin API's requests that create, find and delete users. Its users are in `keycloak.json` in the state directory.
"""

import json
import uuid
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.auth.hashers import check_password, make_password
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from mit_sandbox import env

#: The realm of MITx Online's checkout; the administrator is in the realm `master`.
REALM = "ol-local"
SIGN_IN = f"/realms/{REALM}/protocol/openid-connect/auth"
SIGNED_IN = f"/realms/{REALM}/login-actions/authenticate"
USERS = f"/admin/realms/{REALM}/users"
FILE = settings.STATE_DIR / "keycloak.json"
BACKEND = "django.contrib.auth.backends.ModelBackend"

tokens = set()


def sign_in(request):
    """The sign-in page."""
    if not request.is_behind_apisix:
        raise Http404
    return render(request, "mit_sandbox/keycloak.html", {"action": f"{SIGNED_IN}?{urlencode({'tab_id': uuid.uuid4().hex})}"})


@csrf_exempt
def authenticate(request):
    """
    Sign in a user by name or email address.

    APISIX then passes the user to the application, which stores them. APISIX's route always leads to `/dashboard`
    after a sign-in, whatever page asked for it.
    """
    if not request.is_behind_apisix:
        raise Http404
    user = _user_of(request.POST.get("username", ""), request.POST.get("password", ""))
    if user is None:
        context = {"action": request.get_full_path(), "error": "Invalid username or password."}
        return render(request, "mit_sandbox/keycloak.html", context)
    login(request, user, backend=BACKEND)
    return HttpResponseRedirect("/dashboard")


def _user_of(name, password):
    """The application's user for one of Keycloak's, or one of its own: the sandbox's accounts exist in both."""
    users = get_user_model().objects
    for known in _read().values():
        if name.lower() in (known["username"], known["email"]) and check_password(password, known["password"]):
            email = known["email"]
            names = {"first_name": known["firstName"], "last_name": known["lastName"]}
            return users.get_or_create(email=email, defaults={"username": email[:150], **names})[0]
    own = users.filter(email=name).first() or users.filter(username=name).first()
    return own if own and own.check_password(password) else None


@csrf_exempt
def token(request):
    """A token for the admin API, for the administrator in the checkout's Compose file."""
    given = env.values()
    expected = (given.get("KEYCLOAK_SVC_ADMIN", "admin"), given.get("KEYCLOAK_SVC_ADMIN_PASSWORD", "admin"))
    if (request.POST.get("username"), request.POST.get("password")) != expected:
        error = {"error": "invalid_grant", "error_description": "Invalid user credentials"}
        return JsonResponse(error, status=401)
    tokens.add(made := uuid.uuid4().hex)
    return JsonResponse({"access_token": made, "expires_in": 60, "token_type": "Bearer"})


@csrf_exempt
def users(request, user_id=None):
    """GET finds users by `search`, POST creates one, DELETE deletes one."""
    if request.headers.get("Authorization", "").removeprefix("Bearer ") not in tokens:
        return JsonResponse({"error": "HTTP 401 Unauthorized"}, status=401)
    known = _read()
    if request.method == "GET":
        search = request.GET.get("search", "")
        shown = [{"id": key, **_without_password(user)} for key, user in known.items() if search in user["email"]]
        return JsonResponse(shown, safe=False)
    if request.method == "POST":
        return _make(json.loads(request.body), known)
    if known.pop(user_id, None) is None:
        return JsonResponse({"error": "User not found"}, status=404)
    _write(known)
    return HttpResponse(status=204)


def _make(fields, known):
    email = fields["email"].lower()
    if any(user["email"] == email for user in known.values()):
        return JsonResponse({"errorMessage": "User exists with same email"}, status=409)
    password = next(one["value"] for one in fields["credentials"] if one["type"] == "password")
    names = {name: fields.get(name, "") for name in ("firstName", "lastName")}
    # In this realm, the email address is the username.
    user = {"username": email, "email": email, **names, "password": make_password(password)}
    user_id = str(uuid.uuid4())
    _write({**known, user_id: user})
    return HttpResponse(status=201, headers={"Location": f"{USERS}/{user_id}"})


def _without_password(user):
    return {name: value for name, value in user.items() if name != "password"}


def _read():
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def _write(known):
    FILE.write_text(json.dumps(known))
    FILE.chmod(0o600)
