"""Serve kantor over WSGI, with the production settings unless the environment names others."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.prod")

application = get_wsgi_application()
