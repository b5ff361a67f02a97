"""Puts the project's root on `sys.path`, so that every entry point runs from any folder.

An entry point imports this first, before anything of ours. It does nothing else.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
