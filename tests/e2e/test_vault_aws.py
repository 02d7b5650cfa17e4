# SPDX-License-Identifier: MIT
"""auth=aws, before stand-ins: neither the Vault here nor anything of AWS is real. The Vault checks what came, and
makes the signature again. (design, section 7)"""

import base64
import json

import pytest
from aws_signatures import Keys, check_login, headers_of
from cloud_servers import answers
from cloud_stage import CloudStage, vault_answers
from cloud_world import HTTP, HTTPS, METADATA, World
from stage import API_KEY, CANARY, PREFIX
from vault_server import LOOPBACK, Server
from vault_steps import answer, errors, hang_up, silence

pytestmark = pytest.mark.both_homes

KEYS = Keys("AKIDVARIABLES", f"{CANARY}/variables+secret=")
SESSION = Keys("ASIAVARIABLES", f"{CANARY}/session+secret=", f"{CANARY}//session+token==")
OF_FILE = Keys("AKIDFILE", f"{CANARY}/file+secret=")
OF_ROLE = Keys("ASIAROLE", f"{CANARY}/role+secret=", f"{CANARY}/role+token=")
OF_CONTAINER = Keys("ASIACONTAINER", f"{CANARY}/container+secret=", f"{CANARY}/container+token=")
OF_INSTANCE = Keys("ASIAINSTANCE", f"{CANARY}/instance+secret=", f"{CANARY}/instance+token=")
METADATA_TOKEN, CONTAINER_TOKEN, IDENTITY = (f"{CANARY}-{name}" for name in ("metadata", "container", "identity"))
ROLES = "/latest/meta-data/iam/security-credentials/"
CONTAINERS = "169.254.170.2"
REGION, STS = "eu-central-1", "sts.eu-central-1.amazonaws.com"
# Nobody listens there.
NOWHERE = "http://127.0.0.1:1"


def variables(keys):
    named = {"AWS_ACCESS_KEY_ID": keys.access, "AWS_SECRET_ACCESS_KEY": keys.secret, "AWS_SESSION_TOKEN": keys.token}
    return {name: value for name, value in named.items() if value}


def profile(name, keys):
    lines = [f"[{name}]", f"aws_access_key_id = {keys.access}", f"aws_secret_access_key = {keys.secret}"]
    return "\n".join(lines + [f"aws_session_token = {keys.token}"] * bool(keys.token)) + "\n"


def as_json(keys):
    """As containers and instances give them."""
    return {"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": keys.access, "SecretAccessKey": keys.secret,
            "Token": keys.token, "Expiration": "2036-01-01T00:00:00Z"}


def as_xml(keys):
    """As STS gives them."""
    return f"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>system:serviceaccount:a:b</SubjectFromWebIdentityToken>
    <Credentials>
      <AccessKeyId>{keys.access}</AccessKeyId>
      <SecretAccessKey>{keys.secret}</SecretAccessKey>
      <SessionToken>{keys.token}</SessionToken>
      <Expiration>2036-01-01T00:00:00Z</Expiration>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""


def instance(**changes):
    """What a machine of EC2 answers; a change of None takes an answer away."""
    table = {"PUT /latest/api/token": METADATA_TOKEN, f"GET {ROLES}": "worker role\n".replace(" ", "-"),
             f"GET {ROLES}worker-role": as_json(OF_INSTANCE)}
    names = {"token": "PUT /latest/api/token", "roles": f"GET {ROLES}", "keys": f"GET {ROLES}worker-role"}
    table.update({names[name]: value for name, value in changes.items()})
    return table


class AwsStage(CloudStage):
    def logs_in(self, keys, env=None, options=None, **wanted):
        """It logs in with these keys, and gets the secret."""
        for body in self.bodies(env, **(options or {})):
            check_login(body, keys, **wanted)


@pytest.fixture
def aws(stage):
    with Server() as server:
        yield AwsStage(stage, server, "aws")


# --- what is sent ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("keys", [KEYS, SESSION, Keys("A", f"{CANARY}{'/+' * 40}")],
                         ids=["lasting", "session", "long"])
def test_a_stand_in_for_vault_finds_the_signature_right(aws, keys):
    aws.logs_in(keys, env=variables(keys))


@pytest.mark.parametrize("options, env, region, host", [
    ({"aws_region": REGION}, {"AWS_REGION": "us-west-2"}, REGION, STS),
    ({}, {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": "us-west-2"}, REGION, STS),
    ({}, {"AWS_REGION": "", "AWS_DEFAULT_REGION": REGION}, REGION, STS),
    ({"aws_region": "us-east-1"}, {}, "us-east-1", "sts.amazonaws.com"),
    ({}, {"AWS_REGION": "cn-north-1"}, "cn-north-1", "sts.cn-north-1.amazonaws.com.cn"),
    ({}, {"AWS_REGION": "us-gov-west-1"}, "us-gov-west-1", "sts.us-gov-west-1.amazonaws.com"),
    ({}, {"AWS_REGION": "us-iso-east-1"}, "us-iso-east-1", "sts.us-iso-east-1.c2s.ic.gov"),
], ids=["option", "variable", "default-variable", "first", "china", "government", "isolated"])
def test_a_stand_in_for_vault_is_told_the_region(aws, options, env, region, host):
    aws.logs_in(SESSION, env={**variables(SESSION), **env}, options=options, region=region, host=host)


def test_a_stand_in_for_vault_is_told_the_role(aws):
    aws.logs_in(KEYS, env=variables(KEYS), options={"role": "ci"}, role="ci")


def test_a_stand_in_for_vault_finds_its_id_among_the_signed_headers(aws):
    aws.logs_in(SESSION, env=variables(SESSION), options={"aws_server_id": "vault.example.com"},
                server_id="vault.example.com")


def test_a_stand_in_for_vault_at_another_mount(aws):
    aws.server.rewind(answers(vault_answers("cloud/of/ours")))
    aws.logs_in(KEYS, env=variables(KEYS), options={"auth_mount": "cloud/of/ours"})
    assert aws.server.requests[0].path == "/v1/auth/cloud/of/ours/login"


def test_a_stand_in_for_vault_that_takes_the_login_with_the_read(aws):
    prefix = "x-vault-inline-auth-parameter-"
    aws.write(inline="yes")
    assert aws.stage.json(env=variables(SESSION))["secret"] == API_KEY
    for request in aws.server.requests:
        packed = [value for name, value in request.headers if name.lower().startswith(prefix)]
        fields = [json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) for text in packed]
        check_login({field["key"]: field["value"] for field in fields}, SESSION)


@pytest.mark.parametrize("inline", ["no", "yes"])
def test_a_stand_in_for_vault_that_says_what_sts_said(aws, inline):
    """STS tells the request that it would have signed, with the session token."""
    said = errors(400, f"error making upstream request: x-amz-security-token:{SESSION.token}\nhost:sts.amazonaws.com")
    aws.server.rewind(lambda request: said)
    aws.write(inline=inline)
    outcome, text = aws.stage.refused(env=variables(SESSION))
    assert "x-amz-security-token:*** host:sts.amazonaws.com" in text
    assert inline == "yes" or (outcome, "auth/aws/login" in text) == ("denied", True)


# --- files with profiles --------------------------------------------------------------------------------------------

BOTH = profile("default", KEYS) + profile("job", OF_FILE)


@pytest.mark.parametrize("name, options, env, keys", [
    (".aws/credentials", {}, {}, KEYS),
    (".aws/credentials", {}, {"AWS_PROFILE": "job"}, OF_FILE),
    (".aws/credentials", {"aws_profile": "job"}, {"AWS_PROFILE": "none"}, OF_FILE),
    ("named", {}, {"AWS_SHARED_CREDENTIALS_FILE": "{home}/named", "AWS_PROFILE": "job"}, OF_FILE),
    ("named", {"aws_file": "~/named"}, {"AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}, KEYS),
    ("named", {"aws_file": "~/named", "aws_profile": "job"}, {}, OF_FILE),
    ("named", {"aws_file": "~/named"}, {"AWS_PROFILE": "job"}, OF_FILE),
    ("named", {"aws_file": "~/named"}, variables(SESSION), KEYS),
    (".aws/credentials", {"aws_profile": "job"}, variables(SESSION), OF_FILE),
], ids=["usual", "variable", "profile", "both-variables", "file", "both", "file-and-variable", "file-before-keys",
        "profile-before-keys"])
def test_keys_of_a_file_for_a_stand_in(aws, name, options, env, keys):
    aws.file(name, BOTH)
    env = {key: value.format(home=aws.stage.home) for key, value in env.items()}
    aws.logs_in(keys, env=env, options=options)


NAMED = {"aws_file": "~/named"}


@pytest.mark.parametrize("text, options, says", [
    (None, NAMED, "/named does not exist"),
    (None, {"aws_profile": "job"}, "/.aws/credentials does not exist"),
    (BOTH, {**NAMED, "aws_profile": "other"}, "has no profile other"),
    ("[default]\naws_access_key_id = A\n", NAMED,
     "has not both aws_access_key_id and aws_secret_access_key in profile default"),
    ("[default]\nrole_arn = arn\nsource_profile = job\n", NAMED, "has not both"),
    (BOTH + profile("default", OF_FILE), NAMED, "cannot be understood in line 7"),
    (f"[default]\naws_access_key_id = {CANARY} {CANARY}\n", NAMED, "cannot be understood in line 2"),
    ("junk\n" * 3, NAMED, "has no profile default"),
], ids=["absent", "absent-usual", "no-profile", "half", "by-role", "twice", "blank", "junk"])
def test_a_named_file_without_keys(aws, text, options, says):
    if text is not None:
        aws.file("named", text)
    outcome, told = aws.fails(env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": NOWHERE}, **options)
    assert outcome == "misconfigured" and says in told, told


@pytest.mark.parametrize("text", [BOTH, profile("job", OF_FILE) + "[default]\nregion = x\n"], ids=["keys", "none"])
def test_a_usual_file_that_others_may_read(aws, text):
    aws.file(".aws/credentials", text, 0o644)
    outcome, told = aws.fails(env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": NOWHERE})
    assert outcome == "misconfigured" and "/.aws/credentials" in told


def test_a_usual_file_without_the_usual_profile_is_passed_over(aws):
    aws.file(".aws/credentials", profile("job", OF_FILE))
    with Server(answers(instance())) as server:
        aws.logs_in(OF_INSTANCE, env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url})


# --- variables that cannot be right ---------------------------------------------------------------------------------

@pytest.mark.parametrize("env, source", [
    ({"AWS_ACCESS_KEY_ID": "A"}, "AWS_SECRET_ACCESS_KEY"),
    ({"AWS_SECRET_ACCESS_KEY": CANARY}, "AWS_ACCESS_KEY_ID"),
    ({"AWS_ACCESS_KEY_ID": "A B", "AWS_SECRET_ACCESS_KEY": CANARY}, "AWS_ACCESS_KEY_ID"),
    ({"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": f"{CANARY}\n{CANARY}"}, "AWS_SECRET_ACCESS_KEY"),
    ({"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": CANARY * 30}, "AWS_SECRET_ACCESS_KEY"),
    ({**variables(KEYS), "AWS_SESSION_TOKEN": f"{CANARY} {CANARY}"}, "AWS_SESSION_TOKEN"),
    ({**variables(KEYS), "AWS_REGION": "eu.evil.example/"}, "AWS_REGION"),
    ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}, "AWS_ROLE_ARN"),
    ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token", "AWS_ROLE_ARN": "arn"}, "/nowhere/token"),
    ({"AWS_SHARED_CREDENTIALS_FILE": "/nowhere/file"}, "/nowhere/file"),
    ({"AWS_PROFILE": "job"}, "/.aws/credentials"),
    ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@evil.example/"}, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/"}, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "file:///etc/passwd"}, "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{NOWHERE}/",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nowhere/token"}, "/nowhere/token"),
    ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{NOWHERE}/", "AWS_CONTAINER_AUTHORIZATION_TOKEN": f"{CANARY}\r\nX: y"},
     "AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    ({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://192.0.2.1"}, "AWS_EC2_METADATA_SERVICE_ENDPOINT"),
    ({"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{NOWHERE}/?a=b"}, "AWS_EC2_METADATA_SERVICE_ENDPOINT"),
], ids=lambda value: "+".join(value) if isinstance(value, dict) else value.replace("/", "."))
def test_variables_of_aws_that_cannot_be_right(aws, env, source):
    outcome, text = aws.fails(env=env)
    assert outcome == "misconfigured" and source in text.partition(" ")[0], text


@pytest.mark.parametrize("trust", ["private", "mounted"])
def test_the_file_of_a_web_identity_is_trusted_as_the_entry_says(aws, trust):
    path = aws.file("identity", IDENTITY, 0o644)
    env = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(path), "AWS_ROLE_ARN": "arn", "AWS_REGION": "nowhere-1"}
    outcome, text = aws.fails(env=env, trust=trust)
    wanted = ("misconfigured", True) if trust == "private" else ("unavailable", False)
    assert (outcome, str(path) in text) == wanted


# --- a container ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("given", ["variable", "file", "both", "blank", "neither"])
def test_keys_of_a_stand_in_for_a_containers_server(aws, given):
    other = f"{CANARY}-other"
    with Server(answers({"GET /keys?of=me": as_json(OF_CONTAINER)})) as server:
        env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/keys?of=me"}
        if given in ("file", "both"):
            env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(aws.file("token", f"{CONTAINER_TOKEN}\n"))
        if given != "neither" and given != "file":
            env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = {"both": other, "blank": f"Basic {other}"}.get(
                given, CONTAINER_TOKEN)
        aws.logs_in(OF_CONTAINER, env=env)
    wanted = {"neither": None, "blank": f"Basic {other}"}.get(given, CONTAINER_TOKEN)
    assert {request.value("Authorization") for request in server.requests} == {wanted}


def test_the_file_of_a_containers_token_that_ends_with_a_nul(aws):
    path = aws.file("token", f"{CONTAINER_TOKEN}\0")
    outcome, text = aws.fails(env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{NOWHERE}/keys",
                                   "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(path)})
    assert outcome == "misconfigured" and str(path) in text


@pytest.mark.parametrize("plays, outcome, says", [
    ((f"who is {CONTAINER_TOKEN}?", 403), "denied", "answered 403: who is ***?"),
    (("later", 429), "unavailable", "answered 429: later"),
    (("broken", 500), "unavailable", "answered 500: broken"),
    ("junk", "unavailable", "did not answer with a JSON object"),
    ("", "unavailable", "did not answer with a JSON object"),
    ([], "unavailable", "did not answer with a JSON object"),
    ({"AccessKeyId": "A", "Token": CANARY}, "unavailable", "answered without keys of AWS"),
    ({"AccessKeyId": "A", "SecretAccessKey": 1}, "unavailable", "answered without keys of AWS"),
    ({"AccessKeyId": "A\r\nB", "SecretAccessKey": CANARY}, "unavailable", "answered without keys of AWS"),
    ({**as_json(OF_CONTAINER), "Token": f"{CANARY} {CANARY}"}, "unavailable", "answered without keys of AWS"),
    (hang_up(b"HTTP/1.1 200 \r\nContent-Length: 100\r\n\r\n{\"AccessKeyId\""), "unavailable", "cut its answer short"),
    (hang_up(), "unavailable", "closed the connection without an answer"),
    (silence(), "unavailable", "did not answer in time"),
    (hang_up(b"SSH-2.0\r\n"), "unavailable", "no answer in HTTP"),
    (answer("", 302, "Location: http://127.0.0.1:1/"), "denied", "answered 302"),
], ids=["refused", "busy", "broken", "junk", "nothing", "list", "half", "number", "line-end", "blank", "cut",
        "hung-up", "silent", "ssh", "led"])
def test_a_stand_in_for_a_containers_server_goes_wrong(aws, plays, outcome, says):
    with Server(answers({"GET /keys": plays})) as server:
        env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/keys",
               "AWS_CONTAINER_AUTHORIZATION_TOKEN": CONTAINER_TOKEN,
               # it is never passed over
               "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{server.url}/instance"}
        found, text = aws.fails(env=env)
        assert (found, f"{server.url}/keys" in text) == (outcome, True)
        assert says in text, text
        assert {request.target for request in server.requests} == {"/keys"}


def test_no_container_is_there(aws):
    outcome, text = aws.fails(env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{NOWHERE}/keys"})
    assert outcome == "unavailable" and f"{NOWHERE}/keys cannot be reached" in text


# --- a machine of EC2 -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("end", ["", "/", "//"])
def test_keys_of_a_stand_in_for_a_machine_of_ec2(aws, end):
    with Server(answers(instance())) as server:
        aws.logs_in(OF_INSTANCE, env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url + end})
        for first, *others in zip(*[iter(server.requests)] * 3):
            assert first.value("X-aws-ec2-metadata-token-ttl-seconds") == "60" and first.body == b""
            assert [other.value("X-aws-ec2-metadata-token") for other in others] == [METADATA_TOKEN] * 2


@pytest.mark.parametrize("changes, outcome, says", [
    ({"token": ("no", 403)}, "denied", "/latest/api/token answered 403: no"),
    ({"token": ("not here", 404)}, "denied", "/latest/api/token answered 404"),
    ({"token": ""}, "unavailable", "/latest/api/token did not answer with one word"),
    ({"token": f"{CANARY} {CANARY}"}, "unavailable", "did not answer with one word"),
    ({"token": silence()}, "unavailable", "/latest/api/token did not answer in time"),
    ({"roles": ("none", 404)}, "denied", "/security-credentials/ answered 404: none"),
    ({"roles": (f"not with {METADATA_TOKEN}", 401)}, "denied", "answered 401: not with ***"),
    ({"roles": "\n"}, "unavailable", "did not answer with one word"),
    ({"keys": ("gone", 404)}, "denied", "/worker-role answered 404: gone"),
    ({"keys": {"Code": "AssumeRoleUnauthorizedAccess"}}, "unavailable", "answered without keys of AWS"),
    ({"keys": "<html>"}, "unavailable", "/worker-role did not answer with a JSON object"),
    ({"keys": hang_up(b"HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\n{")}, "unavailable", "cut its answer short"),
], ids=["refused", "version-1", "no-token", "odd-token", "silent", "no-role", "odd-role", "empty-role", "no-keys",
        "unauthorized", "page", "cut"])
def test_a_stand_in_for_a_machine_of_ec2_goes_wrong(aws, changes, outcome, says):
    with Server(answers(instance(**changes))) as server:
        found, text = aws.fails(env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url})
    assert found == outcome and says in text, text


@pytest.mark.parametrize("env, says", [
    ({"AWS_EC2_METADATA_SERVICE_ENDPOINT": NOWHERE}, "not on this machine"),
    ({"AWS_EC2_METADATA_DISABLED": "true"}, "AWS_EC2_METADATA_DISABLED is true"),
    ({"AWS_EC2_METADATA_DISABLED": "True", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://192.0.2.1"},
     "AWS_EC2_METADATA_DISABLED is true"),
], ids=["refused", "off", "off-in-capitals"])
def test_this_is_no_machine_of_ec2(aws, env, says):
    outcome, text = aws.fails(env=env)
    assert outcome == "unavailable" and text.startswith("auth=aws finds no keys of AWS") and says in text


# --- at their own addresses -----------------------------------------------------------------------------------------

@pytest.fixture
def world(stage):
    """Everything of AWS at once, in a network of its own; the Vault as well."""
    world = World(stage, "aws")
    world.serve(LOOPBACK, HTTPS, {"POST /": as_xml(OF_ROLE)}, STS)
    world.serve(CONTAINERS, HTTP, {"GET /v2/keys": as_json(OF_CONTAINER)})
    world.serve(METADATA, HTTP, instance())
    return world


def ask(world, env):
    return world.ask(env, aws_region=REGION)


def identity(world, text=IDENTITY):
    path = world.stage.home / "identity"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return {"AWS_WEB_IDENTITY_TOKEN_FILE": str(path), "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/ci&more"}


@pytest.mark.no_memcheck
def test_the_places_of_keys_are_looked_at_in_the_order_of_the_sdks(world):
    """Each that is first hides the others, of which nobody is asked. All are stand-ins."""
    (world.stage.home / ".aws").mkdir()
    file = world.stage.home / ".aws" / "credentials"
    file.write_text(profile("default", OF_FILE), encoding="utf-8")
    file.chmod(0o600)
    container = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/keys", "AWS_CONTAINER_CREDENTIALS_FULL_URI": NOWHERE}
    every = {**variables(SESSION), **identity(world), **container}
    hosts = {f"{CONTAINERS} GET /v2/keys": OF_CONTAINER, f"{METADATA} GET {ROLES}worker-role": OF_INSTANCE}
    for keys, without in [(SESSION, []), (OF_ROLE, variables(SESSION)), (OF_FILE, identity(world)),
                          (OF_CONTAINER, file), (OF_INSTANCE, container)]:
        if without is file:
            file.unlink()
        else:
            every = {name: value for name, value in every.items() if name not in without}
        result = ask(world, every)
        assert result.status == 0, (keys.access, result.err)
        assert world.logins
        for body in world.logins:
            check_login(body, keys, region=REGION, host=STS)
        near = [asked for asked in world.asked if asked.startswith("169.254.")]
        assert near[-1:] == [asked for asked, owner in hosts.items() if owner is keys]


@pytest.mark.no_memcheck
def test_a_stand_in_for_sts_is_told_who_wants_a_role(world):
    result = ask(world, {**identity(world, f" {IDENTITY}\n"), "AWS_ROLE_SESSION_NAME": "job@ci"})
    assert result.status == 0, result.err
    for request in world.requests:
        if request["target"] != "/":
            continue
        headers = {name.lower(): value for name, value in request["headers"]}
        assert headers["host"] == STS and "authorization" not in headers
        assert headers["content-type"].startswith("application/x-www-form-urlencoded")
        assert request["body"] == (
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole/ci"
            f"%26more&RoleSessionName=job%40ci&WebIdentityToken={IDENTITY}")


REFUSAL = f"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>InvalidIdentityToken</Code><Message>{IDENTITY} is none</Message></Error></ErrorResponse>"""


@pytest.mark.no_memcheck
@pytest.mark.parametrize("answers_with, outcome, says", [
    ([REFUSAL, 400], "denied", "InvalidIdentityToken</Code><Message>*** is none"),
    (["busy", 503], "unavailable", "answered 503: busy"),
    ([as_xml(OF_ROLE)[:-120].partition("</SessionToken>")[0], 200], "unavailable", "answered without keys of AWS"),
    ([as_xml(OF_ROLE).replace(OF_ROLE.token, ""), 200], "unavailable", "answered without keys of AWS"),
    (["junk", 200], "unavailable", "answered without keys of AWS"),
    (["", 200], "unavailable", "answered without keys of AWS"),
], ids=["refused", "busy", "half", "empty-token", "junk", "nothing"])
def test_a_stand_in_for_sts_goes_wrong(world, answers_with, outcome, says):
    world.servers[1]["table"] = {"POST /": answers_with}
    result = ask(world, {**identity(world), "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/keys"})
    told = result.messages[0].removeprefix(PREFIX)
    assert f": {outcome}: https://{STS}/ " in told and says in told, told
    assert world.asked == [f"{LOOPBACK} POST /"], "somebody else was asked as well"


@pytest.mark.no_memcheck
def test_an_sts_that_nobody_vouches_for_gets_no_token(world):
    result = ask(world, {**identity(world), "SSL_CERT_FILE": "", "SSL_CERT_DIR": ""})
    told = result.messages[0]
    assert result.status == 78 and f"misconfigured: https://{STS}/ cannot be trusted" in told, told
    assert world.asked == []
