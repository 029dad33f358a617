"""Serve the static files of several releases out of one folder.

While one instance runs the new release and the other still the old one, a page of either asks
whichever answers for its files; and a page that was opened before a release asks for them later.
"""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise, which also finds what was put into the folder after the start.

    WhiteNoise reads the folder once. What is not known is looked for on the disk and then known:
    one `stat` for an address under /static/ that leads to nothing.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.autorefresh and self.static_root:
            self.directories = [(str(Path(self.static_root).resolve()) + "/", self.static_prefix)]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with a file, or hand the request on."""
        path = request.path_info
        if path.startswith(self.static_prefix) and path not in self.files and not self.autorefresh:
            # A name that no file system takes (too long, a null byte) is no file.
            try:
                found = self.find_file(path)
            except (OSError, ValueError):
                found = None
            if found is not None:
                self.files[path] = found
        answer: HttpResponseBase = super().__call__(request)
        return answer


class ReleaseStorage(CompressedManifestStaticFilesStorage):
    """Hashed names by the release's own manifest, however many releases share the folder.

    The manifest of another release would give pages names of files that they were not made for.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        if settings.STATIC_MANIFEST_FOLDER:
            options["manifest_storage"] = StaticFilesStorage(
                location=settings.STATIC_MANIFEST_FOLDER, base_url=settings.STATIC_URL
            )
        super().__init__(*args, **options)
