# SPDX-License-Identifier: MIT
"""A real LDAP server on loopback: Debian's slapd, with a folder of its own and one user."""

import contextlib
import pathlib
import shutil
import socket
import subprocess

from bao_program import HOST, HeldPort, Process

SUFFIX = "dc=example,dc=com"
SCHEMAS = pathlib.Path("/etc/ldap/schema")
MODULES = pathlib.Path("/usr/lib/ldap")
TIMEOUT = 30

CONFIG = """
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
pidfile {folder}/slapd.pid
modulepath {modules}
moduleload back_mdb
database mdb
suffix "{suffix}"
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"""

ENTRIES = """
dn: {suffix}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,{suffix}
objectClass: organizationalUnit
ou: people

dn: cn={user},ou=people,{suffix}
objectClass: inetOrgPerson
cn: {user}
sn: {user}
userPassword: {password}

dn: ou=groups,{suffix}
objectClass: organizationalUnit
ou: groups

dn: cn={group},ou=groups,{suffix}
objectClass: groupOfNames
cn: {group}
member: cn={user},ou=people,{suffix}
"""


class Slapd(Process):
    """It lets `user` in with `password`, who is in the group `group`."""

    # How a login method finds the user.
    options = {"userdn": f"ou=people,{SUFFIX}", "userattr": "cn", "groupdn": f"ou=groups,{SUFFIX}"}

    def __init__(self, folder, user, password, group):
        (folder / "data").mkdir()
        config = folder / "slapd.conf"
        config.write_text(CONFIG.format(schemas=SCHEMAS, modules=MODULES, suffix=SUFFIX, folder=folder), "utf-8")
        slapadd, slapd = (shutil.which(name, path="/usr/sbin:/usr/bin") for name in ("slapadd", "slapd"))
        if not slapd:
            raise RuntimeError("slapd is missing; install slapd")
        subprocess.run([slapadd, "-f", config], text=True, check=True, capture_output=True, timeout=TIMEOUT,
                       input=ENTRIES.format(suffix=SUFFIX, user=user, password=password, group=group))
        self.port = HeldPort()
        self.address = f"ldap://{HOST}:{self.port.number}"
        super().__init__(folder, "slapd", slapd, "-h", self.address, "-f", config, "-d", "0")
        self.wait_until(self.is_ready)

    def is_ready(self):
        with contextlib.suppress(OSError), socket.create_connection(self.port.getsockname()):
            return True
        return False

    def stop(self):
        super().stop()
        self.port.close()
