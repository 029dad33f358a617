"""The application that gunicorn serves for a measurement over HTTP; the environment names it."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
