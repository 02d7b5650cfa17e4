# SPDX-License-Identifier: MIT
# What quickstart.sh and test.sh share; they source it with the checkout as working directory.
# shellcheck shell=sh

export DEBIAN_FRONTEND=noninteractive
umask 022

# shellcheck disable=SC2034 # for the scripts that source this one
BUILD_PACKAGES='gcc libc6-dev libcurl4-openssl-dev libjansson-dev libjsmn-dev libmd-dev libseccomp-dev meson ninja-build pkg-config'

die()
{
	echo "$0: $*" >&2
	exit 1
}

# missing_packages PACKAGE...: prints those that dpkg does not have.
missing_packages()
{
	for package; do
		case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
		[ih]i*) ;;
		*) echo "$package" ;;
		esac
	done
}

# need_packages LOG PACKAGE...: root gets what is missing installed, anybody else is told the command.
need_packages()
{
	apt_log=$1
	shift
	if ! command -v dpkg-query >/dev/null; then
		echo "This is not a Debian, so nothing is installed; what Debian calls $* is taken to be here."
		return 0
	fi
	# Newlines to blanks: the list is for a command line.
	missing=$(missing_packages "$@" | tr '\n' ' ')
	missing=${missing% }
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		die "packages are missing; as root, run: apt-get update && apt-get install --no-install-recommends $missing"
	fi
	echo "Installing $missing"
	# shellcheck disable=SC2086 # a list of words
	if ! { apt-get -q update && apt-get -q -y --no-install-recommends install $missing; } >"$apt_log" 2>&1; then
		tail -n 20 "$apt_log" >&2
		die "apt-get could not install $missing; all it said is in $apt_log"
	fi
}

# distrust FOLDER: says in one phrase why Keystile would not trust what lies in FOLDER. Silent where it would.
# (keystile.conf(5), TRUST: root's or ours all the way up, and writable by nobody else.)
distrust()
{
	folder=$(cd "$1" && pwd -P)
	me=$(id -u)
	while :; do
		owner=$(stat -c %u "$folder")
		mode=$(stat -c %a "$folder")
		if [ "$owner" -ne 0 ] && [ "$owner" -ne "$me" ]; then
			echo "$folder is owned by another user (uid $owner)"
			return
		fi
		if [ $((0$mode & 0022)) -ne 0 ] && { [ "$owner" -ne 0 ] || [ $((0$mode & 01000)) -eq 0 ]; }; then
			echo "$folder is writable by others (mode $mode)"
			return
		fi
		[ "$folder" != / ] || return 0
		folder=$(dirname "$folder")
	done
}

# set_up BUILD PREFIX [MESON OPTION...]: configures BUILD, to be installed in PREFIX, unless it is so already.
set_up()
{
	build=$1 prefix=$2
	shift 2
	# Paths are compiled in: a build that was moved or not finished is of no use.
	if [ "$(cat "$build/configured" 2>/dev/null)" != "$build $prefix $*" ]; then
		rm -rf "$build" "$prefix"
		meson setup --prefix="$prefix" "$@" "$build" . || return 1
		echo "$build $prefix $*" >"$build/configured"
	fi
}
