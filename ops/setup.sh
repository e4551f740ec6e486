#!/bin/sh
# Make .venv from requirements.lock. Done already: says nothing, takes no network and no time.
# PYTHON=/path/to/python chooses the interpreter (3.11 or newer).
set -eu
cd "$(dirname "$0")/.."
venv=.venv
stamp=$venv/jisr-setup-stamp

say() { echo "setup: $*"; }
fail() {
    echo "setup: $*" >&2
    exit 1
}

# The lock, the project's own metadata, and this folder: an environment does not survive being moved.
wanted() { { cat requirements.lock pyproject.toml ops/setup.sh && pwd; } | cksum; }

recent_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3.13 python3.12 python3.11 python3 python; fi
    for candidate in "$@"; do
        if recent_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "needs Python 3.11 or newer${PYTHON:+ (PYTHON=$PYTHON is not)}. On Debian or Ubuntu: apt install python3 python3-venv"
}

has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Debian's python3 comes without the means to make an environment with pip in it; others may be at hand.
make_venv() {
    if has_venv "$1"; then
        "$1" -m venv "$venv"
    elif command -v virtualenv >/dev/null; then
        virtualenv --quiet --python "$1" "$venv"
    elif "$1" -m virtualenv --version >/dev/null 2>&1; then
        "$1" -m virtualenv --quiet "$venv"
    elif command -v uv >/dev/null || command -v pip >/dev/null; then
        "$1" -m venv --without-pip "$venv" # install() then works from outside
    elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "this Python cannot make environments; installing python3-venv"
        { apt-get -qq update && apt-get -qq install -y python3-venv; } >/dev/null || fail "apt install python3-venv failed"
        has_venv "$1" || fail "$1 still cannot make environments; try PYTHON=/usr/bin/python3"
        "$1" -m venv "$venv"
    else
        fail "this Python cannot make environments. Install python3-venv (apt install python3-venv) or uv, then try again"
    fi
}

install() {
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        "$venv/bin/python" -m pip --disable-pip-version-check --no-input install --quiet --no-compile "$@"
    elif command -v uv >/dev/null; then
        uv pip install --quiet --python "$venv/bin/python" "$@"
    else
        pip --disable-pip-version-check --no-input --python "$venv/bin/python" install --quiet --no-compile "$@"
    fi
}

# By all cores, where pip takes one; and Jisr itself, which commands would compile anew at each start
# where Python may not write bytecode (PYTHONDONTWRITEBYTECODE). What fails is compiled when it is used.
compile() {
    "$venv/bin/python" -m compileall -q -j 0 -x '/tests?/' "$venv/lib" schemas services >/dev/null 2>&1 || true
}

# What only `make bench` needs, into an environment that is there.
if [ "${1:-}" = bench ]; then
    say "installing the peers of the bench from requirements-bench.lock"
    install --require-hashes -r requirements-bench.lock || fail "the peers could not be installed; the reason is above"
    exit 0
fi

if [ "$(cat "$stamp" 2>/dev/null)" = "$(wanted)" ] && "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

# Whatever is not known to be whole and in its place is made anew.
if [ -e "$venv" ] && [ ! -e "$stamp" ]; then
    [ -e "$venv/pyvenv.cfg" ] || fail "$venv is in the way and is no Python environment; move it"
fi
rm -rf "$venv"
python=$(find_python)
say "making $venv with $("$python" --version)"
make_venv "$python"
say "installing $(grep -c '==' requirements.lock) packages from requirements.lock (some 750 MB on disk, once; about a minute)"
install --require-hashes -r requirements.lock || fail "the packages could not be installed; the reason is above"
install --no-deps --no-build-isolation --editable . || fail "Jisr itself could not be installed; the reason is above"
compile &
# Now, so that nothing needs the network later. Without it the hub runs on Tansu, and says so.
"$venv/bin/python" -c 'from services.runtime.embedded import fetch_kafka; fetch_kafka(lambda line: print(f"setup: {line}"))' ||
    say "Apache Kafka could not be fetched (the reason is above); the hub will try again when it starts"
wait
wanted >"$stamp"
say "ready: $venv/bin/jisr"
