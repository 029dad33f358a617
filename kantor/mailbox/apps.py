"""Refuse to be part of a production site."""

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register


class MailboxConfig(AppConfig):
    """Hold the mailbox of a developer's machine."""

    name = "kantor.mailbox"
    label = "mailbox"


@register(Tags.security, deploy=True)
def mailbox_is_for_development(**kwargs: object) -> list[CheckMessage]:
    """Report an installed mailbox to `check --deploy`: it shows everybody's activation links."""
    return [Error("kantor.mailbox must not be installed in production.", id="kantor.E001")]
