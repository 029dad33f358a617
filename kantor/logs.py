"""Keep links that open something out of the logs."""

import logging
import re

# Where the token stands in the addresses of the activation and of a new password.
_TOKEN = re.compile(r"(/aktywacja/|/haslo/[^/\s]+/|/to-nie-ja/)[^/\s?]{20,}")


class MaskTokens(logging.Filter):
    """Replace tokens in whatever is logged: Django's logs of refused requests name their path."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, its message without tokens."""
        message = record.getMessage()
        masked = _TOKEN.sub(r"\1…", message)
        if masked != message:
            record.msg, record.args = masked, None
        return True
