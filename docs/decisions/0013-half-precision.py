"""Measures decision 0013: one question against many rows of 384 numbers, in several precisions.

``python docs/decisions/0013-half-precision.py [ROWS]``, by default 20,000. One thread; of 200
turns the best and the median, in milliseconds.
"""

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import sys  # noqa: E402
import time  # noqa: E402
from importlib.metadata import version  # noqa: E402
from statistics import median  # noqa: E402

import numpy as np  # noqa: E402
import simsimd  # noqa: E402

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
TURNS, WIDTH = 200, 384

made = np.random.default_rng(13).standard_normal((ROWS + 1, WIDTH), dtype=np.float32)
made /= np.linalg.norm(made, axis=1, keepdims=True)
asked, many = made[:1], np.ascontiguousarray(made[1:])
half, half_asked = many.astype(np.float16), asked.astype(np.float16)
whole, whole_asked = (np.round(x * 127 / np.abs(made).max()).astype(np.int8) for x in (many, asked))


def cdist(one, rows):
    """The products of ``one`` with ``rows``, by SimSIMD."""
    return lambda: simsimd.cdist(one, rows, "dot", out_dtype="float64")


ways = {
    "numpy, float32 (OpenBLAS)": (lambda: many @ asked[0], 4 * WIDTH),
    "SimSIMD, float16": (cdist(half_asked, half), 2 * WIDTH),
    "SimSIMD, int8": (cdist(whole_asked, whole), WIDTH),
    "numpy, float16 to float32 alone": (lambda: half.astype(np.float32), 2 * WIDTH),
}
try:
    import numkong
except ImportError:
    pass  # not among the hub's dependencies; it is measured where somebody installed it
else:
    ways["NumKong, float16"] = (lambda: numkong.cdist(half_asked, half, "dot"), 2 * WIDTH)

print(f"{ROWS} rows, numpy {np.__version__}, SimSIMD {version('simsimd')}")
print("| | ms, best | median | bytes a row |\n|---|---:|---:|---:|")
for name, (way, size) in ways.items():
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        way()
        times.append(1e3 * (time.perf_counter() - began))
    print(f"| {name} | {min(times):.1f} | {median(times):.1f} | {size:,} |")
print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
