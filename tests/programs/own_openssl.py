# SPDX-License-Identifier: MIT
"""An application with an OpenSSL of its own, which asks libkeystile in its own process: Python, whose module ssl maps
the library that libcurl maps as well.

    own_openssl.py LIBRARY CONFIG-FOLDER HOST:PORT CA SERVICE...

It prints one JSON object a step: what became of each service's request, and after each what it finds of itself.
"""

import ctypes
import http.client
import json
import os
import signal
import ssl
import sys

MESSAGE_MAX = 1024
SECONDS = 30


class Error(ctypes.Structure):
    """struct ks_error"""
    _fields_ = [("size", ctypes.c_size_t), ("result", ctypes.c_int), ("message", ctypes.c_char * MESSAGE_MAX)]


class Options(ctypes.Structure):
    """struct ks_open_options"""
    _fields_ = [("size", ctypes.c_size_t), ("flags", ctypes.c_uint32), ("config_dir", ctypes.c_char_p),
                ("fault", ctypes.c_void_p), ("fault_data", ctypes.c_void_p), ("log", ctypes.c_void_p),
                ("log_data", ctypes.c_void_p)]


def load(path):
    library = ctypes.CDLL(path)
    library.ks_credential_fingerprint.restype = library.ks_result_name.restype = ctypes.c_char_p
    library.ks_close.restype = library.ks_credential_free.restype = ctypes.c_void_p
    return library


def new_error():
    return Error(size=ctypes.sizeof(Error))


def open_context(library, folder, service):
    options = Options(size=ctypes.sizeof(Options), config_dir=os.fsencode(folder))
    context, error = ctypes.c_void_p(), new_error()
    result = library.ks_open(service.encode(), ctypes.byref(options), ctypes.byref(context), ctypes.byref(error))
    if result != 0:
        raise RuntimeError(error.message.decode())
    return context


def resolve(library, context):
    """The credential's fingerprint, or the result's name."""
    credential, error = ctypes.c_void_p(), new_error()
    result = library.ks_resolve(context, None, ctypes.byref(credential), None, ctypes.byref(error))
    if result != 0:
        return library.ks_result_name(result).decode()
    fingerprint = library.ks_credential_fingerprint(credential).decode()
    library.ks_credential_free(credential)
    return fingerprint


def signals():
    with open("/proc/self/status", encoding="ascii") as file:
        return [line.split()[1] for line in file if line.startswith(("SigBlk:", "SigIgn:", "SigCgt:"))]


def connect(host, authority):
    connection = http.client.HTTPSConnection(host, timeout=SECONDS, context=ssl.create_default_context(
        cafile=authority))
    connection.connect()
    return connection


def use(connection):
    """One request more on a connection that is there."""
    connection.sock.getpeername()
    connection.request("GET", "/of-the-application")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def untrusted(host):
    """What is said of a server that nobody trusts."""
    try:
        connect(host, None).close()
    except ssl.SSLCertVerificationError as error:
        return [error.reason, error.verify_code]
    return None


def settings():
    """What contexts are made with, which the library's settings decide."""
    context = ssl.create_default_context()
    return [ssl.OPENSSL_VERSION, int(context.options), int(context.verify_flags), context.minimum_version.name,
            [cipher["name"] for cipher in context.get_ciphers()], list(ssl.get_default_verify_paths())]


def look(connection, host, authority):
    """What it finds of itself."""
    fresh = connect(host, authority)
    found = {"signals": signals(), "settings": settings(), "untrusted": untrusted(host),
             "used": [use(connection), use(fresh)], "version": fresh.sock.version()}
    fresh.close()
    return found


def main(path, folder, host, authority, *services):
    # dispositions that a library might like to have another way
    signal.signal(signal.SIGPIPE, lambda *_: None)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    connection = connect(host, authority)
    print(json.dumps({"found": look(connection, host, authority)}))
    library = load(path)
    for service in services:
        context = open_context(library, folder, service)
        print(json.dumps({"resolved": resolve(library, context), "found": look(connection, host, authority)}))
        library.ks_close(context)
        print(json.dumps({"found": look(connection, host, authority)}))


main(*sys.argv[1:])
