"""Give the page of a customer's own data its address; who may open it its view says."""

from django.urls import path

from accounts.privacy import views

urlpatterns = [path("konto/moje-dane/", views.MyDataView.as_view(), name="my-data")]
