"""Give the pages of an account their addresses."""

from typing import Any

from django.urls import include, path, re_path

from accounts.account.urls import urlpatterns as account
from accounts.agreements.urls import urlpatterns as agreements
from accounts.closing.urls import urlpatterns as closing
from accounts.contact.urls import urlpatterns as contact
from accounts.passkeys.urls import urlpatterns as passkeys
from accounts.phone.urls import urlpatterns as phone
from accounts.privacy.urls import urlpatterns as privacy
from accounts.registration.wizard import RegistrationWizard
from accounts.sessions.urls import urlpatterns as sessions
from accounts.sign_in.urls import urlpatterns as sign_in
from accounts.views import (
    activation,
    links,
    password_change,
    password_reset,
    registration,
    still_wrong,
    waiting,
)
from accounts.views.password_help import (
    ProposalView,
    StrengthView,
    applicant,
    customer,
    forgetful,
)

app_name = "accounts"

wizard = RegistrationWizard.as_view(url_name="accounts:registration-step")

urlpatterns: list[Any] = [
    # What each registration asks for stands first: addresses are tried one after the other.
    path("rejestracja/", wizard, name="registration"),
    path(
        "rejestracja/<uuid:attempt>/anuluj/",
        registration.CancelView.as_view(),
        name="registration-cancel",
    ),
    path("rejestracja/<uuid:attempt>/<str:step>/", wizard, name="registration-step"),
    path("rejestracja/wyslano/", waiting.SentView.as_view(), name="registration-sent"),
    path("rejestracja/wyslano/stan/", waiting.waiting_state, name="registration-state"),
    path("aktywacja/gotowe/", activation.DoneView.as_view(), name="activation-done"),
    path("aktywacja/<str:token>/", activation.ActivationView.as_view(), name="activation"),
    path("rejestracja/wyslano/ponownie/", waiting.ResentView.as_view(), name="registration-resent"),
    path("rejestracja/wyslano/adres/", waiting.AddressView.as_view(), name="registration-address"),
    path("rejestracja/anuluj/", registration.CancelView.as_view(), name="registration-cancel-new"),
    path(
        "rejestracja/anulowano/",
        registration.CancelledView.as_view(),
        name="registration-cancelled",
    ),
    path(
        "rejestracja/<uuid:attempt>/haslo/sila/",
        StrengthView.as_view(door=applicant),
        name="password-strength",
    ),
    path(
        "rejestracja/<uuid:attempt>/dane/firma/",
        registration.company_data,
        name="company-data",
    ),
    path(
        "rejestracja/<uuid:attempt>/dane/sprawdz/",
        still_wrong.details,
        name="details-check",
    ),
    path(
        "rejestracja/<uuid:attempt>/dane/podpowiedz/",
        registration.email_hint,
        name="email-hint",
    ),
    path(
        "rejestracja/<uuid:attempt>/haslo/propozycja/",
        ProposalView.as_view(door=applicant),
        name="password-proposal",
    ),
    path(
        "aktywacja/<str:token>/to-nie-ja/",
        activation.RefuseView.as_view(),
        name="activation-refuse",
    ),
    path(
        "aktywacja/<str:token>/ponownie/",
        activation.ResendFromLinkView.as_view(),
        name="activation-resend",
    ),
    *sign_in,
    *phone,
    path("adres/sprawdz/", still_wrong.email, name="email-check"),
    path("haslo/", password_reset.PasswordResetView.as_view(), name="password-reset"),
    path(
        "haslo/wyslano/", password_reset.PasswordResetSentView.as_view(), name="password-reset-sent"
    ),
    path(
        "haslo/zmienione/",
        password_reset.PasswordResetDoneView.as_view(),
        name="password-reset-done",
    ),
    path("haslo/zmiana/", password_change.ChangeView.as_view(), name="password-change"),
    path(
        "haslo/zmiana/gotowe/",
        password_change.ChangedView.as_view(),
        name="password-changed",
    ),
    path(
        "haslo/zmiana/sila/",
        StrengthView.as_view(door=customer),
        name="password-change-strength",
    ),
    path(
        "haslo/zmiana/propozycja/",
        ProposalView.as_view(door=customer),
        name="password-change-proposal",
    ),
    path(
        "haslo/<uidb64>/sila/",
        StrengthView.as_view(door=forgetful),
        name="password-reset-strength",
    ),
    path(
        "haslo/<uidb64>/propozycja/",
        ProposalView.as_view(door=forgetful),
        name="password-reset-proposal",
    ),
    path(
        "haslo/<uidb64>/<token>/",
        password_reset.PasswordResetConfirmView.as_view(),
        name="password-reset-confirm",
    ),
    *contact,
    *account,
    *agreements,
    *privacy,
    *closing,
    *sessions,
    path("konto/bezpieczenstwo/kody/", include("accounts.totp.urls")),
    *passkeys,
    # What mail programs make of our links. Last, and too long for any other address of ours.
    re_path(
        r"^(?:/|[a-z]{2}/)*aktywacja[\s\S]{40,}\Z",
        links.astray,
        {"template_name": "accounts/activation/broken.html"},
    ),
    re_path(
        r"^(?:/|[a-z]{2}/)*haslo[\s\S]{40,}\Z",
        links.astray,
        {"template_name": "accounts/password_reset_confirm.html"},
    ),
    re_path(
        r"^(?:/|[a-z]{2}/)*logowanie/+numer[\s\S]{40,}\Z",
        links.astray,
        {"template_name": "accounts/phone/over.html", "state": "broken"},
    ),
    re_path(
        r"^(?:/|[a-z]{2}/)*konto/+to-nie-ja[\s\S]{40,}\Z",
        links.astray,
        {"template_name": "accounts/disowning/broken.html"},
    ),
    re_path(
        r"^(?:/|[a-z]{2}/)*konto/+przywroc[\s\S]{40,}\Z",
        links.astray,
        {"template_name": "accounts/closing/broken.html"},
    ),
    re_path(
        r"^(?:/|[a-z]{2}/)*konto/+nowy-adres[\s\S]{40,}\Z",
        links.astray,
        {"template_name": "accounts/contact/confirmation.html", "state": "broken"},
    ),
    re_path(
        r"^(?:/|[a-z]{2}/)*konto/+cofnij-adres[\s\S]{40,}\Z",
        links.astray,
        {"template_name": "accounts/contact/undoing.html", "state": "broken"},
    ),
    re_path(
        r"^(?:/|[a-z]{2}/)*zgody[\s\S]{40,}\Z",
        links.astray,
        {"template_name": "accounts/agreements/broken.html"},
    ),
]
