#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds Keystile on a Debian 12 and shows what it does, with a made-up key.
#
#   tools/quickstart.sh
#
# It installs the packages it needs where it runs as root, and names them where it does not. Everything else stays in
# build/quickstart, or in a folder under /var/tmp where Keystile could not trust that one. It needs no key, and sends
# nothing anywhere.
set -eu
cd "$(dirname "$0")/.."
. tools/common.sh

# Long enough for a fingerprint, and plainly no key.
MADE_UP_KEY=sk-ant-api03-made-up-for-the-quickstart-this-opens-nothing
MADE_UP_TOKEN=sk-ant-oat01-made-up-for-the-quickstart-this-opens-nothing

choose_folder()
{
	reason=
	if ! mkdir -p build/quickstart 2>/dev/null || ! [ -w build/quickstart ]; then
		reason="$PWD/build/quickstart cannot be written to"
	else
		reason=$(distrust build/quickstart)
	fi
	work=$PWD/build/quickstart
	if [ -n "$reason" ]; then
		work=$(mktemp -d /var/tmp/keystile.XXXXXX)
		chmod 755 "$work"
		echo "$reason,"
		echo "and Keystile trusts no configuration and no module in such a place. Using $work instead."
	fi
}

# build NAME COMMAND...: one step of the build; its output is shown only where it fails.
build()
{
	step=$1
	shift
	if ! "$@" >"$work/log/$step" 2>&1; then
		tail -n 30 "$work/log/$step" >&2
		die "$step failed; all it said is in $work/log/$step"
	fi
}

# show EXPECTED-STATUS COMMAND...: runs it in an environment that holds nothing but what the command line says.
show()
{
	expected=$1
	shift
	status=0
	env -i PATH="$root/bin:/usr/bin:/bin" HOME="$work/home" "$@" </dev/null 2>&1 || status=$?
	echo "(exit status $status)"
	[ "$status" -eq "$expected" ] || die "that should have ended with exit status $expected"
}

choose_folder
root=$work/root
mkdir -p "$work/log" "$work/home"
# shellcheck disable=SC2086 # a list of words
need_packages "$work/log/apt" $BUILD_PACKAGES
echo "Building in $work"
build setup set_up "$work/tree" "$root" -Dtests=disabled
build compile ninja -C "$work/tree"
build install meson install -C "$work/tree" --only-changed

cat <<TEXT

1. Nothing is configured: no key in the environment, no login. Each row says what would have made it work, and the
   exit status is 1: there is no credential.

   \$ keystile explain
TEXT
show 1 keystile explain

cat <<TEXT

2. A made-up key in the environment. The first valid credential wins; below the rows stand its transport (where it
   may be used: "api" is the API itself, "cli" the official claude program) and its payer.

   \$ ANTHROPIC_API_KEY=... keystile explain
TEXT
show 0 ANTHROPIC_API_KEY="$MADE_UP_KEY" keystile explain

cat <<TEXT

3. A program run with that credential. The caller's environment also asks claude for Amazon Bedrock, which would
   win over the key; so Keystile takes that out, says so, and the program sees one credential. Values are hidden.

   \$ ANTHROPIC_API_KEY=... CLAUDE_CODE_USE_BEDROCK=1 keystile exec -- sh -c 'env | grep ...'
TEXT
# shellcheck disable=SC2016 # the inner shell expands it
show 0 ANTHROPIC_API_KEY="$MADE_UP_KEY" CLAUDE_CODE_USE_BEDROCK=1 \
	keystile exec -- sh -c 'env | grep -E "^(ANTHROPIC|CLAUDE)_" | sed "s/=.*/=(hidden)/"' >"$work/log/exec"
cat "$work/log/exec"
[ "$(grep hidden "$work/log/exec")" = 'ANTHROPIC_API_KEY=(hidden)' ] ||
	die 'the program should have received ANTHROPIC_API_KEY and no other'

cat <<TEXT

4. A made-up token of a subscription instead of a key. It may only travel through claude itself, so another program is
   not started with it; each row says why, and what would be different.

   \$ CLAUDE_CODE_OAUTH_TOKEN=... keystile exec -- true
TEXT
show 1 CLAUDE_CODE_OAUTH_TOKEN="$MADE_UP_TOKEN" keystile exec -- true

cat <<TEXT

That was Keystile, installed in $root
Next:
  $root/bin/keystile --help
  man -l man/keystile.1         the command
  man -l man/keystile.conf.5    the configuration; etc/ has an example for each way of use
  README.md                     the rest
To undo: rm -r $work (nothing else was changed, apart from packages)
TEXT
