"""Settings of the one-page sign-up: e-mail and password, a confirmed address before sign-in."""

from bench.baselines.common import *  # noqa: F403  settings are one star-import deep
from bench.baselines.common import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "allauth", "allauth.account"]
MIDDLEWARE = [*MIDDLEWARE, "allauth.account.middleware.AccountMiddleware"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ROOT_URLCONF = "bench.baselines.allauth.urls"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Its limits would stop a measurement after twenty sign-ups; without them it does less work.
ACCOUNT_RATE_LIMITS = False
