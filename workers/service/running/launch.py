"""`python -m workers.service.running.launch PARENT COMMAND…` becomes the command, which dies when its parent does.

The kernel's parent-death signal survives an exec, so this works for programs that know nothing of it.
"""

from __future__ import annotations

import os
import sys

from workers.reading.lifeline import die_with_parent

if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
