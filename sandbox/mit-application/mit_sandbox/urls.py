"""URLs of the sandbox MIT application: those that Open edX and the product call."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.contrib.staticfiles.views import serve as serve_static
from django.urls import include, path, re_path

from mit_sandbox import views

admin.site.site_header = admin.site.site_title = f"{settings.TITLE} administration"

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", LoginView.as_view(template_name="mit_sandbox/login.html"), name="login"),
    path("logout/", LogoutView.as_view(next_page="home"), name="logout"),
    path("admin/", admin.site.urls),
    path("oauth2/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path(".well-known/openid-configuration", views.openid_configuration),
    path("api/users/me", views.me),
    path("_/auth/complete", views.complete),
    path("login/_private/complete", views.complete),
    re_path(r"^realms/", views.keycloak),
    re_path(r"^static/(?P<path>.*)$", serve_static, {"insecure": True}),
]
if settings.FLAVOUR == "mitxonline":
    urlpatterns.append(path("api/v0/userinfo/", views.userinfo))
