"""How gunicorn serves the site; read by `gunicorn --config`."""

import os
import sys

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = 8
timeout = 30  # seconds
graceful_timeout = 4  # seconds; honcho kills after 5
max_requests = 10_000  # then a fresh process, so that no leak grows for ever
max_requests_jitter = 1_000
control_socket_disable = True  # two sites on one machine would share its path
if sys.platform == "linux":
    worker_tmp_dir = "/dev/shm"  # noqa: S108  heartbeats must not wait for a busy disk
