"""Give the page of components its address."""

from django.urls import path

from kantor.specimens import views

app_name = "specimens"

urlpatterns = [path("", views.styl, name="styl")]
