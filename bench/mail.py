"""Mail that the driver of a measurement can read, also from another process than the site's."""

import os
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


def letter_path(recipient: str) -> Path:
    """Return the file that holds the newest letter to this recipient."""
    name = sha256(recipient.lower().encode()).hexdigest()[:32]
    return Path(os.environ["BENCH_DIR"]) / "mail" / name


def deliver(recipient: str) -> None:
    """Have everything sent that is owed to this recipient, by whoever sends it on this site.

    Does what a mail worker would, or waits for the site's own thread; what the request has sent is
    there, and asking for it would be counted as the site's. Raises TimeoutError when the thread
    sends nothing for a minute.
    """
    tasks = os.environ.get("BENCH_TASKS", "thread")
    if tasks == "immediate":
        return
    from accounts.mail import delivery
    from accounts.models import OutboxMessage

    owed = OutboxMessage.objects.filter(recipient=recipient, state="waiting")
    if tasks != "thread":
        for pk in owed.values_list("pk"):
            delivery.deliver(*pk)
        return
    end = time.monotonic() + 60
    while owed.exists():
        if time.monotonic() > end:
            raise TimeoutError(f"the site's thread sends nothing to {recipient}")
        time.sleep(0.001)


class EmailBackend(BaseEmailBackend):
    """Keep the text of the newest letter to each recipient in a file of its own."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Render every message as SMTP would, and write its text; return how many there were."""
        for message in email_messages:
            message.message().as_bytes()
            for recipient in message.recipients():
                letter_path(recipient).write_text(str(message.body), encoding="utf-8")
        return len(email_messages)
