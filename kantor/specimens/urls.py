"""Give the page of components its addresses."""

from django.urls import path

from kantor.specimens import views

app_name = "specimens"

urlpatterns = [
    path("", views.styl, name="styl"),
    path("obrazek/", views.picture, name="picture"),
]
