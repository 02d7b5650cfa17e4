#!/bin/sh
# SPDX-License-Identifier: MIT
# Reads the tree without running it. One line a check, "ok NAME" or "not ok NAME", findings above it.
#
#   tools/lint.sh
#
# clang-tidy takes the compiler's arguments from build/lint, which is configured for it.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

# files PATTERN...: the sources whose names match, one a line. Not from git: an unpacked archive has none.
files()
{
	for pattern; do
		find . \( -path ./build -o -path ./.git -o -name __pycache__ \) -prune -o -type f -name "$pattern" -print
	done | sort
}

# Gives the files named on standard input to a command: as many processes as processors, few files each.
each()
{
	xargs -P "$(nproc)" -n 4 "$@"
}

look()
{
	case $1 in
	clang-format)
		files '*.c' '*.h' | each clang-format --dry-run -Werror
		;;
	clang-tidy)
		mkdir -p build
		# Not what does wrong on purpose, in more files than all the rest has. What clang-tidy says on standard
		# error is mostly how much it was told to keep to itself.
		{ (export CC=clang && set_up "$PWD/build/lint" "$PWD/build/lint/root" -Dtests=enabled -Dbench=enabled) >build/lint.log 2>&1 &&
			files '*.c' | grep -v '^\./tests/hostile/' | each clang-tidy --quiet -p build/lint 2>build/lint.log; } ||
			{ grep -v 'warnings generated' build/lint.log; return 1; }
		;;
	mandoc)
		files '*.[1-8]' | grep . >/dev/null || { echo 'no manual page'; return 1; }
		files '*.[1-8]' | xargs mandoc -T lint -W warning
		;;
	shellcheck)
		{ files '*.sh' && echo .ci/run; } | xargs shellcheck -x
		;;
	white-space)
		# Golden cases hold ill-formed files on purpose.
		files '*.[ch1-8]' '*.py' '*.mjs' '*.sh' '*.md' '*.build' '*.txt' '*.conf' | grep -v '^\./tests/golden/' |
			xargs awk '/[ \t\r]$/ { print FILENAME ":" FNR ": blank at the end of the line"; bad = 1 }
				END { exit bad }'
		;;
	esac
}

failed=0
for check in clang-format clang-tidy mandoc shellcheck white-space; do
	if look "$check"; then
		echo "ok $check"
	else
		echo "not ok $check"
		failed=1
	fi
done
exit "$failed"
