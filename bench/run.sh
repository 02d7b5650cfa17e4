#!/bin/sh
# SPDX-License-Identifier: MIT
# Measures what Keystile costs, beside what it can be compared with, in one table.
#
#   bench/run.sh [ROUNDS]
#
# ROUNDS is how often each command is run (1000). Builds into build/bench; as root it installs the packages it needs.
set -eu
BENCH_PACKAGES='git libpam0g-dev libpam-modules python3 strace'

case ${1-1000} in
'' | *[!0-9]*) sed -n '3,8s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
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
exec python3 bench/bench.py "$tree" "${1-1000}"
