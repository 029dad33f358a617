"""Refuse to be part of a production site."""

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register


class SpecimensConfig(AppConfig):
    """Hold the page of components."""

    name = "kantor.specimens"
    label = "specimens"


@register(Tags.security, deploy=True)
def specimens_are_for_development(**kwargs: object) -> list[CheckMessage]:
    """Report an installed page of components to `check --deploy`: it serves nobody there."""
    return [Error("kantor.specimens must not be installed in production.", id="kantor.E002")]
