#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every test of Keystile on a Debian 12, from nothing.
#
#   tools/test.sh [--latest] [--quick | --long]
#
#   --latest   with the newest claude and SDKs instead of the pinned ones (tests/e2e/clients.txt)
#   --quick    one build (gcc) instead of three (gcc, clang for what is about the core, and gcc with ASan and UBSan), and
#              nothing that takes long
#   --long     every fault and every test under valgrind, of which a sample is run otherwise: hours
#
# It installs the packages it needs where it runs as root, and names them where it does not. An ordinary user's run
# leaves out the tests that need root (marked needs_root), and the sanitizers' build those that take images of memory
# (no_sanitizer); it says how many those are. Output goes to build/log.
# The last line is "N passed, N failed" over all runners; the exit status is 0 only where nothing failed. A test that
# was skipped, a runner that crashed and one that ran nothing have failed.
set -eu
TEST_PACKAGES='acl afl++ binutils ca-certificates clang clang-format clang-tidy curl g++ gdb git
	libclang-rt-14-dev libcmocka-dev libpam-modules libpam0g-dev mandoc python3-venv shellcheck slapd strace systemd valgrind'
ORDINARY_UID=1 # daemon: every Debian has it, and nothing runs as it
ORDINARY_USER="--reuid=$ORDINARY_UID --regid=$ORDINARY_UID --clear-groups"
# Two processes for each processor: a test waits almost half of its time, for programs and for deadlines. A file's tests
# run in the order in which they stand there, in one of them.
PYTEST_WORDS="-q -p no:cacheprovider -n $(($(nproc) * 2)) --dist loadfile"
# Of what mostly waits, for servers and for deadlines, more at once, and each test by itself but where they have one
# server in common.
WAITING_WORDS="-n $(($(nproc) * 4)) --dist loadgroup"
WITHOUT_VAULT='--ignore=tests/e2e/test_bao.py --ignore-glob=tests/e2e/test_vault_*.py'
CLANG_TESTS='tests/golden tests/e2e/test_check.py tests/e2e/test_exports.py tests/e2e/test_hostile.py
	tests/e2e/test_layout.py tests/e2e/test_library.py tests/e2e/test_minors.py tests/e2e/test_walk.py
	tests/e2e/test_worker.py'
INSTALL_SECONDS=900
BUILD_SECONDS=300
RUN_SECONDS=900
LONG_SECONDS=36000
FUZZ_SECONDS=5

latest='' builds='gcc clang sanitize' extent=sample
for argument; do
	case $argument in
	--latest) latest=--latest ;;
	--quick) builds=gcc extent=quick ;;
	--long) extent=long ;;
	*) sed -n '3,10s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
	esac
done
memcheck_words='every 60th test' memcheck_every=60 memcheck_seconds=$RUN_SECONDS
[ "$extent" != long ] || { memcheck_words='every test' memcheck_every=1 memcheck_seconds=$LONG_SECONDS; }
start=$(date +%s)
cd "$(dirname "$0")/.."
. tools/common.sh

progress()
{
	printf '[%4d s] %s\n' $(($(date +%s) - start)) "$*"
}

# count NAME PASSED FAILED
count()
{
	echo "$1 $2 $3" >>"$log/results"
	progress "$1: $2 passed, $3 failed"
}

# run NAME SECONDS COMMAND...: one step, with a deadline. Its output is shown only where it fails; its exit status is
# returned, and kept in $status.
run()
{
	step=$1 seconds=$2
	shift 2
	status=0
	timeout -k 10 "$seconds" "$@" >"$log/$step" 2>&1 </dev/null || status=$?
	[ "$status" -ne 0 ] || return 0
	tail -n 60 "$log/$step"
	[ "$status" -ne 124 ] || echo "stopped: it took more than $seconds seconds"
	echo "$step ended with $status; all it said is in $log/$step"
	return "$status"
}

# bad_place FOLDER: says in one phrase why nothing can be tested there. Silent where it can.
bad_place()
{
	distrusted=$(distrust "$1")
	# shellcheck disable=SC2086 # a list of words
	if [ -n "$distrusted" ]; then
		echo "$distrusted"
	elif [ "$(id -u)" -eq 0 ] && ! setpriv $ORDINARY_USER test -r "$1/tools/test.sh"; then
		echo "$1 cannot be read by an ordinary user"
	fi
}

# Where Keystile could not trust what is built here, or the ordinary user could not read it, a copy is tested.
leave_bad_place()
{
	reason=$(bad_place "$PWD")
	[ -n "$reason" ] || return 0
	copy=$(mktemp -d /var/tmp/keystile.XXXXXX)
	tar -cf - --exclude=./build --exclude=./.git . | tar -C "$copy" --no-same-owner -xf -
	chmod -R u+rwX,go+rX,go-w "$copy"
	echo "$reason; testing a copy in $copy"
	reason=$(bad_place "$copy")
	[ -z "$reason" ] || die "$reason"
	exec sh "$copy/tools/test.sh" "$@"
}

# A key of the developer's own must not reach a test.
forget_credentials()
{
	for name in $(env | sed -nE 's/^((ANTHROPIC|CLAUDE)[A-Z0-9_]*)=.*/\1/p'); do
		unset "$name"
	done
}

install_needs()
{
	more=
	# Where node comes from elsewhere, Debian's packages would conflict with it.
	command -v node >/dev/null || more="$more nodejs"
	command -v npm >/dev/null || more="$more npm"
	# shellcheck disable=SC2086 # lists of words
	need_packages "$log/apt" $BUILD_PACKAGES $TEST_PACKAGES $more
	progress 'packages are here; installing the clients'
	# shellcheck disable=SC2086 # nothing, or one word
	run clients "$INSTALL_SECONDS" sh tools/clients.sh $latest "$PWD/build/clients" || return 1
	cat "$log/clients"
}

# build NAME: leaves build/NAME, installed in build/NAME/root.
build()
{
	case $1 in
	gcc) CC=gcc && set -- "$1" ;;
	clang) CC=clang && set -- "$1" ;;
	sanitize) CC=gcc && set -- "$1" -Db_sanitize=address,undefined -Dc_args=-fno-sanitize-recover=all ;;
	# without it, ThreadSanitizer does not see what memcpy(3) does where gcc puts that in place
	threads) CC=gcc && set -- "$1" -Db_sanitize=thread -Dc_args=-fno-builtin ;;
	esac
	export CC
	name=$1 tree=$PWD/build/$1
	shift
	if set_up "$tree" "$tree/root" --werror -Dtests=enabled "$@" >"$log/$name-setup" 2>&1 &&
		run "$name-compile" "$BUILD_SECONDS" ninja -C "$tree" &&
		run "$name-install" "$BUILD_SECONDS" meson install -C "$tree"; then
		count "$name-build" 1 0
	else
		tail -n 30 "$log/$name-setup"
		count "$name-build" 0 1
		return 1
	fi
}

# results NAME STATUS JUNIT_XML
results()
{
	counted=$(python3 tools/sum_results.py "$2" "$3")
	# shellcheck disable=SC2086 # two numbers
	count "$1" $counted
}

# selection NAME: which tests can run for this user and with this build, by their marks (tests/pytest.ini).
selection()
{
	marks=
	[ "$(id -u)" -eq 0 ] || marks='not needs_root'
	case $1 in
	sanitize | threads) marks="${marks:+$marks and }not no_sanitizer" ;;
	esac
	echo "$marks"
}

# unit STEP NAME [OPTION...]: the unit tests of build/NAME.
unit()
{
	step=$1 tree=$PWD/build/$2
	shift 2
	rm -f "$tree"/meson-logs/testlog*.junit.xml # its name depends on --setup
	run "$step" "$RUN_SECONDS" meson test -C "$tree" --no-rebuild --print-errorlogs "$@" || :
	results "$step" "$status" "$tree"/meson-logs/testlog*.junit.xml
}

# suite STEP NAME SECONDS MARKS WORD...: pytest with these words, for build/NAME and the tests with these marks.
suite()
{
	step=$1 name=$2 seconds=$3 marks=$4
	shift 4
	export KEYSTILE_BUILD="$PWD/build/$name" KEYSTILE_CLIENTS="$PWD/build/clients"
	# shellcheck disable=SC2086 # a list of words
	run "$step" "$seconds" "$KEYSTILE_CLIENTS/venv/bin/python3" -m pytest $PYTEST_WORDS -m "$marks" \
		--junitxml="$log/$step.xml" "$@" || :
	results "$step" "$status" "$log/$step.xml"
	deselected=$(grep -o '[0-9]* deselected' "$log/$step" || :)
	[ -z "$marks" ] || deselected="$deselected: only '$marks' can run here"
	[ "$deselected" = "${deselected#[0-9]}" ] || progress "$step: $deselected"
}

# vault_tests NAME: the files about vault.so, one a line. But for gcc's plain run, not those in which it does nothing that
# it does not do in others: of these a test is long.
vault_tests()
{
	for file in tests/e2e/test_bao.py tests/e2e/test_vault_*.py; do
		case $1:$file in
		gcc:*) echo "$file" ;;
		*_clients.py | *_cluster.py | *_lifetime.py) ;;
		*) echo "$file" ;;
		esac
	done
}

# test_build NAME: everything that runs the program, against build/NAME.
test_build()
{
	unit "$1-unit" "$1"
	folders='tests/golden tests/e2e'
	# With clang the core and what it loads: other programs and servers are no other for it.
	[ "$1" != clang ] || folders=$CLANG_TESTS
	# Faults: with one compiler, and not where the sanitizers have an allocator of their own.
	[ "$1" != gcc ] || [ "$extent" = quick ] || folders="$folders tests/faults"
	# The kit with one compiler alone: each of its checks is a process, or several, and waits for deadlines.
	[ "$1" = gcc ] || folders="$folders --ignore=tests/e2e/test_kit.py"
	# shellcheck disable=SC2086 # lists of words
	suite "$1-pytest" "$1" "$RUN_SECONDS" "$(selection "$1")" $WITHOUT_VAULT $folders
	# vault.so with one compiler alone, and with the sanitizers.
	# shellcheck disable=SC2046,SC2086 # lists of words, and of files
	[ "$1" = clang ] ||
		suite "$1-vault" "$1" "$RUN_SECONDS" "$(selection "$1")" $WAITING_WORDS $(vault_tests "$1")
	[ "$(id -u)" -eq 0 ] || return 0

	# What differs for an ordinary user, as one.
	[ "$1" = gcc ] || folders="$WITHOUT_VAULT tests/golden tests/e2e"
	report="$log/ordinary-user/$1.xml" marks=$(selection "$1")
	# shellcheck disable=SC2086 # lists of words
	run "$1-ordinary-user" "$RUN_SECONDS" setpriv $ORDINARY_USER env HOME="$log/ordinary-user" \
		"$KEYSTILE_CLIENTS/venv/bin/python3" -m pytest $PYTEST_WORDS -m "ordinary_user${marks:+ and $marks}" \
		--junitxml="$report" $folders || :
	results "$1-ordinary-user" "$status" "$report"
}

# Races, by ThreadSanitizer; memory that is read before it was written, or not freed, by valgrind; parsers, by fuzzers;
# and that the benchmark runs (what it measures is for people to judge).
test_longer()
{
	progress 'building for ThreadSanitizer'
	if build threads; then
		unit threads-unit threads
		suite threads-pytest threads "$RUN_SECONDS" "$(selection threads)" tests/e2e/test_library.py
	fi

	progress "running ${memcheck_words} under valgrind"
	unit memcheck-unit gcc --setup valgrind
	# shellcheck disable=SC2086 # a list of words
	suite memcheck-pytest gcc "$memcheck_seconds" "$(selection gcc)" --memcheck "$memcheck_every" \
		$WITHOUT_VAULT tests/golden tests/e2e
	# shellcheck disable=SC2046,SC2086 # lists of words, and of files
	suite memcheck-vault gcc "$memcheck_seconds" "$(selection gcc)" --memcheck "$memcheck_every" $WAITING_WORDS \
		$(vault_tests memcheck)
	[ "$extent" != long ] || suite faults-long gcc "$LONG_SECONDS" "$(selection gcc)" --long tests/faults

	progress 'fuzzing'
	run fuzz "$RUN_SECONDS" sh tools/fuzz.sh "$FUZZ_SECONDS" || :
	# shellcheck disable=SC2046 # two numbers
	count fuzz $(tail -n 1 "$log/fuzz" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' | grep . || echo 0 1)

	progress 'running the benchmark once'
	if run bench "$RUN_SECONDS" sh bench/run.sh 3; then count bench 1 0; else count bench 0 1; fi
}

lint()
{
	progress 'reading the sources'
	run lint "$RUN_SECONDS" tools/lint.sh || :
	count lint "$(grep -c '^ok ' "$log/lint")" "$(grep -c '^not ok ' "$log/lint")"
	tail -n 1 "$log/lint" | grep -q 'ok white-space$' || count lint-finished 0 1
}

finish()
{
	progress "the logs are in $log"
	awk '{ passed += $2; failed += $3 } END {
		print passed + 0 " passed, " failed + 0 " failed"
		exit failed > 0 || passed == 0 }' "$log/results"
}

leave_bad_place "$@"
forget_credentials
log=$PWD/build/log
rm -rf "$log"
mkdir -p "$log"
[ "$(id -u)" -ne 0 ] || install -d -o "$ORDINARY_UID" "$log/ordinary-user"
export PYTHONDONTWRITEBYTECODE=1 CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1:exitcode=99
export TSAN_OPTIONS=halt_on_error=1:exitcode=99

if install_needs; then
	lint
	for name in $builds; do
		progress "building with $name"
		build "$name" && test_build "$name"
	done
	[ "$extent" = quick ] || test_longer
else
	count clients 0 1
fi
finish
