#!/bin/sh
# clients.sh: installs the clients that the end-to-end tests run.
#
#   clients.sh [--latest] DIR
#
# The versions stand in tests/e2e/clients.txt; --latest takes the newest of each instead. The npm packages go to
# DIR/npm/node_modules, the Python ones to the virtual environment DIR/venv; one that is needed in an older version
# beside it (INSTALLER apart) is always that one, and goes to DIR/apart/PACKAGE-VERSION. Prints one line for each
# client, with the version that is really there. Needs node, npm, and python3 with its venv module. When DIR already
# holds the pinned versions nothing is fetched.
set -eu

usage() {
	sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
	exit 64
}

die() {
	echo "clients.sh: $*" >&2
	exit 1
}

latest=
if [ "${1-}" = --latest ]; then
	latest=1
	shift
fi
[ $# -eq 1 ] || usage
case $1 in
'' | -*) usage ;;
esac

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
pins=$here/../tests/e2e/clients.txt
[ -r "$pins" ] || die "$pins cannot be read"
mkdir -p -- "$1" || die "cannot make the folder $1"
dir=$(CDPATH='' cd -- "$1" && pwd)
stamp=$dir/installed

# The lines INSTALLER PACKAGE VERSION, without comments.
wanted=$(sed 's/#.*//' "$pins" | awk 'NF == 3 { print $1, $2, $3; next } NF { exit 1 }') ||
	die "$pins: a line is not INSTALLER PACKAGE VERSION"
[ -n "$wanted" ] || die "$pins names no client"

# The stamp is written last and holds the pins, an empty line, and the report: where it matches, all is in place.
if [ -z "$latest" ] && [ -r "$stamp" ] && [ "$(sed '/^$/,$d' "$stamp")" = "$wanted" ] &&
	[ -x "$dir/npm/node_modules/.bin/claude" ] && [ -x "$dir/venv/bin/python3" ]; then
	sed '1,/^$/d' "$stamp"
	exit 0
fi
rm -f -- "$stamp"

# packages INSTALLER SEPARATOR NEWEST: what to install, one a line, at its pinned version or the newest.
packages() {
	echo "$wanted" | awk -v installer="$1" -v separator="$2" -v latest="$latest" -v newest="$3" '
		$1 == installer { print $2 (latest ? newest : separator $3) }'
}

install_npm() {
	command -v node >/dev/null || die "node is missing; install nodejs"
	command -v npm >/dev/null || die "npm is missing; install npm"
	mkdir -p "$dir/npm" "$dir/home"
	[ -f "$dir/npm/package.json" ] || echo '{ "private": true }' >"$dir/npm/package.json"
	# The splitting is meant: names and versions hold no blanks.
	# shellcheck disable=SC2046
	(cd "$dir/npm" && npm install --ignore-scripts --no-audit --no-fund --no-package-lock --no-update-notifier \
		--loglevel=error $(packages npm @ @latest)) >"$dir/npm.log" 2>&1 ||
		{ cat "$dir/npm.log" >&2; die "npm could not install $(packages npm @ @latest | tr '\n' ' ')"; }
	# Whether npm runs install scripts depends on its version and on who calls it, and only claude has one that
	# is needed: it puts the program for this machine in place.
	(cd "$dir/npm/node_modules/@anthropic-ai/claude-code" && node install.cjs) >"$dir/npm.log" 2>&1 ||
		{ cat "$dir/npm.log" >&2; die "@anthropic-ai/claude-code could not put its program in place"; }
}

install_pip() {
	python=/usr/bin/python3
	[ -x "$python" ] || python=$(command -v python3) || die "python3 is missing; install python3 and python3-venv"
	if [ ! -x "$dir/venv/bin/pip" ]; then
		"$python" -m venv --clear "$dir/venv" >"$dir/pip.log" 2>&1 ||
			{ cat "$dir/pip.log" >&2; die "$python cannot make a virtual environment; install python3-venv"; }
	fi
	# shellcheck disable=SC2046
	"$dir/venv/bin/pip" install --quiet --disable-pip-version-check ${latest:+--upgrade} \
		$(packages pip == '') >"$dir/pip.log" 2>&1 ||
		{ cat "$dir/pip.log" >&2; die "pip could not install $(packages pip == '' | tr '\n' ' ')"; }
}

install_apart() {
	echo "$wanted" | awk '$1 == "apart" { print $2, $3 }' | while read -r package version; do
		"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-compile --upgrade \
			--target "$dir/apart/$package-$version" "$package==$version" >"$dir/pip.log" 2>&1 ||
			{ cat "$dir/pip.log" >&2; die "pip could not install $package $version"; }
	done
}

# version_of INSTALLER PACKAGE PINNED: asks the installed package, and for claude the program itself.
version_of() {
	case $1:$2 in
	npm:@anthropic-ai/claude-code)
		# Away from the user's own home, where claude would leave its files.
		HOME=$dir/home DISABLE_AUTOUPDATER=1 "$dir/npm/node_modules/.bin/claude" --version </dev/null | sed 's/ .*//'
		;;
	npm:*)
		sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$dir/npm/node_modules/$2/package.json" | head -n 1
		;;
	pip:*)
		"$dir/venv/bin/python3" -c 'import sys, importlib.metadata as m; print(m.version(sys.argv[1]))' "$2"
		;;
	apart:*)
		"$dir/venv/bin/python3" -c 'import sys, importlib.metadata as m
print(next(iter(m.distributions(name=sys.argv[1], path=sys.argv[2:]))).version)' "$2" "$dir/apart/$2-$3"
		;;
	esac
}

report() {
	echo "$wanted" | while read -r installer package pinned; do
		version=$(version_of "$installer" "$package" "$pinned" 2>"$dir/version.log") || version=
		if [ -z "$version" ]; then
			cat "$dir/version.log" >&2
			die "$package is installed but does not tell its version"
		fi
		[ -n "$latest" ] || [ "$version" = "$pinned" ] || die "$package is $version, not the pinned $pinned"
		echo "$package $version ($installer)"
	done
}

echo "$wanted" | awk '$1 != "npm" && $1 != "pip" && $1 != "apart" { exit 1 }' ||
	die "$pins: an installer is none of npm, pip and apart"
install_npm
install_pip
install_apart
lines=$(report) || exit 1
[ -n "$latest" ] || printf '%s\n\n%s\n' "$wanted" "$lines" >"$stamp"
echo "$lines"
