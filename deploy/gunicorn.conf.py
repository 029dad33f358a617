"""How gunicorn serves kantor; the environment says how many processes and threads."""

import os

# Only where nobody hands over a socket: systemd does (kantor-web@.socket).
bind = "127.0.0.1:8000"
# A request that waits (database, register, mail) holds up no other. Each thread keeps a connection
# to the database, and so does the one that delivers mails with TASKS=immediate: PostgreSQL's
# max_connections must be above processes times (threads + 1).
worker_class = "gthread"
threads = int(os.environ.get("GUNICORN_THREADS", "4"))
# Longer than nginx keeps a connection (60 s): whoever closes first must be the one who asks, or a
# form that is sent at that moment is lost.
keepalive = 75
# Ends a process that is stuck. A request is bounded by the timeouts of database, register and mail.
timeout = 30
graceful_timeout = 30
max_requests = 5000
max_requests_jitter = 500
limit_request_line = 4094
limit_request_fields = 60
worker_tmp_dir = "/dev/shm"  # noqa: S108  memory; a disk that is slow must not kill workers
# Nobody gives it orders but systemd, and two instances would share its path.
control_socket_disable = True
# No access log of gunicorn's: its lines would carry activation links.
accesslog = None
# gunicorn's own words, in the form of the site's (LOG_FORMAT).
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "kantor.logs.JsonFormatter"},
        "line": {"()": "kantor.logs.LineFormatter"},
    },
    "filters": {"mask_tokens": {"()": "kantor.logs.MaskTokens"}},
    "handlers": {
        "stderr": {
            "filters": ["mask_tokens"],
            "class": "logging.StreamHandler",
            "formatter": os.environ.get("LOG_FORMAT", "json"),
        }
    },
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {"gunicorn.error": {"propagate": True}},
}
