"""Serve kantor over ASGI, with the production settings unless the environment names others."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kantor.settings.prod")

application = get_asgi_application()
