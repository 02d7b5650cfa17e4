# SPDX-License-Identifier: MIT
"""For all tests that pytest runs."""

import os
import pwd

# pytest names its folder in /tmp after these, and they may still be those of the user who started an ordinary one.
try:
    os.environ["USER"] = os.environ["LOGNAME"] = pwd.getpwuid(os.getuid()).pw_name
except KeyError:
    os.environ["USER"] = os.environ["LOGNAME"] = str(os.getuid())
