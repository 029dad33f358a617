"""Give the staff's doors and the pages of their methods their addresses, all below /admin/.

Who may open each stands here: `door` is open to strangers, `own` to staff, `guarded` to staff who
have proved a method in the last five minutes, `guarded_now` also where something is sent.
"""

from collections.abc import Callable

from django.contrib.admin import AdminSite
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.views.decorators.cache import never_cache

from accounts.passkeys import views as passkeys
from accounts.sessions.confirmation import factor_again, factor_now
from accounts.staff import invitation, keys, language, methods
from accounts.staff.door import let_in_by_code
from accounts.staff.sign_in import StaffCodeView, StaffPasskeyView

View = Callable[..., HttpResponseBase]


def urls_of(site: AdminSite) -> list[URLPattern]:
    """Return the addresses that the staff's site has beside Django's."""
    door = never_cache
    own = site.admin_view

    def guarded(view: View) -> View:
        return own(factor_again(view))

    def guarded_now(view: View) -> View:
        return own(factor_now(view))

    return [
        path("keys/", own(keys.KeysView.as_view()), name="keys"),
        path("login/code/", door(StaffCodeView.as_view(enter=let_in_by_code)), name="second-step"),
        path("login/passkey/", door(StaffPasskeyView.as_view()), name="passkey-sign-in"),
        path(
            "login/passkey/options/",
            door(passkeys.sign_in_options),
            name="passkey-sign-in-options",
        ),
        path("invitation/<str:token>/", invitation.InvitationView.as_view(), name="invitation"),
        path(
            "invitation/<str:token>/app/",
            invitation.FirstAppView.as_view(),
            name="invitation-app",
        ),
        path(
            "invitation/<str:token>/passkey/",
            invitation.FirstPasskeyView.as_view(),
            name="invitation-passkey",
        ),
        path(
            "invitation/<str:token>/passkey/options/",
            invitation.FirstPasskeyOptionsView.as_view(),
            name="invitation-passkey-options",
        ),
        # What mail programs make of the link; too long for any other address of ours.
        re_path(r"^invitation[\s\S]{40,}\Z", invitation.astray),
        path("language/", door(language.choose), name="language"),
        path("methods/", own(methods.MethodsView.as_view()), name="methods"),
        path("methods/app/on/", guarded(methods.TurnOnView.as_view()), name="totp-on"),
        path("methods/app/off/", guarded(methods.TurnOffView.as_view()), name="totp-off"),
        path("methods/codes/", guarded(methods.RecoveryCodesView.as_view()), name="recovery-codes"),
        path("methods/passkey/", guarded(methods.AddPasskeyView.as_view()), name="passkey-add"),
        path("methods/passkey/options/", own(methods.add_options), name="passkey-add-options"),
        path(
            "methods/passkey/<int:pk>/remove/",
            guarded(methods.RemovePasskeyView.as_view()),
            name="passkey-remove",
        ),
        path(
            "confirm/",
            own(methods.ConfirmView.as_view(enter=methods.confirm_by_code)),
            name="confirm",
        ),
        path(
            "confirm/passkey/",
            own(methods.ConfirmByPasskeyView.as_view()),
            name="passkey-confirm",
        ),
        path(
            "confirm/passkey/options/",
            own(passkeys.confirm_options),
            name="passkey-confirm-options",
        ),
        path(
            "staff/<int:pk>/methods/reset/",
            guarded_now(methods.ResetView.as_view()),
            name="methods-reset",
        ),
    ]
