#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts the results of one test runner: prints "PASSED FAILED", and the name of each failure on standard error.

    sum_results.py STATUS JUNIT_XML

STATUS is the runner's exit status. A test that was skipped did not pass, so it counts as failed. So do a runner that
failed without saying which test did, one that ran nothing, and a report that is not there.
"""

import sys
import xml.etree.ElementTree


def count(path, status):
    """(passed, names of what failed)"""
    passed, failed = 0, []
    try:
        for case in xml.etree.ElementTree.parse(path).iter("testcase"):
            name = f"{case.get('classname', '')} {case.get('name', '')}".strip()
            bad = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), None)
            if bad:
                failed.append(f"{name} ({bad})")
            else:
                passed += 1
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        failed.append(f"the report cannot be read: {error}")
    if status != 0 and not failed:
        failed.append(f"the runner ended with {status} and named no failure")
    if passed == 0 and not failed:
        failed.append("no test ran")
    return passed, failed


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    passed, failed = count(sys.argv[2], int(sys.argv[1]))
    for name in failed:
        print(f"failed: {name}", file=sys.stderr)
    print(passed, len(failed))


if __name__ == "__main__":
    main()
