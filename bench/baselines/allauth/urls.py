"""The pages of django-allauth and nothing of our own."""

from django.urls import include, path

urlpatterns = [path("accounts/", include("allauth.urls"))]
