# SPDX-License-Identifier: MIT
"""Login methods in a real server, each with one who may read a secret: what an entry says to log in so, and what
makes it wrong. Each is given the stage, the secret, and the mount (a new one where none is said)."""

import dataclasses
import secrets
import time
import typing

import jwt
import trustme
import vault_stand_ins
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

PASSWORD = "CANARY password with blanks"
USER = "joe.doe-1"
ISSUER = "https://ci.example"
AUDIENCE = "keystile"
POD_NAMESPACE, ACCOUNT = "prod", "billing"


@dataclasses.dataclass
class Way:
    """`options` lead an entry there; `spoil` takes from whoever logs in what lets him."""
    options: dict
    spoil: typing.Callable
    mount: str
    variables: dict = dataclasses.field(default_factory=dict)


def policy_for(vault, secret, namespace=""):
    return vault.tenant.policy(secret.api_path, "auth/token/revoke-self", namespace=namespace,
                               capabilities=("read", "update"))


class AppRole:
    """A role, and what its owner hands out."""

    def __init__(self, vault, secret, mount=None, namespace="", **role):
        self.vault, self.namespace = vault, namespace
        self.mount = vault.tenant.login("approle", mount, namespace)
        self.role = f"auth/{self.mount}/role/reader"
        vault.tenant.api.write(self.role, namespace=namespace, **{
            "token_policies": [policy_for(vault, secret, namespace)], **role})
        self.role_id = vault.tenant.api.read(f"{self.role}/role-id", namespace=namespace)["role_id"]

    def secret_id(self):
        secret_id = f"CANARY-{secrets.token_hex(12)}"
        self.vault.tenant.api.write(f"{self.role}/custom-secret-id", namespace=self.namespace, secret_id=secret_id)
        return secret_id

    def wrapping_token(self, path=None):
        """One for a secret id, unless it is to hold what another path answers."""
        body = self.vault.tenant.api.do("POST", path or f"{self.role}/secret-id", {}, namespace=self.namespace,
                                        X_Vault_Wrap_TTL="120s")
        return body["wrap_info"]["token"]

    def options(self, secret_id=None, **more):
        """Those of an entry, with the secret id in a file where there is one."""
        options = {"auth": "approle", "auth_mount": self.mount, "role_id": self.role_id, **more}
        if secret_id:
            options["secret_id_file"] = self.vault.file("secret-id", f"{secret_id}\n")
        return options


def approle(vault, secret, mount=None, namespace=""):
    role = AppRole(vault, secret, mount, namespace)
    return Way(role.options(role.secret_id()), lambda: vault.file("secret-id", "CANARY-wrong"), role.mount)


def userpass(vault, secret, mount=None, namespace=""):
    mount = vault.tenant.login("userpass", mount, namespace)
    vault.tenant.api.write(f"auth/{mount}/users/{USER}", password=PASSWORD, namespace=namespace,
                           token_policies=[policy_for(vault, secret, namespace)])
    file = vault.file("password", PASSWORD + "\n")
    options = {"auth": "userpass", "auth_mount": mount, "user": USER, "password_file": file}
    return Way(options, lambda: vault.file("password", "CANARY-wrong"), mount)


class Signer:
    """Signs tokens, as whoever vouches for jobs and pods does."""

    def __init__(self):
        key = ec.generate_private_key(ec.SECP256R1())
        self.private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption())
        self.public = key.public_key().public_bytes(serialization.Encoding.PEM,
                                                    serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, ends_in=600, **claims):
        now = int(time.time())
        usual = {"iss": ISSUER, "aud": [AUDIENCE], "sub": "CANARY-job", "iat": now - 1, "exp": now + ends_in}
        return jwt.encode({**usual, **claims}, self.private, "ES256")


def jwt_mount(vault, secret, signer, mount=None, namespace="", default_role=""):
    """A mount that takes what `signer` signs for the role `job`."""
    mount = vault.tenant.login("jwt", mount, namespace)
    vault.tenant.api.write(f"auth/{mount}/config", namespace=namespace, jwt_validation_pubkeys=[signer.public],
                           bound_issuer=ISSUER, default_role=default_role)
    vault.tenant.api.write(f"auth/{mount}/role/job", namespace=namespace, role_type="jwt", user_claim="sub",
                           bound_audiences=[AUDIENCE], token_policies=[policy_for(vault, secret, namespace)])
    return mount


def jwt_file(vault, secret, mount=None, namespace=""):
    signer = Signer()
    mount = jwt_mount(vault, secret, signer, mount, namespace)
    options = {"auth": "jwt", "auth_mount": mount, "role": "job", "jwt_file": vault.file("jwt", signer.sign())}
    return Way(options, lambda: vault.file("jwt", Signer().sign()), mount)


def certificate(vault, secret, mount=None, namespace=""):
    authority, mount = trustme.CA(), vault.tenant.login("cert", mount, namespace)
    vault.tenant.api.write(f"auth/{mount}/certs/job", namespace=namespace,
                           certificate=authority.cert_pem.bytes().decode(),
                           token_policies=[policy_for(vault, secret, namespace)])

    def issue(by):
        issued = by.issue_cert("job.example", common_name="job.example")
        vault.file("client.pem", issued.cert_chain_pems[0].bytes().decode(), 0o644)
        return vault.file("client.key", issued.private_key_pem.bytes().decode())

    options = {"auth": "cert", "auth_mount": mount, "role": "job", "client_key": issue(authority),
               "client_cert": vault.home / "client.pem"}
    return Way(options, lambda: issue(trustme.CA()), mount)


def pod_token(signer):
    """That of a pod's service account, as a cluster writes it."""
    return signer.sign(sub=f"system:serviceaccount:{POD_NAMESPACE}:{ACCOUNT}", **{
        "kubernetes.io": {"namespace": POD_NAMESPACE, "serviceaccount": {"name": ACCOUNT, "uid": "1"}}})


def kubernetes(vault, secret, mount=None, namespace=""):
    """The server asks a stand-in whether the token is a pod's, which the stage ends."""
    signer = Signer()
    token, mount = pod_token(signer), vault.tenant.login("kubernetes", mount, namespace)
    review = vault.meanwhile(vault_stand_ins.TokenReview(token, POD_NAMESPACE, ACCOUNT))
    vault.tenant.api.write(f"auth/{mount}/config", namespace=namespace, kubernetes_host=review.url,
                           kubernetes_ca_cert=review.certificate, token_reviewer_jwt="CANARY-reviewer")
    vault.tenant.api.write(f"auth/{mount}/role/pod", namespace=namespace, bound_service_account_names=[ACCOUNT],
                           bound_service_account_namespaces=[POD_NAMESPACE],
                           token_policies=[policy_for(vault, secret, namespace)])
    options = {"auth": "kubernetes", "auth_mount": mount, "role": "pod", "jwt_file": vault.file("pod-token", token)}
    return Way(options, lambda: vault.file("pod-token", pod_token(Signer())), mount)


# The methods that need nothing but a server; the last two have it look at the client's certificate, and reach us.
WAYS = {"approle": approle, "userpass": userpass, "jwt": jwt_file, "cert": certificate, "kubernetes": kubernetes}
