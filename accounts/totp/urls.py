"""Give the pages of the authenticator app their addresses, under /konto/bezpieczenstwo/kody/."""

from django.urls import path

from accounts.totp import views

urlpatterns = [
    path("", views.OverviewView.as_view(), name="totp"),
    path("wlacz/", views.TurnOnView.as_view(), name="totp-on"),
    path("zapasowe/", views.RecoveryCodesView.as_view(), name="recovery-codes"),
    path("wylacz/", views.TurnOffView.as_view(), name="totp-off"),
]
