# SPDX-License-Identifier: MIT
"""What is put to the test: stacks whose first entry has a credential, with another one waiting behind it.

A scene is one such stack, with the files and variables it needs. Whatever fails, the second credential may not come
out: not by the entry behind, and not by the vendor's stack of the same name.
"""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import logins
import stage as stages
import vault_certificates
import vault_steps
import workers
from stage import API_KEY, BUILD, OTHER_KEY, SETUP_TOKEN, STRANGER, entry
from vault_server import Server

KEY_FORMATS = {
    "file-plain": ({}, f"{API_KEY}\n"),
    "file-dotenv": ({"format": "dotenv"}, f"# a key\nANTHROPIC_API_KEY={API_KEY}\nOTHER=1\n"),
    "file-json": ({"format": "json", "field": "key"}, json.dumps({"other": 1, "key": API_KEY})),
}
VAULT_TOKEN = stages.secret("hvs.", "token", 40)
DECOY = "the wrong program"
LINE_MAX = 64 * 1024
UNLOADABLE = BUILD / "tests" / "hostile" / "dependency-missing.so"


class Scene(stages.Stage):
    def __init__(self, folder):
        super().__init__(folder)
        for name in stages.PROVIDERS:
            self.install(name)
        self.decoys = self.make("decoys")
        self.prefix, self.user, self.workers = [], None, None
        self.servers, self.needs_libraries, self.speaks_tls = contextlib.ExitStack(), False, False
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.listener.bind(str(self.log))
        self.log.chmod(0o666)
        self.variables = {"PATH": f"{self.bin}:{self.decoys}:/usr/bin:/bin", "LOWER": OTHER_KEY}
        for name in ("show", "claude"):
            (self.bin / name).symlink_to("/usr/bin/env")
            self.program(name, f"echo {DECOY}", place=self.decoys)
        self.settings(self.home, {})
        self.settings(self.work, {})
        (self.work / ".git").mkdir()

    @property
    def has_workers(self):
        return self.workers is not None

    def start_workers(self):
        if not self.has_workers:
            self.workers = workers.Workers(self.folder)
            self.variables |= self.workers.variables

    @staticmethod
    def settings(folder, content, name="settings.json"):
        place = folder / ".claude"
        place.mkdir(exist_ok=True)
        (place / name).write_text(json.dumps(content), encoding="utf-8")

    def secret(self, text, name="secret", mode=0o600, folder=None):
        path = (folder or self.home) / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def behind(self, top, **options):
        """Writes the stack: the credential under test, and the one it must not be taken for."""
        lower = entry("env", var="LOWER")
        self.write(lower, place=self.vendor)
        return self.write(top, lower, **options)

    def heard(self):
        """What reached the log since it was last asked; nobody else empties it, and a full one would take no more."""
        lines = []
        with contextlib.suppress(BlockingIOError):
            while True:
                lines.append(self.listener.recv(LINE_MAX).decode())
        return lines

    def start(self, argv, out, err, passed):
        options = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
        return subprocess.Popen(argv, env=self.environment(**self.variables), cwd=self.work, stdin=subprocess.DEVNULL,
                                stdout=out, stderr=err, pass_fds=passed, start_new_session=True, **options)


def env_variable(scene):
    scene.variables["ANTHROPIC_API_KEY"] = API_KEY
    scene.behind(entry("env"))


def env_file(scene):
    scene.variables["ANTHROPIC_API_KEY_FILE"] = str(scene.secret(API_KEY))
    scene.behind(entry("env"))


def of_format(name):
    def write(scene):
        options, text = KEY_FORMATS[name]
        scene.behind(entry("file", path=scene.secret(text), **options))
    return write


def file_credential(scene):
    folder = scene.make("credentials")
    folder.chmod(0o700)
    scene.secret(API_KEY, "key", 0o400, folder)
    scene.variables["CREDENTIALS_DIRECTORY"] = str(folder)
    scene.behind(entry("file", credential="key"))


def file_mounted(scene):
    """As a container runtime puts it there."""
    data = scene.home / "..data"
    data.mkdir()
    scene.secret(API_KEY, "key", 0o644, data)
    (scene.home / "key").symlink_to("..data/key")
    scene.behind(entry("file", path=scene.home / "key", trust="mounted"))


def setup_token_variable(scene):
    scene.variables["CLAUDE_CODE_OAUTH_TOKEN"] = SETUP_TOKEN
    scene.behind(entry("setup-token"))


def setup_token_variable_file(scene):
    scene.variables["CLAUDE_CODE_OAUTH_TOKEN_FILE"] = str(scene.secret(SETUP_TOKEN))
    scene.behind(entry("setup-token"))


def setup_token_file(scene):
    scene.secret(f"{SETUP_TOKEN[:60]}\n{SETUP_TOKEN[60:]}\n", "token")
    scene.behind(entry("setup-token", path="~/token"))


def credentials_file(scene):
    logins.store(scene.home / ".claude")
    scene.behind(entry("credentials-file"))


def credentials_file_elsewhere(scene):
    logins.store(scene.home / "other")
    scene.behind(entry("credentials-file", config_dir=scene.home / "other"))


def linked(scene):
    """Configuration as a ConfigMap has it, and an include."""
    real = scene.make("real")
    scene.behind(entry("file", path=scene.secret(API_KEY)), place=real, service="top")
    scene.write(entry("env", var="LOWER"), place=scene.vendor, service="top")
    scene.write("include top", place=real)
    for name in ("default", "top"):
        (scene.config / f"{name}.conf").symlink_to(f"../real/{name}.conf")


def absent(scene):
    """Nothing is there, so that the other credential may come out."""
    scene.behind(entry("file", path=scene.home / "nothing"))


def shadowed(scene):
    """The project would have claude send another credential: exec stops."""
    setup_token_file(scene)
    scene.settings(scene.work, {"apiKeyHelper": "echo"})


def worktree(scene):
    """So would the local settings of the repository that this folder belongs to."""
    setup_token_file(scene)
    main = scene.make("repository")
    scene.settings(main, {"apiKeyHelper": "echo"}, "settings.local.json")
    folder = main / ".git" / "worktrees" / "here"
    folder.mkdir(parents=True)
    (folder / "commondir").write_text("../..\n", encoding="utf-8")
    (scene.work / ".git").rmdir()
    (scene.work / ".git").write_text(f"gitdir: {folder}\n", encoding="utf-8")


def stranger(scene):
    """The configuration is somebody else's: nothing comes out."""
    env_variable(scene)
    os.chown(scene.config / "default.conf", STRANGER, STRANGER)


def overflow(scene):
    """For the user whose uid stands for everybody without one."""
    of_format("file-plain")(scene)
    os.chown(scene.home / "secret", STRANGER, STRANGER)
    scene.user = STRANGER


def read_only(scene):
    """Everybody could write the file, were it not for its mount."""
    place = scene.make("mount")
    scene.secret(API_KEY, "key", 0o666, place)
    scene.behind(entry("file", path=place / "key", trust="mounted"))
    mount = 'mount --bind "$0/mount" "$0/mount" && mount -o remount,bind,ro "$0/mount"'
    script = f'{{ mount --make-rprivate / 2>/dev/null; {mount}; }} && exec "$@"'
    scene.prefix = ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", script, str(scene.folder)]


def isolated(scene, module, **options):
    """An entry whose module runs in a process of its own. One that does not answer stops the stack as well: that is
    no fault, and has its own tests."""
    scene.start_workers()
    return entry(module, control="binding", at_isolate="process", at_timeout="2s", **options)


def isolated_variable(scene):
    scene.variables["ANTHROPIC_API_KEY"] = API_KEY
    scene.behind(isolated(scene, "env"))


def isolated_file(scene):
    """Its worker is given a descriptor."""
    scene.behind(isolated(scene, "file", path=scene.secret(API_KEY)))


def isolated_folder(scene):
    """Its worker is told of a folder."""
    logins.store(scene.home / "other")
    scene.behind(isolated(scene, "credentials-file", config_dir=scene.home / "other"))


def isolated_twice(scene):
    """The first has nothing."""
    scene.variables["ANTHROPIC_API_KEY"] = API_KEY
    scene.behind("\n".join([isolated(scene, "env", var="NOTHING"), isolated(scene, "env")]))


def isolated_refused(scene):
    """It is told in the worker that its option is no good; no secret, for what a stack says is none and not wiped."""
    scene.behind(isolated(scene, "debug", refuse="secret", secret="nothing"))


def isolated_unloadable(scene):
    """A function that it calls is nowhere."""
    shutil.copy(UNLOADABLE, scene.modules)
    scene.behind(isolated(scene, UNLOADABLE.stem))


def of_vault(scene, server, **options):
    """An entry that asks this server, in the command's own process unless told otherwise. One that does not answer
    stops the stack as well, and at once."""
    url = scene.servers.enter_context(server).url
    scene.variables["VAULT_TOKEN"] = VAULT_TOKEN
    scene.needs_libraries = not scene.has_workers
    options = {"at_isolate": "none", "at_timeout": "2s", "retries": 0, **options}
    return entry("vault", control="binding", addr=url, path="kv/claude", mount="kv", kv_version=1, **options)


def answering(**options):
    """A server with a key."""
    return Server(lambda _: vault_steps.answer({"data": {"api_key": API_KEY}}), **options)


def vault_answered(scene):
    scene.behind(of_vault(scene, answering()))


def vault_isolated(scene):
    """Its worker talks to the server."""
    scene.start_workers()
    scene.behind(of_vault(scene, answering(), at_isolate="process"))


def vault_led(scene):
    """The server leads on to another one, which answers."""
    there = scene.servers.enter_context(answering())
    leads = Server(lambda request: vault_steps.redirect(there.url + request.target))
    scene.behind(of_vault(scene, leads, redirects=there.authority))


def vault_refused(scene):
    """Nobody listens."""
    scene.behind(of_vault(scene, Server(listens=False)))


def vault_untrusted(scene):
    """Its certificate is of an authority that is not trusted."""
    scene.speaks_tls = True
    certificates = vault_certificates.Certificates(scene.make("certificates"))
    scene.behind(of_vault(scene, answering(tls=certificates.server("good")), ca_file=certificates.other_ca))


# Every local provider in each of its forms.
FORMS = {
    "env-variable": env_variable,
    "env-file": env_file,
    **{name: of_format(name) for name in KEY_FORMATS},
    "file-credential": file_credential,
    "file-mounted": file_mounted,
    "setup-token-variable": setup_token_variable,
    "setup-token-variable-file": setup_token_variable_file,
    "setup-token-file": setup_token_file,
    "credentials-file": credentials_file,
    "credentials-file-elsewhere": credentials_file_elsewhere,
}
OTHERS = {"linked": linked, "absent": absent, "shadowed": shadowed, "worktree": worktree}
ISOLATED = {
    "isolated-variable": isolated_variable,
    "isolated-file": isolated_file,
    "isolated-folder": isolated_folder,
    "isolated-twice": isolated_twice,
    "isolated-refused": isolated_refused,
    "isolated-unloadable": isolated_unloadable,
}
VAULT = {
    "vault-answered": vault_answered,
    "vault-isolated": vault_isolated,
    "vault-led": vault_led,
    "vault-refused": vault_refused,
    "vault-untrusted": vault_untrusted,
}
OF_ROOT = {"stranger": stranger, "overflow": overflow, "read-only": read_only}
SCENES = {**FORMS, **OTHERS, **ISOLATED, **VAULT, **OF_ROOT}

COMMANDS = {
    "get": ["get", "-t", "any", "-f", "json"],
    "exec": ["exec", "-t", "any", "--", "show"],
    "explain": ["explain", "--json"],
    "check": ["check", "-v"],
}
MORE_COMMANDS = {
    "get-secret": ["get"],
    "get-header": ["get", "-f", "header"],
    "get-env": ["get", "-f", "env", "-t", "cli"],
    "get-helper": ["get", "-f", "helper"],
    "exec-claude": ["exec", "claude"],
    "exec-changes": ["exec", "--print-env-changes", "show"],
    "explain-text": ["explain"],
    "explain-claude": ["explain", "--", "claude"],
    "check-json": ["check", "--json", "default"],
    "check-file": ["check", "-v", "../etc/default.conf"],
}
CELLS = [
    *((scene, command) for scene in FORMS for command in COMMANDS),
    *(("linked", command) for command in COMMANDS),
    ("absent", "get"), ("absent", "exec"), ("absent", "explain-text"),
    *(("file-plain", command) for command in MORE_COMMANDS),
    ("setup-token-file", "exec-claude"), ("credentials-file", "exec-claude"), ("credentials-file", "get-env"),
    *((scene, command) for scene in ("shadowed", "worktree") for command in ("exec-claude", "explain-claude")),
    *(("isolated-variable", command) for command in COMMANDS),
    *((scene, command) for scene in ("isolated-file", "isolated-folder", "isolated-twice") for command in ("get", "exec")),
    *((scene, command) for scene in ("isolated-refused", "isolated-unloadable") for command in ("get", "explain")),
    *((scene, "get") for scene in VAULT),
    ("stranger", "get"), ("stranger", "exec"), ("stranger", "check"),
    ("overflow", "get"), ("overflow", "exec"), ("read-only", "get"),
]

# Where nothing may come out with or without a fault.
STATUSES = {"shadowed": 78, "worktree": 78, "stranger": 78, "isolated-refused": 78, "isolated-unloadable": 70,
            "vault-refused": 75, "vault-untrusted": 78}


@contextlib.contextmanager
def made(name):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="keystile-"))
    folder.chmod(0o755)
    try:
        scene = Scene(folder)
        with scene.listener, scene.servers:
            SCENES[name](scene)
            yield scene
            assert not scene.has_workers or scene.workers.outlive() == []
    finally:
        shutil.rmtree(folder)


def command_of(name):
    return {**COMMANDS, **MORE_COMMANDS}[name]
