"""Give the pages of phone number and e-mail address theirs; who may open each its view says."""

from django.urls import path

from accounts.contact import views

EMAIL = "konto/dane/email"

urlpatterns = [
    path("konto/dane/telefon/", views.PhoneView.as_view(), name="phone-change"),
    path(f"{EMAIL}/", views.EmailView.as_view(), name="email-change"),
    path(f"{EMAIL}/podpowiedz/", views.email_hint, name="email-change-hint"),
    path(f"{EMAIL}/ponownie/", views.SendAgainView.as_view(), name="email-change-again"),
    path(f"{EMAIL}/rezygnuj/", views.CancelView.as_view(), name="email-change-cancel"),
    path("konto/nowy-adres/<str:token>/", views.ConfirmView.as_view(), name="email-confirm"),
    path("konto/cofnij-adres/<str:token>/", views.UndoView.as_view(), name="email-undo"),
]
