"""Give the pages of the account their addresses; who may open each its view says."""

from django.urls import path

from accounts.account import views

urlpatterns = [
    path("konto/", views.AccountView.as_view(), name="account"),
    path("konto/dane/", views.DataView.as_view(), name="data"),
    path("konto/dane/wniosek/wycofaj/", views.WithdrawView.as_view(), name="data-withdraw"),
    path("konto/dane/<str:section>/", views.SectionView.as_view(), name="data-section"),
]
