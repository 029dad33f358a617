"""Give the pages of a phone number that is not known their addresses, below /logowanie/numer/."""

from django.urls import path

from accounts.phone import views

urlpatterns = [
    path("logowanie/numer/", views.ForgottenView.as_view(), name="phone-forgotten"),
    path("logowanie/numer/wyslano/", views.SentView.as_view(), name="phone-link-sent"),
    path("logowanie/numer/zmiana/", views.NumberView.as_view(), name="phone-number"),
    path("logowanie/numer/zmienione/", views.ChangedView.as_view(), name="phone-changed"),
    path("logowanie/numer/<str:token>/", views.PasswordView.as_view(), name="phone-link"),
    path("logowanie/numer/<str:token>/kod/", views.CodeView.as_view(), name="phone-link-code"),
]
