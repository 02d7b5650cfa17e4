# SPDX-License-Identifier: MIT
"""vault.so, and a server that cannot prove who it is, a handshake that fails, and the files that TLS needs: no request
is sent to a server that is not the right one. (design, section 7; keystile-vault(8))"""

import subprocess

import pytest
import vault_steps as steps
from vault_certificates import ELSEWHERE
from vault_rows import GIVEN, READ, SHORT, Row, params, play
from vault_server import When

ONCE = [READ]
NO_CA = {"ca_file": None}


def of(name):
    """The path of one of the certificates' files."""
    return lambda world: getattr(world.certificates, name)


def text_of(name):
    return lambda world: getattr(world.certificates, name).read_text(encoding="ascii")


def fine(name, tls="good", **more):
    return Row(name, GIVEN, asked=ONCE, tls=tls, **more)


def refused(name, tls, *says, **more):
    """It is seen before a request, and no repeat mends it."""
    return Row(name, [GIVEN] * 3, "misconfigured", ("{url}", *says), [], tls=tls, **more)


def at_fault(name, *says, tls="good", **more):
    """What the entry or a variable gives is no good. Nobody is asked."""
    return Row(name, [GIVEN], "misconfigured", says, [], tls=tls, **more)


SERVERS = [
    fine("TLS"),
    fine("TLS 1.2", tls="tls_1_2"),
    refused("of another authority", "of_another_authority", "certificate"),
    refused("of another name", "of_another_name", "127.0.0.1"),
    refused("expired", "expired", "expired"),
    refused("not yet valid", "not_yet_valid", "not yet valid"),
    refused("self-signed", "self_signed", "self-signed"),
    refused("TLS 1.1", "tls_1_1"),
    refused("trusted by nobody", "good", "certificate", options=NO_CA),
    refused("a client's certificate is demanded", "demanding_tls_1_2", "alert"),
]
# With TLS 1.3 a client learns of it behind the handshake, and may have sent its request: the server does not read it.
DEMANDING = Row("a client's certificate is demanded, with TLS 1.3", [GIVEN] * 3, "misconfigured", ("{url}",), [],
                tls="demanding")


def stopped(name, step, **more):
    """A handshake that does not come to an end."""
    return Row(name, [step], "unavailable", ("{url}",), [], tls="good", varies=True,
               **{"options": {"retries": 0}, **more})


HANDSHAKES = [
    *(stopped(f"{name} when the client has {when.value}", step(when=when)) for when in (When.ACCEPT, When.HELLO)
      for name, step in {"reset": steps.reset, "hang up": steps.hang_up}.items()),
    *(stopped(f"silence when the client has {when.value}", steps.silence(when=when), timeout=SHORT, options={})
      for when in (When.ACCEPT, When.HELLO)),
    Row("reset, then the answer", [steps.reset(when=When.HELLO), GIVEN], asked=ONCE, tls="good", least=1),
    Row("half of an answer to the hello", [steps.silence(b"\x16\x03\x03\x40\x00\x02", when=When.HELLO)], "unavailable",
        ("{url}",), [], tls="good", timeout=SHORT),
    Row("HTTP where TLS is spoken", [steps.hang_up(b"HTTP/1.1 400 Bad Request\r\n\r\n", when=When.ACCEPT)],
        "misconfigured", (), [], options={"addr": lambda world: f"https://{world.server.authority}"}),
    Row("an alert", [steps.hang_up(bytes.fromhex("15030300020250"), when=When.HELLO)], "misconfigured", ("alert",), [],
        tls="good"),
    Row("reset behind the request", [steps.reset()], "unavailable", ("{url}",), ONCE, tls="good",
        options={"retries": 0}),
    Row("silence in the body", [steps.silence(steps.message({"data": {}})[:-2])], "unavailable", ("{url}",), ONCE,
        tls="good", timeout=SHORT),
    Row("truncated", [steps.hang_up(steps.message({"data": {}})[:-2])], "unavailable", ("{url}",), ONCE, tls="good",
        options={"retries": 0}),
    Row("TLS where HTTP is spoken", [GIVEN], "unavailable", (), [], tls="good",
        options={"addr": lambda world: f"http://{world.server.authority}", "retries": 0}),
]

def encrypted(world):
    """A key with a passphrase: nobody is there to type it, and nobody may be asked."""
    path = world.file("encrypted", "")
    command = ["openssl", "ec", "-aes256", "-passout", "pass:secret", "-in", world.certificates.client_key]
    subprocess.run([*command, "-out", path], check=True, capture_output=True, timeout=30)
    return path


CLIENT = {"client_cert": of("client"), "client_key": of("client_key")}
CLIENTS = [
    fine("a client's certificate", tls="demanding", options=CLIENT),
    fine("a client's certificate, with TLS 1.2", tls="demanding_tls_1_2", options=CLIENT),
    fine("a client's certificate that nobody asks for", options=CLIENT),
    fine("VAULT_CLIENT_CERT", tls="demanding",
         env={"VAULT_CLIENT_CERT": of("client"), "VAULT_CLIENT_KEY": of("client_key")}),
    fine("BAO_CLIENT_CERT", tls="demanding",
         env={"BAO_CLIENT_CERT": of("client"), "BAO_CLIENT_KEY": of("client_key")}),
    fine("BAO_CLIENT_CERT_BYTES", tls="demanding",
         env={"BAO_CLIENT_CERT_BYTES": text_of("client"), "BAO_CLIENT_KEY_BYTES": text_of("client_key")}),
    fine("client-cert= beats VAULT_CLIENT_CERT", tls="demanding", options=CLIENT,
         env={"VAULT_CLIENT_CERT": "/nonexistent", "VAULT_CLIENT_KEY": "/nonexistent"}),
    at_fault("VAULT_CLIENT_CERT alone", "VAULT_CLIENT_CERT", "key", env={"VAULT_CLIENT_CERT": of("client")}),
    at_fault("VAULT_CLIENT_KEY alone", "VAULT_CLIENT_KEY", "certificate", env={"VAULT_CLIENT_KEY": of("client_key")}),
    at_fault("BAO_ empty hides the key", "VAULT_CLIENT_CERT", "key", env={
        "VAULT_CLIENT_CERT": of("client"), "VAULT_CLIENT_KEY": of("client_key"), "BAO_CLIENT_KEY": ""}),
    at_fault("a key that is not there", "/nonexistent", options=CLIENT | {"client_key": "/nonexistent/key"}),
    at_fault("a certificate that is not there", "/nonexistent", options=CLIENT | {"client_cert": "/nonexistent/cert"}),
    at_fault("a key that others may read", "others", options=CLIENT | {
        "client_key": lambda world: world.file("key", text_of("client_key")(world), 0o644)}),
    at_fault("another's key", options=CLIENT | {
        "client_key": lambda world: world.file("key", world.certificates.other_key())}),
    at_fault("a certificate for a key", options=CLIENT | {"client_key": of("client")}),
    at_fault("a key for a certificate", options=CLIENT | {"client_cert": of("client_key")}),
    at_fault("an encrypted key", options=CLIENT | {"client_key": encrypted}),
    at_fault("no key", options=CLIENT | {"client_key": lambda world: world.file("key", "no key\n")}),
    at_fault("an empty key", options=CLIENT | {"client_key": lambda world: world.file("key", "")}),
]


def folder_of(*names):
    """A folder with certificates, under any names."""
    def make(world):
        folder = world.stage.folder / "certificates"
        folder.mkdir(exist_ok=True)
        for name in names:
            (folder / f"{name}.pem").write_bytes(getattr(world.certificates, name).read_bytes())
        return folder
    return make


def hashed_folder_of(*names):
    """The same as the system has it, under their hashes."""
    def make(world):
        folder = folder_of(*names)(world)
        subprocess.run(["openssl", "rehash", folder], check=True, capture_output=True, timeout=30)
        return folder
    return make


AUTHORITIES = [
    fine("ca-path=", options={"ca_file": None, "ca_path": folder_of("ca")}),
    fine("ca-path= with several", options={"ca_file": None, "ca_path": folder_of("ca", "other_ca")}),
    fine("ca-path= with hashes", options={"ca_file": None, "ca_path": hashed_folder_of("ca", "other_ca")}),
    refused("ca-path= without it", "good", "certificate", options={"ca_file": None, "ca_path": folder_of("other_ca")}),
    refused("ca-path= with hashes, without it", "good", "certificate",
            options={"ca_file": None, "ca_path": hashed_folder_of("other_ca")}),
    fine("a file with several", options={
        "ca_file": lambda world: world.file("both", text_of("other_ca")(world) + text_of("ca")(world), 0o644)}),
    fine("VAULT_CACERT", options=NO_CA, env={"VAULT_CACERT": of("ca")}),
    fine("BAO_CACERT", options=NO_CA, env={"BAO_CACERT": of("ca"), "VAULT_CACERT": "/nonexistent"}),
    fine("VAULT_CACERT_BYTES", options=NO_CA, env={"VAULT_CACERT_BYTES": text_of("ca")}),
    fine("VAULT_CAPATH", options=NO_CA, env={"VAULT_CAPATH": folder_of("ca")}),
    fine("SSL_CERT_FILE", options=NO_CA, env={"SSL_CERT_FILE": of("ca")}),
    fine("SSL_CERT_DIR", options=NO_CA, env={"SSL_CERT_DIR": hashed_folder_of("ca")}),
    fine("VAULT_CACERT beats VAULT_CACERT_BYTES", options=NO_CA,
         env={"VAULT_CACERT": of("ca"), "VAULT_CACERT_BYTES": text_of("other_ca")}),
    fine("VAULT_CACERT_BYTES beats VAULT_CAPATH", options=NO_CA,
         env={"VAULT_CACERT_BYTES": text_of("ca"), "VAULT_CAPATH": "/nonexistent"}),
    fine("ca-file= beats VAULT_CACERT", env={"VAULT_CACERT": of("other_ca")}),
    fine("ca-path= beats VAULT_CACERT", options={"ca_file": None, "ca_path": folder_of("ca")},
         env={"VAULT_CACERT": of("other_ca")}),
    refused("VAULT_CACERT is another's", "good", "certificate", options=NO_CA, env={"VAULT_CACERT": of("other_ca")}),
    refused("BAO_ empty hides VAULT_CACERT", "good", "certificate", options=NO_CA,
            env={"VAULT_CACERT": of("ca"), "BAO_CACERT": ""}),
    at_fault("ca-file= that is not there", "/nonexistent/ca", options={"ca_file": "/nonexistent/ca"}),
    at_fault("ca-file= that is a folder", options={"ca_file": folder_of("ca")}),
    at_fault("ca-file= without a certificate", options={"ca_file": of("client_key")}),
    at_fault("ca-file= that is empty", options={"ca_file": lambda world: world.file("empty", "", 0o644)}),
    at_fault("ca-file= with half a certificate", options={
        "ca_file": lambda world: world.file("half", text_of("ca")(world)[:300], 0o644)}),
    at_fault("ca-path= that is not there", "/nonexistent/ca", options={"ca_file": None, "ca_path": "/nonexistent/ca"}),
    at_fault("ca-path= that is empty", options={"ca_file": None, "ca_path": folder_of()}),
    at_fault("ca-path= that is a file", options={"ca_file": None, "ca_path": of("ca")}),
    at_fault("VAULT_CACERT that is not there", "/nonexistent/ca", options=NO_CA,
             env={"VAULT_CACERT": "/nonexistent/ca"}),
    at_fault("VAULT_CACERT_BYTES without a certificate", "VAULT_CACERT_BYTES", options=NO_CA,
             env={"VAULT_CACERT_BYTES": "none"}),
    at_fault("VAULT_CAPATH that is not there", "/nonexistent/ca", options=NO_CA,
             env={"VAULT_CAPATH": "/nonexistent/ca"}),
]

NAMES = [
    fine("server-name=", tls="of_another_name", options={"server_name": ELSEWHERE}),
    fine("VAULT_TLS_SERVER_NAME", tls="of_another_name", env={"VAULT_TLS_SERVER_NAME": ELSEWHERE}),
    fine("server-name= beats VAULT_TLS_SERVER_NAME", tls="of_another_name", options={"server_name": ELSEWHERE},
         env={"VAULT_TLS_SERVER_NAME": "other.example"}),
    refused("server-name= of another", "good", ELSEWHERE, options={"server_name": ELSEWHERE}),
]


def skipping(word, **more):
    """A server whom nobody should trust, and a variable that says to."""
    return {"tls": "of_another_authority", "env": {"VAULT_SKIP_VERIFY": word}} | more


VERIFY = [
    *(at_fault(f"VAULT_SKIP_VERIFY={word}", "VAULT_SKIP_VERIFY", "tls-verify", **skipping(word))
      for word in ("1", "t", "T", "TRUE", "true", "True")),
    *(Row(f"VAULT_SKIP_VERIFY={word}", [GIVEN], "misconfigured", ("{url}", "certificate"), [], **skipping(word))
      for word in ("0", "f", "F", "FALSE", "false", "False", "")),
    *(at_fault(f"VAULT_SKIP_VERIFY={word}", "VAULT_SKIP_VERIFY", **skipping(word))
      for word in ("yes", "tRUE", "2", " true")),
    at_fault("BAO_SKIP_VERIFY", "BAO_SKIP_VERIFY", tls="of_another_authority", env={"BAO_SKIP_VERIFY": "true"}),
    Row("BAO_ empty hides VAULT_SKIP_VERIFY", [GIVEN], "misconfigured", ("{url}", "certificate"), [],
        tls="of_another_authority", env={"VAULT_SKIP_VERIFY": "true", "BAO_SKIP_VERIFY": ""}),
    Row("tls-verify=environment, and nothing there", [GIVEN], "misconfigured", ("{url}", "certificate"), [],
        tls="of_another_authority", options={"tls_verify": "environment"}),
    Row("tls-verify=yes beats VAULT_SKIP_VERIFY", [GIVEN], "misconfigured", ("{url}", "certificate"), [],
        **skipping("true", options={"tls_verify": "yes"})),
]
UNVERIFIED = [
    Row("tls-verify=environment", GIVEN, "ok", ("not verified",), ONCE,
        **skipping("true", options={"tls_verify": "environment"})),
    Row("tls-verify=no", GIVEN, "ok", ("not verified",), ONCE, tls="expired", options={"tls_verify": "no"}),
    Row("tls-verify=no, and another name", GIVEN, "ok", ("not verified",), ONCE, tls="of_another_name",
        options={"tls_verify": "no"}),
]

ROWS = {"server": SERVERS, "handshake": HANDSHAKES, "client": CLIENTS, "authority": AUTHORITIES, "name": NAMES,
        "verify": VERIFY, "unverified": UNVERIFIED}


@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated")
@pytest.mark.parametrize("row", params(ROWS))
def test_tls(stage, certificates, row):
    world = play(stage, certificates, row)
    if row in SERVERS and row.result != "ok":
        assert world.server.connections == 1


def test_a_certificate_is_demanded_behind_the_handshake(stage, certificates):
    assert play(stage, certificates, DEMANDING).server.connections == 1


@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated")
def test_tls_1_1_is_refused_where_the_system_would_speak_it(stage, certificates):
    """A process takes its OpenSSL's settings from a file that a variable names."""
    settings = stage.folder / "openssl.cnf"
    settings.write_text("openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n"
                        "[tls]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n", encoding="ascii")
    settings.chmod(0o644)
    row = Row("", [GIVEN] * 3, "misconfigured", ("{url}",), [], tls="tls_1_1", env={"OPENSSL_CONF": settings})
    assert play(stage, certificates, row).server.connections == 1
