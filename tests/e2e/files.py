# SPDX-License-Identifier: MIT
"""Files for file.so, and what becomes of them."""

import json

import pytest
from stage import entry

# One way to write each format, and the options that lead to the key in it.
FORMATS = {
    "plain": ({}, lambda key: f"{key}\n"),
    "dotenv": ({"format": "dotenv"}, lambda key: f"# a key\nANTHROPIC_API_KEY={key}\nOTHER=1\n"),
    "json": ({"format": "json", "field": "key"}, lambda key: json.dumps({"other": 1, "key": key})),
}
EVERY_FORMAT = pytest.mark.parametrize("name", FORMATS)


def write(path, text, mode=0o600):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def stack(stage, **options):
    """One entry, for a file that need not be there. Returns its path."""
    path = stage.home / "key"
    stage.write(entry("file", path=path, **options))
    return path


def told(stage, path, **options):
    """What becomes of the entry, which must fail, and why. The message begins with the path, and has a remedy."""
    outcome, text = stage.refused(**options)
    assert text.startswith(f"{path} ") and "; " in text
    return outcome, text.removeprefix(f"{path} ")
