# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do what ansible-test expects of get-pip.py, with the pip that Python brings and the package registry pip is set to.

ansible-test would download get-pip.py from a place of its own. Arguments: requirement specifiers for pip to install,
and pip's options; ``--no-setuptools`` and ``--no-wheel`` are get-pip's own.
"""

from __future__ import annotations

import os
import subprocess
import sys

arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
environment = {name: value for name, value in os.environ.items() if name != "GET_PIP"}
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], env=environment, stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", *arguments], env=environment)
