#!/bin/sh
# Write requirements.lock from requirements.in: exact versions with hashes, for Python 3.11 to 3.13 on Linux
# (x86_64, aarch64) and macOS. Options go to uv, e.g. `ops/lock.sh --upgrade` or `--upgrade-package numpy`.
# Without them what is locked stays as it is, as far as requirements.in allows.
set -eu
cd "$(dirname "$0")/.."

uv=${UV:-$(command -v uv || true)}
if [ -z "$uv" ]; then
    echo "ops/lock.sh needs uv: install it (pip install uv), or name it: UV=/path/to/uv ops/lock.sh" >&2
    exit 1
fi

# Where this machine finds packages must not show in the lock, nor decide what is in it.
unset UV_FIND_LINKS PIP_FIND_LINKS UV_EXTRA_INDEX_URL PIP_EXTRA_INDEX_URL
for name in requirements requirements-bench; do # the second is held to what the first chose
    "$uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links --output-file "$name.lock" "$@" "$name.in"
    echo "$name.lock: $(grep -c '==' "$name.lock") packages"
done
