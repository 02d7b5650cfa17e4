# SPDX-License-Identifier: MIT
"""vault.so and certificates: where those that it trusts come from. (design, section 7)"""

import os
import shutil
import subprocess

import pytest
from stage import API_KEY, GATEWAY, OTHER_KEY, STRANGER, debug

pytestmark = [pytest.mark.both_homes, pytest.mark.own_vault]

SYSTEM = "/etc/ssl/certs"


@pytest.fixture
def authority(vault):
    """The certificate that signed the server's, in a file of the stage's. Nothing of the entry names it."""
    vault.read(vault.secret(), ca_file=None)
    return shutil.copy(vault.server.authority, vault.folder / "authority.pem")


@pytest.fixture
def authorities(vault, authority):
    """A folder that has it."""
    folder = vault.make("authorities")
    shutil.copy(authority, folder)
    return folder


def rehash(folder):
    """Names its files by their hashes, as a folder of the system's has them."""
    subprocess.run(["openssl", "rehash", folder], check=True, stdout=subprocess.DEVNULL)
    for path in folder.iterdir():
        if not path.is_symlink():
            path.rename(folder / f".{path.name}")
    for path in folder.iterdir():
        if path.is_symlink():
            target = folder / f".{os.readlink(path)}"
            path.unlink()
            shutil.copy(target, path)


def untrusted(vault, **options):
    outcome, told = vault.refused(**options)
    assert outcome == "misconfigured"
    return told


def test_the_system_does_not_know_it(vault, authority):
    assert "cannot be trusted" in untrusted(vault)


@pytest.mark.parametrize("name", ["VAULT_CACERT", "BAO_CACERT", "SSL_CERT_FILE"])
def test_a_file_that_a_variable_names(vault, authority, name):
    assert vault.json(env={name: authority})["secret"] == API_KEY


@pytest.mark.parametrize("name", ["VAULT_CACERT_BYTES", "BAO_CACERT_BYTES"])
def test_a_variable_that_holds_it(vault, authority, name):
    with open(authority, encoding="ascii") as text:
        assert vault.json(env={name: text.read()})["secret"] == API_KEY
    assert "holds no certificate" in untrusted(vault, env={name: "CANARY"})


@pytest.mark.parametrize("is_hashed", [False, True], ids=["plain", "hashed"])
@pytest.mark.parametrize("name", ["VAULT_CAPATH", "BAO_CAPATH", "SSL_CERT_DIR"])
def test_a_folder_that_a_variable_names(vault, authorities, name, is_hashed):
    if is_hashed:
        rehash(authorities)
    assert vault.json(env={name: str(authorities)})["secret"] == API_KEY


def test_folders_that_a_variable_names(vault, authorities):
    rehash(authorities)
    assert vault.json(env={"SSL_CERT_DIR": f"{SYSTEM}:{authorities}"})["secret"] == API_KEY


@pytest.mark.parametrize("is_hashed", [False, True], ids=["plain", "hashed"])
def test_a_folder_of_the_entry(vault, authorities, is_hashed):
    if is_hashed:
        rehash(authorities)
    vault.read(vault.secret(), ca_file=None, ca_path=authorities)
    assert vault.json()["secret"] == API_KEY


def test_the_first_counts_alone(vault, authority, authorities):
    """As for Vault's own client: the entry's, CACERT, CACERT_BYTES, CAPATH; and only then the system's."""
    system = f"{SYSTEM}/ca-certificates.crt"
    with open(system, encoding="utf-8") as text:
        some = text.read().partition("-----END CERTIFICATE-----")
    wrong = vault.file("some.pem", some[0] + some[1], 0o644)
    ranks = [("VAULT_CACERT", authority, wrong), ("VAULT_CACERT_BYTES", None, wrong.read_text(encoding="utf-8")),
             ("VAULT_CAPATH", str(authorities), SYSTEM), ("SSL_CERT_FILE", authority, str(wrong))]
    for i, (name, _, bad) in enumerate(ranks):
        behind = {later: good for later, good, _ in ranks[i + 1:] if good}
        assert "cannot be trusted" in untrusted(vault, env={**behind, name: str(bad)}), name
        if behind:
            assert vault.json(env=behind)["secret"] == API_KEY
    vault.read(vault.secret(), ca_file=wrong)
    assert "cannot be trusted" in untrusted(vault, env={"VAULT_CACERT": authority})


def test_one_of_the_system_s_is_a_link(vault, authority):
    """They lead to wherever they were installed, and are the wrong ones here."""
    link = next(f"{SYSTEM}/{name}" for name in sorted(os.listdir(SYSTEM))
                if name.endswith(".pem") and os.path.islink(f"{SYSTEM}/{name}"))
    assert "cannot be trusted" in untrusted(vault, env={"VAULT_CACERT": link})


@pytest.mark.no_memcheck    # it does not know openat2(2)
def test_a_link_elsewhere_stays_in_its_folder(vault, authority):
    link = vault.make("links") / "authority.pem"
    link.symlink_to(authority)
    told = untrusted(vault, env={"VAULT_CACERT": str(link)})
    assert told.startswith(f"{link} is a symbolic link that leads out of its folder"), told


@pytest.mark.needs_root
def test_a_file_of_somebody_else(vault, authority):
    os.chown(authority, STRANGER, STRANGER)
    assert f"owned by uid {STRANGER}" in untrusted(vault, env={"VAULT_CACERT": authority})


def test_a_file_that_others_write(vault, authority):
    os.chmod(authority, 0o666)
    assert "may be written by others" in untrusted(vault, env={"VAULT_CACERT": authority})


def test_a_folder_without_a_certificate(vault, authority):
    folder = vault.make("empty")
    assert untrusted(vault, env={"VAULT_CAPATH": str(folder)}).startswith(f"{folder} holds no certificate")
    (folder / "authority.pem").write_text("CANARY", encoding="ascii")
    assert untrusted(vault, env={"VAULT_CAPATH": str(folder)}).startswith(f"{folder} holds no certificate")


def test_a_proxy_of_the_environment_can_be_turned_off(vault):
    vault.read(vault.secret(), proxy="none")
    assert vault.json(env={"VAULT_PROXY_ADDR": "http://127.0.0.1:1"})["secret"] == API_KEY


def test_what_is_not_verified_is_told(vault, authority):
    vault.read(vault.secret(), debug(secret=OTHER_KEY), ca_file=None, tls_verify="no", base_url=GATEWAY)
    result = vault.get("-f", "json")
    assert result.status == 0 and "is not verified" in result.err
