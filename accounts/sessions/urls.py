"""Give the pages about sessions and security their addresses; who may open each its view says."""

from django.urls import path

from accounts.sessions import views

SECURITY = "konto/bezpieczenstwo"

urlpatterns = [
    path(f"{SECURITY}/", views.SecurityView.as_view(), name="security"),
    path(
        f"{SECURITY}/sesje/zakoncz/",
        views.EndOtherSessionsView.as_view(),
        name="end-other-sessions",
    ),
    path(
        f"{SECURITY}/sesje/<int:pk>/zakoncz/",
        views.EndSessionView.as_view(),
        name="end-session",
    ),
    path("konto/potwierdz/", views.ConfirmView.as_view(), name="confirm"),
    path("konto/sesja/", views.SessionStateView.as_view(), name="session-state"),
    path("konto/to-nie-ja/<str:token>/", views.DisownView.as_view(), name="disown"),
]
