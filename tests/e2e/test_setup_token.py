# SPDX-License-Identifier: MIT
"""setup-token.so: what people keep of `claude setup-token`, in a variable or in a file (design, section 7).

A token is for claude alone, so everything here asks with -t cli where it does not try to get round that.
"""

import datetime
import json
import os
import time

import pytest
from stage import API_KEY, EXIT, ORDINARY, OTHER_KEY, SETUP_TOKEN, STRANGER, entry, secret, shown

pytestmark = pytest.mark.both_homes

VARIABLE = "CLAUDE_CODE_OAUTH_TOKEN"
CLI = ("-t", "cli")
LENGTH = 108
DAY = 24 * 3600
LONGER = secret("sk-ant-oat01-", "longer", 140)
OTHER_TOKEN = secret("sk-ant-oat01-", "other")
REFRESH_TOKEN = secret("sk-ant-ort01-", "refresh")
# Without the token, which stands where {} is.
PRINTED = """\

\u2713 Long-lived authentication token created successfully!

Your OAuth token (valid for 1 year):

{}

Store this token securely. You won't be able to see it again.

Use this token by setting: export CLAUDE_CODE_OAUTH_TOKEN=<token>
"""


@pytest.fixture(autouse=True)
def module(stage):
    stage.install("setup-token")
    stage.write(entry("setup-token"))


def write(stage, text, mode=0o600, days_ago=0, name="token"):
    path = stage.home / name
    path.write_text(text, encoding="utf-8", newline="")
    path.chmod(mode)
    age(path, days_ago)
    return path


def age(path, days):
    then = time.time() - days * DAY
    os.utime(path, (then, then))


def day(days_ago):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days_ago)).strftime("%Y-%m-%d")


# --- where it is ----------------------------------------------------------------------------------------------------

def in_variable(stage, text, **options):
    stage.write(entry("setup-token", **options))
    return VARIABLE, {VARIABLE: text}


def in_named_file(stage, text, **options):
    stage.write(entry("setup-token", **options))
    path = write(stage, text)
    return str(path), {f"{VARIABLE}_FILE": str(path)}


def in_file(stage, text, **options):
    path = write(stage, text)
    stage.write(entry("setup-token", path=path, **options))
    return str(path), {}


EVERY_PLACE = pytest.mark.parametrize("place", [in_variable, in_named_file, in_file])


def refused(stage, place, text, **options):
    """What becomes of the text there, and why, behind the name of the place."""
    source, env = place(stage, text, **options)
    outcome, told = stage.refused(*CLI, env=env)
    assert told.startswith(f"{source} ") and "; " in told
    return outcome, told.removeprefix(f"{source} ")


@EVERY_PLACE
def test_a_token_is_delivered_for_claude_alone(stage, place):
    source, env = place(stage, f"{SETUP_TOKEN}\n")
    found = stage.json(*CLI, env=env)
    assert (found["secret"], found["kind"], found["source"]) == (SETUP_TOKEN, "setup-token", source)
    assert (found["transport"], found["transports"], found["payer"]) == ("cli", ["cli"], "subscription")
    assert (found["headers"], found["base_url"], found["expires_at"]) == ({}, None, None)
    assert {name: value for name, value in found["env"].items() if value} == {VARIABLE: SETUP_TOKEN}


def test_the_variable_may_have_another_name(stage):
    stage.write(entry("setup-token", var="MY_TOKEN"))
    assert stage.json(*CLI, env={"MY_TOKEN": SETUP_TOKEN, VARIABLE: "CANARY"})["source"] == "MY_TOKEN"
    path = write(stage, SETUP_TOKEN)
    assert stage.json(*CLI, env={"MY_TOKEN_FILE": str(path)})["source"] == str(path)
    outcome, told = stage.refused(*CLI, env={VARIABLE: SETUP_TOKEN})
    assert outcome == "not-configured" and told.startswith("MY_TOKEN is not set; ")


def test_a_path_may_begin_at_home_and_no_variable_is_read_beside_it(stage):
    stage.write(entry("setup-token", path="~/token"))
    path = write(stage, SETUP_TOKEN)
    assert stage.json(*CLI, env={VARIABLE: OTHER_TOKEN})["secret"] == SETUP_TOKEN
    path.unlink()
    outcome, told = stage.refused(*CLI, env={VARIABLE: OTHER_TOKEN})
    assert outcome == "not-configured" and told.startswith(f"{path} does not exist; ")


@pytest.mark.parametrize("env, word", [
    ({}, "is not set; export CLAUDE_CODE_OAUTH_TOKEN, or name a file that holds it in CLAUDE_CODE_OAUTH_TOKEN_FILE"),
    ({VARIABLE: ""}, "is set, but empty; "), ({f"{VARIABLE}_FILE": ""}, "is not set; "),
])
def test_an_absent_or_empty_variable_is_not_configured(stage, env, word):
    outcome, told = stage.refused(*CLI, env=env)
    assert outcome == "not-configured" and f"{VARIABLE} {word}" in told


@pytest.mark.parametrize("text", ["", "\n", "\r\n\r\n"])
@pytest.mark.parametrize("place", [in_named_file, in_file])
def test_an_empty_file_is_not_configured(stage, place, text):
    outcome, told = refused(stage, place, text)
    assert outcome == "not-configured" and told.startswith("is empty; ")


def test_both_forms_of_the_variable_are_invalid(stage):
    env = {VARIABLE: SETUP_TOKEN, f"{VARIABLE}_FILE": str(write(stage, SETUP_TOKEN))}
    outcome, told = stage.refused(*CLI, env=env)
    assert outcome == "invalid" and told.startswith(f"{VARIABLE} is set, and so is its _FILE form; ")


@pytest.mark.parametrize("options, name, word", [
    ("path=/t var=MY_TOKEN", "var", "beside path="), ("path=t", "path", "absolute path"), ("var=1A", "var", "name"),
    ("length=80", "length", "full|any"), ("trust=public", "trust", "private|group|mounted"),
])
def test_an_entry_that_cannot_be_right_is_refused_unasked(stage, options, name, word):
    line = f"cli sufficient setup-token.so {options}"
    path = stage.write(line)
    result = stage.run("check")
    place = line.index(f" {name}=") + len(f" {name}=") + 1
    assert (result.status, result.out) == (78, "")
    assert result.message.startswith(f"{path}:1:{place}: option {name}") and word in result.message


# --- its length -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("length", [13, 79, 80, 107])
@EVERY_PLACE
def test_a_short_token_is_truncated(stage, place, length):
    outcome, told = refused(stage, place, SETUP_TOKEN[:length])
    assert outcome == "invalid"
    assert told.startswith(f"is truncated: it has {length} characters, and a setup-token has {LENGTH}; copy it again")


@pytest.mark.parametrize("text", [SETUP_TOKEN, LONGER, secret("sk-ant-oat02-", "x", LENGTH + 1)])
@EVERY_PLACE
def test_a_token_of_full_length_or_more_is_whole(stage, place, text):
    source, env = place(stage, text, length="full")
    assert (len(text) >= LENGTH, stage.json(*CLI, env=env)["secret"]) == (True, text)


@pytest.mark.parametrize("length", [20, 80, 107])
@EVERY_PLACE
def test_any_length_is_let_through_where_the_entry_says_so(stage, place, length):
    _, env = place(stage, SETUP_TOKEN[:length], length="any")
    assert stage.json(*CLI, env=env)["secret"] == SETUP_TOKEN[:length]


@EVERY_PLACE
@pytest.mark.parametrize("text", [f"{SETUP_TOKEN[:100]}\nlaptop-2026\n", f"{SETUP_TOKEN[:80]}\n{'x' * 29}\n"])
def test_lines_that_make_too_much_are_not_taken_for_a_token(stage, place, text):
    """A truncated token, and a word that happens to stand below it."""
    outcome, told = refused(stage, place, text)
    assert outcome == "invalid" and " characters on 2 lines, and a setup-token has 108" in told
    assert "write it on one line" in told


@EVERY_PLACE
def test_with_any_length_a_token_ends_where_its_line_does(stage, place):
    _, env = place(stage, f"{SETUP_TOKEN[:60]}\nlaptop-2026\n", length="any")
    assert stage.json(*CLI, env=env)["secret"] == SETUP_TOKEN[:60]


# --- what stands around it ------------------------------------------------------------------------------------------

def wrapped(token, columns, end="\n", blanks=""):
    """As a terminal of so many columns breaks it."""
    lines = [token[at:at + columns] for at in range(0, len(token), columns)]
    return (end + blanks).join(lines)


@pytest.mark.parametrize("text, token", [
    (f"\n\r\n  {SETUP_TOKEN}\t\r\n\n", SETUP_TOKEN),
    (wrapped(SETUP_TOKEN, 80), SETUP_TOKEN), (wrapped(SETUP_TOKEN, 80, "\r\n"), SETUP_TOKEN),
    (wrapped(SETUP_TOKEN, 80, "\n", "  "), SETUP_TOKEN), (wrapped(SETUP_TOKEN, 80, " \r\n", "\t"), SETUP_TOKEN),
    (wrapped(SETUP_TOKEN, 40), SETUP_TOKEN), (wrapped(SETUP_TOKEN, 107), SETUP_TOKEN),
    (wrapped(SETUP_TOKEN, 11), SETUP_TOKEN),
    (PRINTED.format(SETUP_TOKEN), SETUP_TOKEN), (PRINTED.format(SETUP_TOKEN).replace("\n", "\r\n"), SETUP_TOKEN),
    (PRINTED.format(wrapped(SETUP_TOKEN, 80)), SETUP_TOKEN),
    (PRINTED.format(wrapped(SETUP_TOKEN, 60)).replace("\n", "\n  "), SETUP_TOKEN),
    (PRINTED.format(SETUP_TOKEN).replace("\n\n", "\n"), SETUP_TOKEN),
    (f"{VARIABLE}={SETUP_TOKEN}\n", SETUP_TOKEN), (f"export {VARIABLE}={SETUP_TOKEN}\n", SETUP_TOKEN),
    (f'export {VARIABLE}="{SETUP_TOKEN}"\n', SETUP_TOKEN), (f" export  {VARIABLE}='{SETUP_TOKEN}'\r\n", SETUP_TOKEN),
    (f'"{SETUP_TOKEN}"', SETUP_TOKEN), (wrapped(f"export {VARIABLE}={SETUP_TOKEN}", 80), SETUP_TOKEN),
    (f"# created {day(10)}\n# mine, of the laptop\n{SETUP_TOKEN}\n# the end\n", SETUP_TOKEN),
    # a whole token ends where its line does
    (f"{SETUP_TOKEN}\nword\n", SETUP_TOKEN), (f"{wrapped(SETUP_TOKEN, 80)}\nword\n", SETUP_TOKEN),
])
@EVERY_PLACE
def test_the_token_is_found_in_what_was_kept_of_it(stage, place, text, token):
    _, env = place(stage, text)
    result = stage.get(*CLI, env=env)
    assert (result.status, result.out, result.err) == (0, f"{token}\n", "")


@pytest.mark.parametrize("text, length, lines", [
    (wrapped(SETUP_TOKEN[:100], 80), 100, 2), (wrapped(SETUP_TOKEN[:107], 40, "\r\n"), 107, 3),
    (PRINTED.format(SETUP_TOKEN[:80]), 80, 1), (PRINTED.format(wrapped(SETUP_TOKEN[:90], 80)), 90, 2),
    (f"{SETUP_TOKEN[:80]}\n\n{SETUP_TOKEN[80:]}", 80, 1), (f"{SETUP_TOKEN[:80]}\n> {SETUP_TOKEN[80:]}", 80, 1),
    (f'export {VARIABLE}="{SETUP_TOKEN[:80]}"', 80, 1),
])
@EVERY_PLACE
def test_a_token_that_was_wrapped_may_be_truncated_all_the_same(stage, place, text, length, lines):
    outcome, told = refused(stage, place, text)
    on_lines = f" on {lines} lines" if lines > 1 else ""
    assert outcome == "invalid" and told.startswith(f"is truncated: it has {length} characters{on_lines}, and ")


@pytest.mark.parametrize("text", [
    f"{SETUP_TOKEN}\n{OTHER_TOKEN}\n", f"{SETUP_TOKEN[:80]}\n{OTHER_TOKEN}", f"{SETUP_TOKEN}\n\n# old\n{OTHER_TOKEN}",
    f"{VARIABLE}={SETUP_TOKEN}\nexport {VARIABLE}={OTHER_TOKEN}\n",
])
@EVERY_PLACE
def test_two_tokens_are_invalid(stage, place, text):
    outcome, told = refused(stage, place, text)
    assert outcome == "invalid" and told.startswith("holds more than one setup-token; ")


@pytest.mark.parametrize("text, word", [
    (API_KEY, "is a workspace API key, not of kind setup-token; put it where an API key belongs (ANTHROPIC_API_KEY)"),
    (REFRESH_TOKEN, "is an OAuth refresh token, which only claude itself may use; run claude setup-token"),
    (secret("sk-ant-sid01-", "x"), "is a session cookie of claude.ai"),
    (secret("sk-ant-admin01-", "x"), "is an Admin API key"),
    (secret("sk-ant-new01-", "x"), "is a kind of Anthropic credential this version does not know"),
    ("CANARY of a token", "has a byte that no credential has, at byte 7 of 17"),
    (json.dumps({"claudeAiOauth": {"accessToken": SETUP_TOKEN}}), "has a setup-token that does not begin a line; "),
    (f"token: {SETUP_TOKEN}", "has a setup-token that does not begin a line; "),
    (f"ANTHROPIC_API_KEY={SETUP_TOKEN}", "has a setup-token that does not begin a line; "),
    ('{"CANARY": 1}', "has a byte that no credential has, at byte 11 of 13"),
    ("CANARY", "does not begin like any Anthropic credential"),
    (f"{API_KEY}\n{OTHER_KEY}", "has a line break at byte 109 of 217"),
    (PRINTED.format("CANARY"), "has a line break at byte 1 of"),
    (f"{SETUP_TOKEN} CANARY", "has something behind the setup-token on its line; "),
    (f"{SETUP_TOKEN};", "has something behind the setup-token on its line; "),
    (f"{SETUP_TOKEN}\u00e4", "has something behind the setup-token on its line; "),
    ("x" * 20000, "has more than 16384 bytes, the most that a credential has"),
])
@EVERY_PLACE
def test_what_is_no_setup_token_is_invalid_and_called_by_its_name(stage, place, text, word):
    outcome, told = refused(stage, place, text)
    assert outcome == "invalid" and told.startswith(word)


# --- its age --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("days_ago", [0, 10, 333])
@EVERY_PLACE
def test_a_line_says_when_it_was_created(stage, place, days_ago):
    _, env = place(stage, f"# created {day(days_ago)}\n{SETUP_TOKEN}\n")
    found = stage.json(*CLI, env=env)
    created = datetime.datetime.strptime(day(days_ago), "%Y-%m-%d")
    expires = created + datetime.timedelta(366)
    assert found["attributes"] == {"created": created.strftime("%Y-%m-%d")}
    assert found["expires_at"] == expires.strftime("%Y-%m-%dT00:00:00Z")


@pytest.mark.parametrize("line", [
    "# created {}", "#created {}", "  #  Created: {}  \r", "# CREATED\t{}", "#created:{}",
])
def test_that_line_may_stand_below_and_be_written_in_other_ways(stage, line):
    _, env = in_file(stage, f"{SETUP_TOKEN}\n# mine\n{line.format(day(9))}\n")
    assert stage.json(*CLI, env=env)["attributes"] == {"created": day(9)}


@pytest.mark.parametrize("days_ago", [367, 500])
@EVERY_PLACE
def test_a_token_that_was_created_more_than_a_year_ago_is_expired(stage, place, days_ago):
    outcome, told = refused(stage, place, f"# created {day(days_ago)}\n{SETUP_TOKEN}\n")
    assert outcome == "expired" and "created more than a year ago; run claude setup-token" in told
    status, found = stage.explain(*CLI, env={VARIABLE: f"# created {day(days_ago)}\n{SETUP_TOKEN}\n"} if
                                  place is not in_file else {})
    assert (status, found["steps"][0]["result"], found["outcome"]) == (65, "expired", "failed")


@pytest.mark.parametrize("date", [
    "20261120", "2026-13-01", "2026-00-10", "2026-10-00", "2026-10-32", "26-10-10", "1999-10-10",
    "2026-1-1", "2026-10-10T10:00", "2026-10-10 10:00", "2026-x0-10", "2026--1-10", "0000-00-00", "99999-01-01",
    # days that never were, and such as are yet to come
    "2026-02-30", "2026-09-31", "2026-+1-01", "2026- 1-01", "2099-01-01", "9999-12-31",
])
@EVERY_PLACE
def test_a_date_that_is_none_is_no_date_and_is_warned_of(stage, place, date):
    source, env = place(stage, f"# created {date}\n{SETUP_TOKEN}\n")
    result = stage.get("-f", "json", *CLI, env=env)
    assert (result.status, result.json["secret"], result.json["expires_at"]) == (0, SETUP_TOKEN, None)
    assert result.json["attributes"] == ({} if place is in_variable else {"written": day(0)})
    assert f"{source} has a comment on when the token was created that does not say the day" in result.message
    assert "# created YYYY-MM-DD" in result.message


@pytest.mark.parametrize("words", ["", "by hand", "yesterday"])
def test_a_comment_that_means_no_date_is_not_warned_of(stage, words):
    path, _ = in_file(stage, f"# created {words}\n{SETUP_TOKEN}\n")
    assert stage.json(*CLI)["attributes"] == {"written": day(0)}


def test_two_dates_are_none(stage):
    _, env = in_variable(stage, f"# created {day(9)}\n# created {day(400)}\n{SETUP_TOKEN}")
    result = stage.get("-f", "json", *CLI, env=env)
    assert (result.status, result.json["attributes"]) == (0, {}) and "write it once" in result.message


@pytest.mark.parametrize("days_ago", [0, 200, 334])
@pytest.mark.parametrize("place", [in_named_file, in_file])
def test_a_file_tells_when_it_was_written(stage, place, days_ago):
    source, env = place(stage, SETUP_TOKEN)
    age(source, days_ago)
    found = stage.json(*CLI, env=env)
    assert (found["attributes"], found["expires_at"]) == ({"written": day(days_ago)}, None)


def test_a_variable_tells_nothing_of_its_age(stage):
    assert stage.json(*CLI, env={VARIABLE: SETUP_TOKEN})["attributes"] == {}


def test_what_the_file_says_counts_and_not_when_it_was_written(stage):
    path, env = in_file(stage, f"# created {day(20)}\n{SETUP_TOKEN}\n")
    age(path, 400)
    assert stage.json(*CLI, env=env)["attributes"] == {"created": day(20)}


@pytest.mark.parametrize("days_ago", [340, 400])
def test_a_file_that_was_written_long_ago_is_good_and_is_warned_of(stage, days_ago):
    """Its time is no proof: a copy has that of the copy, and an image any."""
    path, _ = in_file(stage, SETUP_TOKEN)
    age(path, days_ago)
    result = stage.get(*CLI, "-f", "json")
    assert (result.status, result.json["secret"], result.json["expires_at"]) == (0, SETUP_TOKEN, None)
    assert result.json["attributes"] == {"written": day(days_ago)}
    assert f"{path} was written on {day(days_ago)}, and " in result.message and "one year" in result.message
    assert "run claude setup-token" in result.message
    result = stage.run("exec", *CLI, "true")
    assert result.status == 0 and day(days_ago) in result.message
    result = stage.run("exec", "-q", *CLI, "true")
    assert (result.status, result.err) == (0, "")


@pytest.mark.parametrize("days_ago", [336, 364])
def test_a_token_whose_year_is_nearly_over_is_warned_of(stage, days_ago):
    _, env = in_variable(stage, f"# created {day(days_ago)}\n{SETUP_TOKEN}\n")
    result = stage.get(*CLI, env=env)
    assert (result.status, result.out) == (0, f"{SETUP_TOKEN}\n")
    assert f"{VARIABLE} was created on {day(days_ago)}, and " in result.message


@pytest.mark.parametrize("seconds", [0, 315532800, 1735689599])
def test_a_time_from_before_there_were_such_tokens_says_nothing(stage, seconds):
    """As files of an image have it: 1970, 1980, 2024."""
    path, _ = in_file(stage, SETUP_TOKEN)
    os.utime(path, (seconds, seconds))
    assert stage.json(*CLI)["attributes"] == {}


def test_what_is_refused_is_not_warned_of(stage):
    for text in (API_KEY, SETUP_TOKEN[:80]):
        path, _ = in_file(stage, text)
        age(path, 400)
        stage.refused(*CLI)


# --- who may read the file ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("trust, mode, word", [
    ("private", 0o600, None), ("private", 0o640, "is open to its group"), ("private", 0o444, "is open to others"),
    ("group", 0o640, None), ("group", 0o644, "is open to others"), ("mounted", 0o444, None),
    ("mounted", 0o464, "may be written by its group"),
])
@pytest.mark.parametrize("place", [in_named_file, in_file])
@pytest.mark.needs_root
def test_trust_of_the_file(stage, place, trust, mode, word):
    source, env = place(stage, SETUP_TOKEN, trust=trust)
    os.chmod(source, mode)
    if word is None:
        assert stage.json(*CLI, env=env)["secret"] == SETUP_TOKEN
    else:
        outcome, told = stage.refused(*CLI, env=env)
        assert outcome == "invalid" and told.startswith(f"{source} {word}")
    os.chown(source, STRANGER, STRANGER)
    assert f"is owned by uid {STRANGER}" in stage.refused(*CLI, env=env)[1]


@pytest.mark.ordinary_user
@pytest.mark.parametrize("place", [in_named_file, in_file])
def test_a_file_that_may_not_be_read_is_denied(stage, place):
    source, env = place(stage, SETUP_TOKEN)
    os.chmod(source, 0)
    outcome, told = stage.refused(*CLI, env=env, user=ORDINARY)
    assert outcome == "denied" and told.startswith(f"{source} cannot be read by uid ")


@pytest.mark.parametrize("size, outcome", [(64 * 1024, None), (64 * 1024 + 1, "invalid")])
@pytest.mark.parametrize("place", [in_named_file, in_file])
def test_a_file_of_64_kib_is_the_largest(stage, place, size, outcome):
    source, env = place(stage, f"{SETUP_TOKEN}\n".ljust(size))
    if outcome is None:
        assert stage.json(*CLI, env=env)["secret"] == SETUP_TOKEN
    else:
        assert stage.refused(*CLI, env=env) == (
            outcome, f"{source} is too large to hold a credential; put the credential there, and nothing else")


@pytest.mark.parametrize("make, word", [
    (lambda path: os.mkfifo(path, 0o600), "is not a regular file"),
    (lambda path: path.mkdir(0o700), "is not a regular file"),
    (lambda path: path.symlink_to("real"), "is a symbolic link"),
], ids=["fifo", "folder", "link"])
def test_what_is_no_file_is_not_read_and_not_waited_for(stage, make, word):
    path = stage.home / "token"
    make(path)
    stage.write(entry("setup-token", path=path))
    outcome, told = stage.refused(*CLI, timeout=10)
    assert outcome == "invalid" and told.startswith(f"{path} {word}")


# --- where it may go ------------------------------------------------------------------------------------------------

GIVEN = {VARIABLE: SETUP_TOKEN}


@pytest.mark.parametrize("args", [["get"], ["get", "-f", "json"], ["get", "-f", "header"], ["get", "-f", "env"],
                                  ["exec", "true"]], ids=" ".join)
def test_what_asks_for_the_api_does_not_get_it_and_is_told_how_claude_does(stage, args):
    result = stage.run(*args, env=GIVEN)
    assert (result.status, result.out) == (1, "")
    assert ": setup-token.so: skipped: " in result.messages[0]
    assert "use keystile exec" in result.messages[0] and "-t cli" in result.messages[0]


@pytest.mark.parametrize("args, status", [(["-f", "helper"], 1), (["-f", "helper", "-t", "any"], 1),
                                          (["-f", "helper", "-t", "cli"], 64), (["-f", "header", "-t", "cli"], 77),
                                          (["-f", "header", "-t", "any"], 77), (["-p", "api", "-t", "cli"], 1)])
def test_no_way_to_the_api_gives_it(stage, args, status):
    result = stage.get(*args, env=GIVEN)
    assert (result.status, result.out) == (status, "") and len(result.messages) >= 1


def test_the_environments_form_names_the_variable_that_claude_reads(stage):
    stage.write(entry("setup-token", path=write(stage, wrapped(SETUP_TOKEN, 80))))
    assert stage.get("-f", "env", *CLI).out == f"{VARIABLE}={SETUP_TOKEN}\n"


def test_claude_gets_it_and_another_program_only_where_that_is_written(stage):
    stage.shower("claude")
    stage.write(entry("setup-token", path=write(stage, PRINTED.format(wrapped(SETUP_TOKEN, 80)))))
    result = stage.run("exec", "claude", env={"ANTHROPIC_API_KEY": API_KEY}, reveals=True)
    env = shown(result.out).env
    assert env[VARIABLE] == SETUP_TOKEN and "ANTHROPIC_API_KEY" not in env
    assert stage.run("exec", "printenv", VARIABLE).status == EXIT["not-configured"]
    assert stage.run("exec", *CLI, "printenv", VARIABLE, reveals=True).out == f"{SETUP_TOKEN}\n"


def test_the_subscription_pays(stage):
    assert stage.json(*CLI, "-p", "subscription", env=GIVEN)["payer"] == "subscription"
    status, found = stage.explain("-p", "api", env=GIVEN)
    assert (status, found["steps"][0]["action"]) == (1, "skip")


@pytest.mark.parametrize("text", [SETUP_TOKEN, SETUP_TOKEN[:80], API_KEY, f"{SETUP_TOKEN}\n{OTHER_TOKEN}"])
@EVERY_PLACE
def test_no_report_shows_it(stage, place, text):
    """Stage.run() looks for it in what they say."""
    _, env = place(stage, text)
    for args in (["explain"], ["explain", "--json", *CLI], ["explain", "--", "claude"], ["check", "-v"],
                 ["exec", "-v", *CLI, "true"], ["exec", *CLI, "--print-env-changes", "true"]):
        result = stage.run(*args, env=env)
        assert result.out + result.err
