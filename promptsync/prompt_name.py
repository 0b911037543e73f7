"""What a prompt may be called."""

from __future__ import annotations

import re

MAX_NAME = 255
NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_NAME}}}")
