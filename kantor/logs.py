"""Keep links that open something out of the logs, and refusals short."""

import logging
import re

# Tokens stand in the addresses of the activation, of a new password, of the phone number, of "To
# nie ja" and of the end of news, and may be cut in two or stand between too many slashes there:
# mail programs do that. No other word of an address is as long.
_ADDRESS = re.compile(r"/(?:aktywacja|haslo|numer|to-nie-ja|zgody)(?s:.+)")
_TOKEN = re.compile(r"[\w.~-]{16,}")


class MaskTokens(logging.Filter):
    """Replace tokens in whatever is logged: Django's logs of refused requests name their path."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, its message without tokens."""
        message = record.getMessage()
        masked = _ADDRESS.sub(lambda address: _TOKEN.sub("…", address[0]), message)
        if masked != message:
            record.msg, record.args = masked, None
        return True


class OneLineForRefusals(logging.Filter):
    """Take the traceback from what Django logs of a request that it refused.

    A form that is cut off, a host that is not ours, a lookup that no list offers: whoever sends
    them should not choose how much is written, and the places in Django's code tell nothing.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass; those of faults of ours whole."""
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True
