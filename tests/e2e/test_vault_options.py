# SPDX-License-Identifier: MIT
"""Which options of vault.so go with which way to log in: what does not fit is a fault of the line, and no server is
asked. (design, section 3)"""

import pytest
from stage import entry

APPROLE = {"auth": "approle", "role_id": "reader", "secret_id_var": "SECRET_ID"}
KUBERNETES, JWT = {"auth": "kubernetes", "role": "pod"}, {"auth": "jwt", "jwt_var": "JWT"}
AWS, GCP, AZURE = {"auth": "aws"}, {"auth": "gcp", "role": "job"}, {"auth": "azure", "role": "job"}
USERPASS = {"auth": "userpass", "user": "joe", "password_var": "PASSWORD"}
LOGS_IN = "needs an auth= that logs in"
TOKEN, ROLE = "is for auth=token alone", "is not for auth=token, userpass, ldap and none"

# the option that is told, what is said of it, and all that the line has beside its path
FAULTS = [
    ("token-file", TOKEN, {**APPROLE, "token_file": "/t"}),
    ("vault-config", TOKEN, {**APPROLE, "vault_config": "/t"}),
    ("bao-config", TOKEN, {"auth": "none", "bao_config": "/t"}),
    ("role", ROLE, {"role": "job"}),
    ("role", ROLE, {"auth": "none", "role": "job"}),
    ("role-id", "is for auth=approle alone", {"role_id": "reader"}),
    ("role-id-file", "is for auth=approle alone", {"auth": "token", "role_id_file": "/t"}),
    ("secret-id-file", "is for auth=approle alone", {"secret_id_file": "/t"}),
    ("secret-id-var", "is for auth=approle alone", {"secret_id_var": "ID"}),
    ("wrapped", "is for auth=approle alone", {"wrapped": "yes"}),
    ("jwt-file", "is for auth=kubernetes and jwt alone", {**APPROLE, "jwt_file": "/t"}),
    ("jwt-var", "is for auth=jwt alone", {"jwt_var": "JWT"}),
    ("jwt-source", "is for auth=jwt alone", {"jwt_source": "github-actions"}),
    ("audience", "is for auth=jwt alone", {"audience": "us"}),
    ("user", "is for auth=userpass and ldap alone", {**APPROLE, "user": "joe"}),
    ("password-file", "is for auth=userpass and ldap alone", {"password_file": "/t"}),
    ("password-var", "is for auth=userpass and ldap alone", {"password_var": "PASSWORD"}),
    ("aws-region", "is for auth=aws alone", {"aws_region": "eu-west-1"}),
    ("aws-server-id", "is for auth=aws alone", {"aws_server_id": "vault"}),
    ("aws-profile", "is for auth=aws alone", {"aws_profile": "job"}),
    ("aws-file", "is for auth=aws alone", {"aws_file": "/t"}),
    ("aws-region", "is no region of AWS", {**AWS, "aws_region": "EU"}),
    ("aws-region", "is no region of AWS", {**AWS, "aws_region": "eu.example"}),
    ("aws-server-id", "is not printable ASCII without a blank", {**AWS, "aws_server_id": "a b"}),
    ("aws-server-id", "is not printable ASCII without a blank", {**AWS, "aws_server_id": "ä"}),
    ("gcp-type", "is for auth=gcp alone", {"gcp_type": "iam"}),
    ("gcp-account", "is for auth=gcp alone", {"gcp_account": "job"}),
    ("azure-resource", "is for auth=azure alone", {"azure_resource": "us"}),
    ("auth-mount", LOGS_IN, {"auth_mount": "approle"}),
    ("auth-namespace", LOGS_IN, {"auth": "none", "auth_namespace": "team"}),
    ("inline", LOGS_IN, {"inline": "yes"}),
    ("revoke", LOGS_IN, {"revoke": "yes"}),
    ("revoke", LOGS_IN, {"auth": "none", "revoke": "yes"}),
    ("revoke", "has nothing to revoke with inline=yes", {**APPROLE, "inline": "yes", "revoke": "yes"}),
    ("auth", "needs role-id= or role-id-file=", {"auth": "approle"}),
    ("auth", "needs role-id= or role-id-file=", {**APPROLE, "role_id_file": "/t"}),
    ("secret-id-var", "cannot be given beside secret-id-file=", {**APPROLE, "secret_id_file": "/t"}),
    ("wrapped", "needs secret-id-file= or secret-id-var=", {"auth": "approle", "role_id": "reader", "wrapped": "yes"}),
    ("wrapped", "cannot be given beside inline=yes", {**APPROLE, "wrapped": "yes", "inline": "yes"}),
    ("role", "is for wrapped=yes alone", {**APPROLE, "role": "reader"}),
    ("auth", "needs role=", {"auth": "kubernetes"}),
    ("auth", "needs role=", {"auth": "gcp"}),
    ("auth", "needs role=", {"auth": "azure"}),
    ("gcp-account", "is no service account", {**GCP, "gcp_account": "../default"}),
    ("gcp-account", "is no service account", {**GCP, "gcp_account": ".."}),
    ("gcp-account", "is no service account", {**GCP, "gcp_account": "a b"}),
    ("azure-resource", "is for auth=azure alone", {**GCP, "azure_resource": "us"}),
    ("jwt-var", "is for auth=jwt alone", {**KUBERNETES, "jwt_var": "JWT"}),
    ("jwt-source", "is for auth=jwt alone", {**KUBERNETES, "jwt_source": "file"}),
    ("role-id", "is for auth=approle alone", {**JWT, "role_id": "reader"}),
    ("jwt-var", "cannot be given beside jwt-file=", {**JWT, "jwt_file": "/t"}),
    ("jwt-source", "cannot be github-actions", {**JWT, "jwt_source": "github-actions"}),
    ("jwt-source", "cannot be github-actions", {"auth": "jwt", "jwt_file": "/t", "jwt_source": "github-actions"}),
    ("audience", "is for jwt-source=github-actions alone", {**JWT, "audience": "us"}),
    ("role-id", "is for auth=approle alone", {"auth": "cert", "role_id": "reader"}),
    ("role", ROLE, {**USERPASS, "role": "job"}),
    ("role", ROLE, {**USERPASS, "auth": "ldap", "role": "job"}),
    ("auth", "needs user=", {"auth": "userpass", "password_var": "PASSWORD"}),
    ("auth", "needs password-file= or password-var=", {"auth": "ldap", "user": "joe"}),
    ("password-var", "cannot be given beside password-file=", {**USERPASS, "password_file": "/t"}),
    ("user", "has a part that is . or ..", {**USERPASS, "user": "../userpass/login/joe"}),
    ("user", "has a part that is . or ..", {**USERPASS, "auth": "ldap", "user": "joe/.."}),
    ("user", "begins with a slash", {**USERPASS, "user": "/joe"}),
    ("user", "ends with a slash, or has two in a row", {**USERPASS, "user": "joe/"}),
]

FIT = [
    {},
    {"auth": "token", "token_file": "/t", "vault_config": "/t", "bao_config": "/t", "trust": "group"},
    {"auth": "token", "inline": "no", "revoke": "no"},
    {"auth": "none"},
    {**APPROLE, "auth_mount": "of/two", "auth_namespace": "team", "revoke": "yes"},
    {**APPROLE, "inline": "yes", "trust": "mounted"},
    {"auth": "approle", "role_id_file": "/t"},
    {**APPROLE, "wrapped": "yes", "role": "reader", "revoke": "yes"},
    KUBERNETES,
    {**KUBERNETES, "jwt_file": "/t", "inline": "yes"},
    {"auth": "jwt"},
    {"auth": "cert"},
    AWS,
    GCP,
    {**GCP, "gcp_type": "iam", "gcp_account": "job@project.iam.gserviceaccount.com", "revoke": "yes"},
    AZURE,
    {**AZURE, "azure_resource": "https://vault.example/", "inline": "yes"},
    {**AWS, "role": "job", "aws_region": "eu-west-1", "aws_server_id": "vault.example", "aws_file": "/a",
     "aws_profile": "job", "inline": "yes"},
    {"auth": "cert", "role": "job", "client_cert": "/c", "client_key": "/k", "inline": "yes"},
    {**USERPASS, "revoke": "yes"},
    {**USERPASS, "auth": "ldap", "user": "cn=joe doe/ops", "inline": "yes"},
    {**JWT, "role": "job", "jwt_source": "file"},
    {"auth": "jwt", "role": "job", "jwt_source": "github-actions", "audience": "us"},
]


def name_of(case):
    return "-".join(f"{name}={value}" for name, value in case.items()).replace("/", "") or "nothing"


@pytest.fixture
def vault(stage):
    stage.install("vault")
    return stage


@pytest.mark.parametrize("option, fault, options",
                         [pytest.param(*case, id=f"{case[0]}:{name_of(case[2])}") for case in FAULTS])
def test_what_does_not_fit(vault, option, fault, options):
    vault.write(entry("vault", path="ai/claude", **options))
    result = vault.run("check", "default")
    (told,) = result.messages
    assert result.status == 78 and f"option {option} {fault}" in told, told


@pytest.mark.parametrize("options", FIT, ids=name_of)
def test_what_fits(vault, options):
    vault.write(entry("vault", path="ai/claude", **options))
    result = vault.run("check", "default")
    assert (result.status, result.out, result.err) == (0, "", "")
