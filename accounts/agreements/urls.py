"""Give the pages about consents their addresses; who may open each its view says."""

from django.urls import path

from accounts.agreements import views

urlpatterns = [
    path("konto/regulamin/", views.TermsView.as_view(), name="terms"),
    path("konto/zgody/", views.AgreementsView.as_view(), name="agreements"),
    path("konto/zgody/nowosci/", views.NewsView.as_view(), name="news"),
    path("zgody/<str:token>/", views.NewsWithdrawalView.as_view(), name="news-withdrawal"),
]
