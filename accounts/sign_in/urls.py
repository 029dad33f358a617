"""Give the pages of the sign-in their addresses."""

from django.urls import path

from accounts.sign_in import views
from accounts.totp.views import SecondStepView

urlpatterns = [
    path("logowanie/", views.AddressView.as_view(), name="sign-in"),
    path("logowanie/haslo/", views.PasswordView.as_view(), name="sign-in-password"),
    path("logowanie/kod/", SecondStepView.as_view(enter=views.enter), name="second-step"),
    path("logowanie/link/", views.PendingView.as_view(), name="pending-resend"),
    path("wyloguj/", views.SignOutView.as_view(), name="sign-out"),
]
