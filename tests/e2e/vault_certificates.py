# SPDX-License-Identifier: MIT
"""Certificates for scripted servers, right and in each way wrong. They are made for the run, with their keys, and good
for no other."""

import datetime
import ssl

import trustme
from vault_server import LOOPBACK

# A name that no server here has.
ELSEWHERE = "vault.example"
DAY = datetime.timedelta(days=1)


class Certificates:
    """Files: `ca` holds the authority that is to be trusted, `other_ca` another; `client` and `client_key` are a
    client's. server() makes what a server speaks TLS with.
    """

    def __init__(self, folder):
        self.folder, self.authority, self.other, self.contexts = folder, trustme.CA(), trustme.CA(), {}
        self.ca = self.write("ca.pem", self.authority.cert_pem)
        self.other_ca = self.write("other-ca.pem", self.other.cert_pem)
        client = self.authority.issue_cert("client@vault.example")
        self.client = self.write("client.pem", *client.cert_chain_pems)
        self.client_key = self.write("client-key.pem", client.private_key_pem)

    def other_key(self):
        """The text of a key that belongs to no certificate here."""
        return self.other.issue_cert(ELSEWHERE).private_key_pem.bytes().decode("ascii")

    def write(self, name, *blobs):
        path = self.folder / name
        path.write_bytes(b"".join(blob.bytes() for blob in blobs))
        path.chmod(0o600)
        return path

    def server(self, kind):
        """The context of a server of this kind: the name of one of the functions below."""
        if kind not in self.contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate, key = getattr(self, kind)(context)
            context.load_cert_chain(self.write(f"{kind}.pem", key, *certificate))
            self.contexts[kind] = context
        return self.contexts[kind]

    def issue(self, *names, authority=None, **options):
        leaf = (authority or self.authority).issue_cert(*names or (LOOPBACK, "localhost"), **options)
        return leaf.cert_chain_pems, leaf.private_key_pem

    def good(self, _):
        return self.issue()

    def of_another_authority(self, _):
        return self.issue(authority=self.other)

    def of_another_name(self, _):
        return self.issue(ELSEWHERE)

    def expired(self, _):
        now = datetime.datetime.now(datetime.timezone.utc)
        return self.issue(not_before=now - 2 * DAY, not_after=now - DAY)

    def not_yet_valid(self, _):
        now = datetime.datetime.now(datetime.timezone.utc)
        return self.issue(not_before=now + DAY, not_after=now + 2 * DAY)

    def self_signed(self, _):
        return [self.other.cert_pem], self.other.private_key_pem

    def tls_1_1(self, context):
        """OpenSSL speaks it at its lowest level of security only."""
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        return self.issue()

    def tls_1_2(self, context):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return self.issue()

    def demanding(self, context):
        """Asks for a client's certificate: in TLS 1.3 a client without one learns of it behind the handshake."""
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.ca)
        return self.issue()

    def demanding_tls_1_2(self, context):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return self.demanding(context)
