"""The application's own endpoints, and its pages for people."""

import json
from importlib.metadata import version
from urllib.parse import urlencode, urlsplit

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model, login, logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LogoutView
from django.http import Http404, HttpResponse, HttpResponseForbidden, HttpResponseServerError, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from django.views.generic import FormView
from oauth2_provider.models import get_application_model

from mit_sandbox import env
from mit_sandbox.models import Access, edx_username
from mit_sandbox.openedx import OpenEdxError, create_user
from mit_sandbox.seed import ACCOUNTS

LIBRARIES = ("Django", "django-oauth-toolkit")


def header(_request):
    """The heading of each page."""
    return {"server": {"kind": "mit", "name": f"{settings.TITLE} (sandbox)"}}


@require_GET
def home(request):
    """What this server is, what it contains, and where to look."""
    models = [get_application_model(), *apps.get_containing_app_config(__name__).get_models()]
    context = {
        "title": settings.TITLE,
        "libraries": [(name, version(name)) for name in LIBRARIES],
        "accounts": ACCOUNTS if settings.HAS_ACCOUNTS else (),
        "applications": get_application_model().objects.filter(name=env.values()["OPENEDX_OAUTH_APP_NAME"]),
        "admin_pages": [
            (model._meta.verbose_name_plural, f"{model._meta.app_label}/{model._meta.model_name}", model.objects.count())
            for model in models
            if model is not Access
        ],
        "sign_out": _sign_out_path(request),
        "env_file": env.path(),
        "env_names": sorted(env.given()),
    }
    return render(request, "mit_sandbox/home.html", context)


def _sign_out_path(request):
    """After the sign-out: MITx Online's own page only redirects to Keycloak's, which its own port doesn't have."""
    if settings.FLAVOR == "xpro":
        return reverse("logout")
    return "/logout/oidc" if request.is_behind_apisix else reverse("admin:logout")


def dashboard(request):
    """MITx Online's dashboard, which first asks a user without a username for Open edX for one."""
    if request.user.is_authenticated and not edx_username(request.user):
        return redirect(f"{reverse('create-profile')}?{urlencode({'next': '/dashboard'})}")
    return home(request)


@require_GET
def openid_configuration(request):
    """
    The discovery document. MITx Online's has the endpoints' addresses for containers, except for the page for
    browsers; xPro's has no user info endpoint.
    """
    given = env.values()
    public = given.get("MITX_ONLINE_BASE_URL") or request.build_absolute_uri("/").rstrip("/")
    internal = given.get("MITXONLINE_DOCKER_BASE_URL") or public
    document = {
        "issuer": f"{public}/oauth2",
        "authorization_endpoint": public + reverse("oauth2_provider:authorize"),
        "token_endpoint": internal + reverse("oauth2_provider:token"),
        "jwks_uri": internal + reverse("oauth2_provider:jwks-info"),
        "scopes_supported": list(settings.OAUTH2_PROVIDER["SCOPES"]),
        "response_types_supported": ["code"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }
    if settings.FLAVOR == "mitxonline":
        document["userinfo_endpoint"] = f"{internal}/api/v0/userinfo/"
    return JsonResponse(document)


@require_GET
def me(request):
    """The current user. Without a valid token, still a 200. For a browser, a page, like Django REST framework's."""
    answer = JsonResponse(_about(request.user))
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        return HttpResponse(format_html("<pre>{}</pre>", answer.content.decode()))
    return answer


@require_GET
def userinfo(request):
    """The current user; 409 for a user without a name for Open edX, and for nobody."""
    if request.user.is_anonymous or not edx_username(request.user):
        return JsonResponse({"error": "User has no edx_username."}, status=409)
    return JsonResponse(_about(request.user))


def _about(user):
    return {
        "id": user.id,
        "username": edx_username(user),
        "email": getattr(user, "email", None),
        "name": user.get_full_name() if user.is_authenticated else "",
        "is_anonymous": user.is_anonymous,
        "is_authenticated": user.is_authenticated,
    }


class CreateAccountForm(forms.Form):
    """The fields for a new user."""

    username = forms.SlugField(max_length=30)
    name = forms.CharField(label="Full name", max_length=150)
    email = forms.EmailField()
    password = forms.CharField(widget=forms.PasswordInput)

    def clean(self):
        """No two users have the same username or email address."""
        for field in ("username", "email"):
            if get_user_model().objects.filter(**{f"{field}__iexact": self.cleaned_data.get(field)}).exists():
                self.add_error(field, "A user has this already.")


class CreateProfileForm(forms.Form):
    """What MITx Online asks a signed-in user who has no username for Open edX."""

    username = forms.SlugField(max_length=30, help_text="Your public username in courses.")
    name = forms.CharField(label="Full name", max_length=150)


class OpenEdxFormView(FormView):
    """
    A form that creates an account in Open edX, then redirects to `next`; 424 with the server's message if that fails.
    """

    template_name = "mit_sandbox/form.html"

    def get_context_data(self, **kwargs):
        """With the address to redirect to."""
        return {"next": self._next(), "title": self.title, "text": self.text, **super().get_context_data(**kwargs)}

    def form_valid(self, form):
        """Create the account."""
        try:
            create_user(self.user_of(form), form.cleaned_data["username"])
        except OpenEdxError as error:
            context = self.get_context_data(form=form, open_edx_error=str(error))
            return self.render_to_response(context, status=424)
        return redirect(self._next())

    def _next(self):
        target = self.request.POST.get("next") or self.request.GET.get("next") or "/"
        is_own = url_has_allowed_host_and_scheme(target, {self.request.get_host(), urlsplit(env.base_url()).netloc})
        return target if is_own else "/"


class CreateAccountView(OpenEdxFormView):
    """
    Sign-up on one page: the user, the session, and the account in Open edX.

    xPro uses several pages and email. Behind APISIX, Keycloak handles MITx Online's first part; at its own port there
    is no page for it, only `openedx.api.create_user`.
    """

    form_class = CreateAccountForm
    title = "Create an account"
    text = "One page here for what takes several, and an email, in the real application."

    def user_of(self, form):
        """The new user, signed in; an existing one after a failure in Open edX."""
        fields = form.cleaned_data
        user = get_user_model().objects.create_user(
            fields["username"], fields["email"], fields["password"], first_name=fields["name"]
        )
        login(self.request, user, backend="django.contrib.auth.backends.ModelBackend")
        return user


class CreateProfileView(LoginRequiredMixin, OpenEdxFormView):
    """The page that MITx Online shows after a user's first sign-in."""

    form_class = CreateProfileForm
    title = "Complete your profile"
    text = "MITx Online asks for this after the first sign-in. Open edX does not know you until then."

    def user_of(self, form):
        """The signed-in user."""
        self.request.user.first_name = form.cleaned_data["name"]
        self.request.user.save()
        return self.request.user


@require_POST
def profile_details(request):
    """
    What MITx Online's profile completion page sends: it gives the signed-in user a name for Open edX, and creates
    their account there. 500 with the server's message if that fails.
    """
    if request.user.is_anonymous:
        return JsonResponse({"detail": "Authentication credentials were not provided."}, status=403)
    fields = json.loads(request.body)
    missing = [name for name in ("name", "username", "legal_address", "user_profile") if name not in fields]
    if missing:
        return JsonResponse({name: ["This field is required."] for name in missing}, status=400)
    request.user.first_name = fields["name"]
    request.user.save()
    try:
        create_user(request.user, fields["username"])
    except OpenEdxError as error:
        return HttpResponseServerError(format_html("<h1>Server Error (500)</h1>\n<p>{}</p>", error))
    return JsonResponse({})


def gateway_login(request):
    """
    MITx Online's own sign-in page only redirects, because APISIX handles it with Keycloak. At the application's own
    port, a browser without a session is redirected in a loop.
    """
    target = request.GET.get("next", "/dashboard")
    if not url_has_allowed_host_and_scheme(target, {request.get_host(), urlsplit(env.base_url()).netloc}):
        target = "/dashboard"
    if request.user.is_authenticated and not edx_username(request.user):
        return redirect(f"{reverse('create-profile')}?{urlencode({'next': target})}")
    return redirect(target)


def gateway_logout(request):
    """
    MITx Online: first the LMS's sign-out, which redirects back here; from its page (`no_redirect=1`), Keycloak's.
    """
    base_url = env.base_url()
    if request.GET.get("no_redirect", "").startswith("1"):
        return redirect(f"{base_url}/logout/oidc" if request.user.is_authenticated else base_url)
    return redirect(f"{env.values()['LOGOUT_REDIRECT_URL']}?{urlencode({'redirect_url': base_url})}")


def keycloak_logout(request):
    """APISIX ends the session in Keycloak and here; the application itself has no such page."""
    if not request.is_behind_apisix:
        raise Http404
    logout(request)
    return redirect("/")


class XproLogoutView(LogoutView):
    """xPro: by POST, then to the LMS's sign-out, which redirects back."""

    def get_success_url(self):
        """The LMS's sign-out."""
        return f"{env.values()['LOGOUT_REDIRECT_URL']}?{urlencode({'redirect_url': env.base_url()})}"


def csrf_failure(request, reason=""):
    """A rejected post, with the reason that Django itself shows only if DEBUG is on."""
    return HttpResponseForbidden(format_html("<h1>CSRF verification failed. Request aborted.</h1>\n<p>{}</p>", reason))


def complete(request):
    """The page to which Open edX redirects a browser; names what arrived, but not its values."""
    return render(request, "mit_sandbox/complete.html", {"names": sorted(request.GET)})
