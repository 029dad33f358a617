"""Give every page its address: Polish without a prefix, English under /en/."""

from django.apps import apps
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from accounts.views import captcha
from kantor import health, metrics
from kantor.content import found, security_txt
from kantor.content.urls import content_urls

development_urls = []
if apps.is_installed("kantor.mailbox"):
    development_urls += [path("poczta/", include("kantor.mailbox.urls"))]
if apps.is_installed("kantor.specimens"):
    development_urls += [path("styl/", include("kantor.specimens.urls"))]

# Addresses are tried one after the other: first where most visitors go.
urlpatterns = [
    path("captcha/image/<str:key>/", captcha.picture, name="captcha-image"),
    *i18n_patterns(
        *content_urls,
        *development_urls,
        path("", include("accounts.urls")),
        prefix_default_language=False,
    ),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("robots.txt", found.robots, name="robots"),
    path("sitemap.xml", found.sitemap, name="sitemap"),
    path(".well-known/security.txt", security_txt.security_txt, name="security-txt"),
    path("favicon.ico", found.FaviconView.as_view(), name="favicon"),
    path("captcha/sound/<str:language>/<str:key>/", captcha.sound, name="captcha-sound"),
    path("admin/", admin.site.urls),
]

handler400 = "kantor.error_pages.bad_request"
handler403 = "kantor.error_pages.permission_denied"
handler404 = "kantor.error_pages.page_not_found"
handler500 = "kantor.error_pages.server_error"
