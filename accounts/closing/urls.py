"""Give the pages about closing and reopening an account their addresses."""

from django.urls import path

from accounts.closing import views

urlpatterns = [
    path("konto/zamknij/", views.CloseView.as_view(), name="close"),
    path("konto/zamkniete/", views.ClosedView.as_view(), name="closed"),
    path("konto/przywroc/", views.ReopenView.as_view(), name="reopen"),
    path("konto/przywroc/<str:token>/", views.ReopenLinkView.as_view(), name="reopen-link"),
]
