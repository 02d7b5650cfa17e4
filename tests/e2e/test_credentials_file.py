# SPDX-License-Identifier: MIT
"""credentials-file.so: the stored login of the user's own claude, as a handle (design, sections 1 and 7).

Whether there is one, until when, of which plan, and in which folder. No byte of a token leaves the module, and the
file stays as claude wrote it.
"""

import datetime
import json
import os
import pwd

import pytest
from logins import ACCESS_TOKEN, DAY, HOUR, LEFT_OUT, REFRESH_TOKEN, login, milliseconds, store
from stage import GET_KEYS, ORDINARY, STRANGER, entry, shown

pytestmark = pytest.mark.both_homes

CLI = ("-t", "cli")
FOLDER, STORE = "CLAUDE_CONFIG_DIR", "CLAUDE_SECURESTORAGE_CONFIG_DIR"
ACCESS_END, REFRESH_END, PAST = milliseconds(8 * HOUR), milliseconds(30 * DAY), milliseconds(-HOUR)
LATEST = 253402300799999  # the last millisecond of the year 9999
KIB = 1024
NOBODY_AT_ALL = 54321  # no such user


@pytest.fixture(autouse=True)
def module(stage):
    stage.install("credentials-file")
    stage.write(entry("credentials-file"))


def rfc3339(ms):
    return datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def stored(stage, text=None, mode=0o600, **members):
    """Writes the login of the usual folder. Returns its path."""
    members = {"expiresAt": ACCESS_END, "refreshTokenExpiresAt": REFRESH_END, **members}
    return store(stage.home / ".claude", text, mode, **members)


def document(**sections):
    return json.dumps({"claudeAiOauth": login(), **sections})


def refused(stage, path, **options):
    """What becomes of the entry, and why, behind the path."""
    outcome, told = stage.refused(*CLI, **options)
    assert told.startswith(f"{path} ") and "; " in told
    return outcome, told.removeprefix(f"{path} ")


# --- what it delivers -----------------------------------------------------------------------------------------------

def test_a_login_is_a_handle(stage):
    path = stored(stage)
    found = stage.json(*CLI)
    assert set(found) == GET_KEYS
    assert (found["kind"], found["transport"], found["transports"]) == ("stored-login", "cli", ["cli"])
    assert (found["secret"], found["headers"], found["fingerprint"], found["base_url"]) == (None, {}, None, None)
    assert (found["payer"], found["source"], found["module"]) == ("subscription", str(path), "credentials-file.so")
    assert (found["attributes"], found["expires_at"]) == ({"plan": "max"}, rfc3339(REFRESH_END))
    assert set(found["env"].values()) == {None} and FOLDER in found["env"]


@pytest.mark.parametrize("members, expires", [
    ({}, REFRESH_END), ({"expiresAt": PAST}, REFRESH_END), ({"expiresAt": 0}, REFRESH_END),
    ({"refreshTokenExpiresAt": PAST}, ACCESS_END), ({"refreshTokenExpiresAt": 0}, ACCESS_END),
    ({"refreshTokenExpiresAt": milliseconds(HOUR)}, ACCESS_END),
    ({"refreshTokenExpiresAt": LEFT_OUT}, None), ({"refreshTokenExpiresAt": None}, None),
    ({"expiresAt": PAST, "refreshTokenExpiresAt": LEFT_OUT}, None),
    ({"refreshToken": None}, ACCESS_END), ({"refreshToken": ""}, ACCESS_END),
    ({"refreshToken": LEFT_OUT}, ACCESS_END), ({"refreshToken": LEFT_OUT, "refreshTokenExpiresAt": PAST}, ACCESS_END),
    ({"expiresAt": LEFT_OUT, "refreshTokenExpiresAt": LEFT_OUT}, None), ({"expiresAt": None}, REFRESH_END),
    ({"expiresAt": LEFT_OUT, "refreshToken": LEFT_OUT}, None),
    ({"expiresAt": LATEST, "refreshToken": LEFT_OUT}, LATEST), ({"refreshTokenExpiresAt": LATEST}, LATEST),
])
def test_a_login_that_claude_can_use_or_renew_is_good(stage, members, expires):
    stored(stage, **members)
    assert stage.json(*CLI)["expires_at"] == (None if expires is None else rfc3339(expires))


@pytest.mark.parametrize("members, word", [
    ({"expiresAt": PAST, "refreshToken": LEFT_OUT}, "no refresh token with which claude could renew it"),
    ({"expiresAt": PAST, "refreshToken": None}, "no refresh token"),
    ({"expiresAt": PAST, "refreshToken": ""}, "no refresh token"),
    ({"expiresAt": 0, "refreshToken": ""}, "no refresh token"),
    ({"expiresAt": PAST, "refreshTokenExpiresAt": PAST}, "has expired, and so has its refresh token"),
    ({"expiresAt": 0, "refreshTokenExpiresAt": 0}, "and so has its refresh token"),
    ({"expiresAt": 1, "refreshTokenExpiresAt": 999}, "and so has its refresh token"),
])
def test_a_login_that_claude_can_neither_use_nor_renew_is_expired(stage, members, word):
    path = stored(stage, **members)
    outcome, told = refused(stage, path)
    assert outcome == "expired" and word in told and told.endswith("; run claude auth login")
    status, found = stage.explain()
    assert (status, found["steps"][0]["result"]) == (65, "expired")


@pytest.mark.parametrize("plan", ["max", "pro", "team", "enterprise", "max_20x", "x" * 32])
def test_the_plan_is_told(stage, plan):
    stored(stage, subscriptionType=plan)
    assert stage.json(*CLI)["attributes"] == {"plan": plan}
    assert stage.explain()[1]["winner"]["attributes"] == {"plan": plan}


@pytest.mark.parametrize("plan", [
    LEFT_OUT, None, "", ACCESS_TOKEN, "CANARY", "x" * 33, "x" * 200, "a b", "max\n", "max\0", "\x1b[31mmax",
    "m\u00e4x", "max\ud800", 5, True, ["max"], {"max": "max"},
])
def test_a_plan_that_is_no_plain_word_is_left_out(stage, plan):
    stored(stage, subscriptionType=plan)
    assert stage.json(*CLI)["attributes"] == {}


@pytest.mark.parametrize("text", [
    document(mcpOAuth={"server": {"accessToken": REFRESH_TOKEN, "expiresAt": "soon"}}, organizationUuid="CANARY"),
    document(mcpOAuth={"blob": "x" * (200 * KIB)}), document(mcpOAuth={f"s{i}": [i, {}] for i in range(4000)}),
    document(mcpOAuth=["\0", "\ud800", "\udc00\ud800", "\x1b"]), document(**{"\0": {"\ud800": 1, "\0b": 2}}),
    json.dumps({"mcpOAuth": None, "claudeAiOauth": login(added=[1], scopes=[1, None, "user:inference"])}),
    "\r\n\t " + document().replace("claudeAiOauth", "claudeA\\u0069Oauth") + "\n\n",
], ids=["sections", "long", "many", "odd-values", "odd-keys", "members", "blanks"])
def test_what_else_stands_in_the_file_does_no_harm(stage, text):
    stored(stage, text)
    assert stage.json(*CLI)["attributes"] == {"plan": "max"}


@pytest.mark.parametrize("options, name", [({}, FOLDER), ({}, STORE), ({"config_dir": "~/work"}, STORE)])
def test_a_variable_that_is_too_long_is_invalid_and_not_taken_for_none(stage, options, name):
    stage.write(entry("credentials-file", **options))
    stored(stage)
    outcome, told = stage.refused(*CLI, env={name: "/".ljust(70000, "x")})
    assert (outcome, told) == ("invalid", f"{name} has a value of more than 60 KiB; check what it was set to")


# --- what will not do -----------------------------------------------------------------------------------------------

LOGGED_OUT = login(accessToken="", refreshToken="", expiresAt=0, refreshTokenExpiresAt=LEFT_OUT, scopes=[])


@pytest.mark.parametrize("text", [
    "", "\n", "{}", '{"claudeAiOauth": null}', '{"claudeAiOauth": {}}', '{"mcpOAuth": {"accessToken": "CANARY"}}',
    json.dumps({"claudeAiOauth": LOGGED_OUT}), json.dumps({"claudeAiOauth": login(accessToken=None)}),
    json.dumps({"claudeAiOauth": login(accessToken=LEFT_OUT)}), json.dumps(login()),
], ids=lambda text: text[:26])
def test_a_file_without_a_login_is_not_configured(stage, text):
    path = stored(stage, text)
    outcome, told = refused(stage, path)
    word = "holds no login" if text.strip() else "is empty"
    assert (outcome, told) == ("not-configured", f"{word}; run claude auth login")


def test_no_file_and_no_folder_are_not_configured(stage):
    path = stage.home / ".claude/.credentials.json"
    for make in (lambda: None, path.parent.mkdir):
        make()
        assert refused(stage, path) == ("not-configured", "does not exist; run claude auth login")


@pytest.mark.parametrize("text, word", [
    ("CANARY", "is not JSON that can be used: "), ('{"claudeAiOauth": {"accessToken": "CANARY', "is not JSON"),
    (document() + "x", "more text behind the value"), ("\ufeff" + document(), "a byte order mark"),
    (document()[:-1] + ', "claudeAiOauth": {}}', "the same key twice"),
    ('{"claudeAiOauth": {"accessToken": "CANARY", "accessToken": ""}}', "the same key twice"),
    ("[" * 33 + "]" * 33, "nested too deeply"), ("[" + document() + "]", "the document is of another form"),
    ("1", "the document is of another form"), ('"CANARY"', "the document is of another form"),
    ('{"claudeAiOauth": []}', "claudeAiOauth is of another form"),
    ('{"claudeAiOauth": ["CANARY"]}', "claudeAiOauth is of another form"),
    ('{"claudeAiOauth": "CANARY"}', "claudeAiOauth is of another form"),
    ('{"claudeAiOauth": 1}', "claudeAiOauth is of another form"),
    (document(mcpOAuth={"blob": "x" * (256 * KIB)}), "is too large to hold a credential"),
    (document(mcpOAuth=[0] * (80 * KIB)), "too many values"),
], ids=lambda text: text[:26])
def test_a_file_that_claude_does_not_write_so_is_invalid(stage, text, word):
    path = stored(stage, text)
    outcome, told = refused(stage, path)
    assert outcome == "invalid" and word in told and told.endswith("; run claude auth login")


TIMES = ["1767225600000", "2026-11-20", "", 1.5, -1, -1767225600000, True, False, [], {}, LATEST + 1, 10**18, 10**30]


@pytest.mark.parametrize("name, value", [
    *(("accessToken", value) for value in (1, True, [ACCESS_TOKEN], {"CANARY": "CANARY"})),
    *(("refreshToken", value) for value in (1, False, [REFRESH_TOKEN], {})),
    *((name, value) for name in ("expiresAt", "refreshTokenExpiresAt") for value in TIMES),
])
def test_a_member_of_another_form_is_invalid(stage, name, value):
    path = stored(stage, **{name: value})
    assert refused(stage, path) == (
        "invalid", f"is not what claude writes: {name} is of another form; run claude auth login")


@pytest.mark.parametrize("number", ["1e300", "1E400", "1767225600000.0", "17e11", "-0.0"])
def test_a_time_that_is_no_whole_number_is_invalid(stage, number):
    path = stored(stage, document().replace('"expiresAt": ', f'"expiresAt": {number}, "was": '))
    outcome, told = refused(stage, path)
    assert outcome == "invalid" and "expiresAt is of another form" in told


@pytest.mark.parametrize("scopes", [
    LEFT_OUT, None, [], ["user:profile"], ["user:inference2"], "user:inference", {"user:inference": True}, 1,
    [["user:inference"]], ["USER:INFERENCE"], [" user:inference"], ["user:inference user:profile"], [ACCESS_TOKEN],
])
def test_a_login_that_may_not_send_messages_is_invalid(stage, scopes):
    path = stored(stage, scopes=scopes)
    outcome, told = refused(stage, path)
    assert outcome == "invalid" and "it has no scope user:inference; run claude auth login" in told


# --- who may read it ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("trust, mode, uid, word", [
    ("private", 0o600, 0, None), ("private", 0o400, 0, None), ("private", 0o640, 0, "is open to its group"),
    ("private", 0o604, 0, "is open to others"), ("private", 0o644, 0, "is open to others"),
    ("private", 0o622, 0, "may be written by others"), ("private", 0o600, STRANGER, f"is owned by uid {STRANGER}"),
    ("group", 0o640, 0, None), ("group", 0o644, 0, "is open to others"), ("group", 0o640, STRANGER, "is owned by"),
    ("mounted", 0o444, 0, None), ("mounted", 0o644, 0, None), ("mounted", 0o666, 0, "may be written by others"),
    ("mounted", 0o444, STRANGER, f"is owned by uid {STRANGER}"),
])
@pytest.mark.needs_root
def test_trust_of_the_file(stage, trust, mode, uid, word):
    stage.write(entry("credentials-file", trust=trust))
    path = stored(stage, mode=mode)
    os.chown(path, uid, uid)
    if word is None:
        assert stage.json(*CLI)["kind"] == "stored-login"
    else:
        outcome, told = refused(stage, path)
        assert outcome == "invalid" and told.startswith(word)


@pytest.mark.parametrize("trust, target, word", [
    ("private", "real", "is a symbolic link"), ("group", "real", "is a symbolic link"), ("mounted", "real", None),
    ("mounted", "../real", "leads out of its folder"), ("mounted", "nowhere", "a file that is not there"),
])
@pytest.mark.no_memcheck
def test_a_link_is_followed_where_it_is_said_to_be_mounted_and_stays_inside(stage, trust, target, word):
    stage.write(entry("credentials-file", trust=trust))
    path = stored(stage)
    (stage.home / "real").write_bytes(path.read_bytes())
    path.rename(path.with_name("real"))
    path.symlink_to(target)
    if word is None:
        assert stage.json(*CLI)["kind"] == "stored-login"
    else:
        outcome, told = refused(stage, path)
        assert outcome == "invalid" and word in told


def test_the_folder_may_be_a_link(stage):
    path = stored(stage)
    path.parent.rename(stage.home / "elsewhere")
    path.parent.symlink_to("elsewhere")
    assert stage.json(*CLI)["source"] == str(path)


@pytest.mark.parametrize("make, word", [
    (lambda path: path.mkdir(0o700), "is not a regular file"),
    (lambda path: os.mkfifo(path, 0o600), "is not a regular file"),
    (lambda path: path.parent.rmdir() or path.parent.touch(), "a part is no folder"),
], ids=["folder", "fifo", "part"])
def test_what_is_no_file_is_not_read_and_not_waited_for(stage, make, word):
    path = stored(stage)
    path.unlink()
    make(path)
    outcome, told = refused(stage, path, timeout=10)
    assert outcome == "invalid" and word in told


@pytest.mark.ordinary_user
@pytest.mark.parametrize("name", [".claude/.credentials.json", ".claude"])
def test_what_may_not_be_read_is_denied(stage, name):
    path = stored(stage)
    (stage.home / name).chmod(0)
    outcome, told = refused(stage, path, user=ORDINARY)
    (stage.home / name).chmod(0o700)
    assert outcome == "denied" and told.startswith("cannot be read by uid ")


# --- which login ----------------------------------------------------------------------------------------------------

def other(stage, name="other"):
    """A login elsewhere, of another plan. Returns its folder."""
    store(stage.home / name, subscriptionType="pro")
    return str(stage.home / name)


def chosen(stage, **env):
    """Where the login was found, and the folder that claude will be told."""
    found = stage.json(*CLI, env=env)
    assert found["env"][FOLDER] == found["attributes"].get("config-dir")
    return os.path.dirname(found["source"]), found["env"][FOLDER]


def test_the_usual_folder_is_named_by_no_variable(stage):
    usual = os.path.dirname(stored(stage))
    assert chosen(stage) == (usual, None)
    assert chosen(stage, **{FOLDER: ""}) == (usual, None)
    for folder in ("~/.claude", "~/.claude/", usual, f"{usual}//"):
        stage.write(entry("credentials-file", config_dir=folder))
        assert os.path.normpath(chosen(stage, **{FOLDER: other(stage)})[0]) == usual
        assert chosen(stage)[1] is None


@pytest.mark.parametrize("name", ["~/other", "{}/other"])
def test_the_folder_of_the_entry_is_the_one(stage, name):
    stored(stage)
    expected = other(stage)
    stage.write(entry("credentials-file", config_dir=name.format(stage.home)))
    assert chosen(stage) == (expected, expected)
    assert chosen(stage, **{FOLDER: "/nowhere"}) == (expected, expected)
    assert stage.json(*CLI)["attributes"] == {"config-dir": expected, "plan": "pro"}
    assert stage.get(*CLI, "-f", "env").out == f"{FOLDER}={expected}\n"


def test_the_folder_of_the_environment_is_the_one_without_it(stage):
    stored(stage)
    expected = other(stage)
    assert chosen(stage, **{FOLDER: expected}) == (expected, expected)
    outcome, told = stage.refused(*CLI, env={FOLDER: "/nowhere"})
    assert outcome == "not-configured" and told.startswith("/nowhere/.credentials.json does not exist; ")


def test_a_folder_of_logins_alone_outranks_that(stage):
    stored(stage)
    one, two = other(stage, "one"), other(stage, "two")
    assert chosen(stage, **{STORE: one}) == (one, None)
    assert chosen(stage, **{STORE: one, FOLDER: two}) == (one, two)
    assert chosen(stage, **{STORE: one, FOLDER: ""}) == (one, None)
    assert chosen(stage, **{STORE: "", FOLDER: two}) == (str(stage.home / ".claude"), two)


def test_a_folder_of_logins_alone_must_be_that_of_the_entry(stage):
    one, two = other(stage, "one"), other(stage, "two")
    stage.write(entry("credentials-file", config_dir=one))
    for folder in (one, f"{one}/"):
        assert chosen(stage, **{STORE: folder}) == (one, one)
    for folder in (two, "", "one", f"{one}2"):
        outcome, told = stage.refused(*CLI, env={STORE: folder})
        assert outcome == "invalid" and told.startswith(f"{STORE} is set, and would give claude another login")
        assert told.endswith("; unset it")


@pytest.mark.parametrize("name", [FOLDER, STORE])
@pytest.mark.parametrize("value", ["other", "./other", "~/other", "../home/other"])
def test_a_relative_folder_is_invalid(stage, name, value):
    stored(stage)
    other(stage)
    outcome, told = stage.refused(*CLI, env={name: value}, cwd=stage.home)
    assert outcome == "invalid" and told.startswith(f"{name} does not name an absolute path; ")


@pytest.mark.parametrize("name, is_there, word", [
    ("line\nbreak", True, "not printable"), ("/".join(["x" * 200] * 6), True, "longer than 1024 bytes"),
    ("x" * 300, False, "too long"), ("x/" * 3000, False, "too long"),
], ids=["break", "deep", "long", "longer"])
def test_a_folder_whose_path_no_program_could_be_told_is_invalid(stage, name, is_there, word):
    if is_there:
        other(stage, name)
    outcome, told = stage.refused(*CLI, env={FOLDER: f"{stage.home}/{name}"})
    assert outcome == "invalid" and word in told


def test_the_remedy_names_the_folder_of_the_entry(stage):
    stage.write(entry("credentials-file", config_dir="~/other"))
    assert refused(stage, stage.home / "other/.credentials.json") == (
        "not-configured", f"does not exist; run claude auth login with {FOLDER} set to {stage.home}/other")


@pytest.mark.parametrize("options, name", [("config-dir=other", "config-dir"), ("config-dir=~", "config-dir"),
                                           ("trust=public", "trust"), ("path=/k", "path")])
def test_an_entry_that_cannot_be_right_is_refused_unasked(stage, options, name):
    path = stage.write(f"cli sufficient credentials-file.so {options}")
    result = stage.run("check")
    assert (result.status, result.out) == (78, "")
    assert result.message.startswith(f"{path}:1:") and name in result.message


@pytest.mark.needs_root
def test_home_comes_from_the_password_database_where_it_is_unset(stage):
    path = f"{pwd.getpwuid(STRANGER).pw_dir}/.claude/.credentials.json"
    outcome, told = stage.refused(*CLI, user=STRANGER, without=["HOME"])
    assert outcome == "not-configured" and told.startswith(f"{path} does not exist; ")


# --- where it may go ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("args", [["get"], ["get", "-f", "json"], ["get", *CLI], ["get", "-t", "any"],
                                  ["get", *CLI, "-f", "header"], ["exec", "true"]], ids=" ".join)
def test_what_has_no_use_for_a_handle_skips_it_with_the_advice_to_use_exec(stage, args):
    stored(stage)
    result = stage.run(*args)
    assert (result.status, result.out) == (1, "")
    assert ": credentials-file.so: skipped: " in result.messages[0] and "use keystile exec" in result.messages[0]


@pytest.mark.parametrize("args, status", [(["-f", "helper"], 1), (["-f", "helper", "-t", "any"], 1),
                                          (["-f", "helper", *CLI], 64), (["-p", "api", *CLI], 1)])
def test_no_other_way_gives_anything(stage, args, status):
    stored(stage)
    result = stage.get(*args)
    assert (result.status, result.out) == (status, "") and result.messages


def test_claude_finds_the_login_itself(stage):
    stored(stage)
    stage.shower("claude")
    for env in ({}, {FOLDER: other(stage)}, {STORE: other(stage)}):
        result = stage.run("exec", "claude", env=env)
        found = shown(result.out).env
        assert result.status == 0 and (STORE in env or result.err == "")
        assert [found.get(name) for name in (FOLDER, STORE)] == [env.get(name) for name in (FOLDER, STORE)]
        assert not [name for name in found if name.startswith(("ANTHROPIC_", "CLAUDE_CODE_"))]


def test_the_usual_login_of_an_entry_takes_away_the_variable_that_would_lead_elsewhere(stage):
    stored(stage)
    stage.shower("claude")
    stage.write(entry("credentials-file", config_dir="~/.claude"))
    result = stage.run("exec", "claude", env={FOLDER: other(stage)})
    assert result.status == 0 and FOLDER not in shown(result.out).env
    assert FOLDER in result.message and "login" in result.message


# --- what stays where it is -----------------------------------------------------------------------------------------

REPORTS = [["get", *CLI, "-f", "json"], ["get", *CLI, "-f", "env"], ["get", *CLI], ["get", "-f", "helper"],
           ["explain"], ["explain", "--json"], ["explain", "--", "claude"], ["explain", "-t", "api"],
           ["exec", "-v", *CLI, "true"], ["exec", *CLI, "--print-env-changes", "true"], ["exec", *CLI, "env"],
           ["check", "-v"], ["check", "--json"], ["modules", "credentials-file"]]
TOKENS = {"access": "oat", "refresh": "ort"}


def pieces(token):
    """What of a token is long enough to stand nowhere else."""
    return {token[at:at + 8] for at in range(len("sk-ant-oat01-CANARY-"), len(token) - 7)}


@pytest.mark.parametrize("members", [
    {}, {"expiresAt": 1, "refreshTokenExpiresAt": 1}, {"scopes": ["{access}"]}, {"subscriptionType": "{access}"},
    {"expiresAt": "{access}"}, {"refreshToken": ["{refresh}"]}, {"{access}": "{refresh}"},
], ids=["good", "expired", "scopes", "plan", "time", "refresh", "name"])
def test_no_byte_of_a_token_is_in_any_report(stage, members):
    tokens = {name: f"sk-ant-{prefix}01-CANARY-{os.urandom(40).hex()}" for name, prefix in TOKENS.items()}
    text = json.dumps({"claudeAiOauth": login(accessToken="{access}", refreshToken="{refresh}") | members})
    for name, token in tokens.items():
        text = text.replace(f"{{{name}}}", token)
    stored(stage, text)
    stage.shower("claude")
    for args in REPORTS:
        result = stage.run(*args)
        told = result.out + result.err
        assert [piece for token in tokens.values() for piece in pieces(token) if piece in told] == [], args


def everything(folder):
    """All that could show that somebody has written to the folder or to what is in it."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        found[str(path)] = (status.st_mode, status.st_uid, status.st_ino, status.st_nlink, status.st_mtime_ns,
                            status.st_ctime_ns, path.is_file() and path.read_bytes())
    return found


@pytest.mark.ordinary_user
@pytest.mark.parametrize("mode, folder_mode", [(0o600, 0o700), (0o400, 0o500)], ids=["as-it-is", "read-only"])
@pytest.mark.parametrize("members", [{}, {"expiresAt": PAST}, {"expiresAt": PAST, "refreshToken": ""},
                                     {"accessToken": ""}], ids=["good", "to-be-renewed", "expired", "logged-out"])
def test_the_file_and_its_folder_stay_as_they_are(stage, members, mode, folder_mode):
    stage.shower("claude")
    path = stored(stage, mode=mode, **members)
    if ORDINARY is not None:
        for each in (stage.home, path.parent, path):
            os.chown(each, ORDINARY, ORDINARY)
    path.parent.chmod(folder_mode)
    before = everything(stage.home)
    statuses = {stage.run(*args, user=ORDINARY).status for args in REPORTS}
    after = everything(stage.home)
    path.parent.chmod(0o700)
    assert after == before and len(before) == 3
    assert statuses <= {0, 1, 65} and (65 in statuses) == (members.get("refreshToken") == "")


@pytest.mark.needs_root
@pytest.mark.parametrize("line", [entry("credentials-file"), entry("credentials-file", config_dir="~/work"),
                                  entry("setup-token", path="~/token"), entry("file", path="~/key")])
def test_a_user_without_a_home_has_nothing_in_it(stage, line):
    """Some user of a container, whom no database knows: no reason to stop the whole stack."""
    for module in ("setup-token", "file"):
        stage.install(module)
    stage.write(line)
    outcome, told = stage.refused("-t", "any", user=NOBODY_AT_ALL, without=["HOME"])
    assert outcome == "not-configured" and "lies in a home that is not known; set HOME" in told


@pytest.mark.parametrize("name", ["cafe\u0301", "\u1112\u1161\u11ab"])
def test_a_folder_that_claude_would_write_in_another_way_is_invalid(stage, name):
    """Unicode knows two ways, and claude takes the other one: there may be another login."""
    store(stage.home / name)
    stage.write(entry("credentials-file", config_dir=f"~/{name}"))
    outcome, told = stage.refused(*CLI)
    assert outcome == "invalid" and "combining characters" in told
    stage.write(entry("credentials-file"))
    assert stage.refused(*CLI, env={FOLDER: str(stage.home / name)})[0] == "invalid"


def test_a_folder_of_another_script_will_do(stage):
    store(stage.home / "caf\u00e9-\ud55c\u0416")
    stage.write(entry("credentials-file", config_dir="~/caf\u00e9-\ud55c\u0416"))
    assert stage.get("-f", "json", *CLI).status == 0


def test_an_empty_store_beside_the_usual_folder_is_the_same(stage):
    store(stage.home / ".claude")
    stage.write(entry("credentials-file", config_dir="~/.claude"))
    assert stage.get("-f", "json", *CLI, env={STORE: ""}).status == 0
    stage.write(entry("credentials-file", config_dir="~/other"))
    assert stage.refused(*CLI, env={STORE: ""})[0] == "invalid"
