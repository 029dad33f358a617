"""Give the mailbox of a developer's machine its addresses."""

from django.urls import path

from kantor.mailbox import views

app_name = "mailbox"

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("<str:name>/", views.mail, name="mail"),
    path("<str:name>/html/", views.html, name="html"),
    path("<str:name>/<int:number>/", views.attachment, name="attachment"),
]
