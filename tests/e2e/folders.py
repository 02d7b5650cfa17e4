# SPDX-License-Identifier: MIT
"""Folders of tests."""

import contextlib
import pathlib
import shutil
import tempfile


@contextlib.contextmanager
def short_folder():
    """A folder that every user may enter, with a short name: sockets live in it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="keystile-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)
