"""The real worker with the fake composer: `python -m tests.generator.fake_worker [--burst]`.

It refuses to write scores; WAVs are real.

SHORT_TIMEOUT, from the environment, may be shorter than the settings allow.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicsite.settings")

from django.conf import settings
from django.core.management import execute_from_command_line

from generator import engraving
from tests.generator import fakes

if "SHORT_TIMEOUT" in os.environ:
    settings.COMPOSE_TIMEOUT = int(os.environ["SHORT_TIMEOUT"])
sys.modules["ml.composer"] = fakes.fake_module()
engraving.engrave = fakes.fake_refusal
execute_from_command_line(["manage.py", "composer_worker", *sys.argv[1:]])
