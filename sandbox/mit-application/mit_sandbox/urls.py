"""The sandbox MIT application's URLs: those that Open edX and this project call."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.contrib.staticfiles.views import serve as serve_static
from django.urls import include, path, re_path

from mit_sandbox import keycloak, views

admin.site.site_header = admin.site.site_title = f"{settings.TITLE} administration"

urlpatterns = []
if settings.FLAVOR == "mitxonline":
    urlpatterns += [
        path("realms/master/protocol/openid-connect/token", keycloak.token),
        path(keycloak.SIGN_IN[1:], keycloak.sign_in),
        path(keycloak.SIGNED_IN[1:], keycloak.authenticate),
        path(keycloak.USERS[1:], keycloak.users),
        path(f"{keycloak.USERS[1:]}/<user_id>", keycloak.users),
    ]
urlpatterns += [
    path("", views.home, name="home"),
    path("create-account/", views.CreateAccountView.as_view(), name="create-account"),
    path("admin/", admin.site.urls),
    path("oauth2/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path(".well-known/openid-configuration", views.openid_configuration),
    path("api/users/me", views.me),
    path("_/auth/complete", views.complete),
    path("login/_private/complete", views.complete),
    re_path(r"^static/(?P<path>.*)$", serve_static, {"insecure": True}),
]
if settings.FLAVOR == "mitxonline":
    urlpatterns += [
        path("api/v0/userinfo/", views.userinfo),
        path("login/", views.gateway_login),
        path("api/profile/details/", views.profile_details),
        path("create-profile/", views.CreateProfileView.as_view(), name="create-profile"),
        re_path(r"^dashboard/?$", views.dashboard),
        re_path(r"^logout/?$", views.gateway_logout),
        path("logout/oidc", views.keycloak_logout),
    ]
else:
    urlpatterns += [
        path("signin/", LoginView.as_view(template_name="mit_sandbox/login.html"), name="login"),
        path("logout/", views.XproLogoutView.as_view(), name="logout"),
    ]
