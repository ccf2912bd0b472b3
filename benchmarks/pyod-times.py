"""CPU seconds of fitting (with the training scores) and of scoring by a class of PyOD, and the memory that it takes.

    python pyod-times.py CLASS ROWS COLUMNS RUNS FOLDER [OPTIONS]

FOLDER holds train.f64 and test.f64, rows of little-endian doubles; OPTIONS of the class are JSON. Prints one line of JSON.
"""

import importlib
import json
import os
import resource
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

path, rows, columns, runs, folder, *more = sys.argv[1:]
options = json.loads(more[0]) if more else {}
module, name = path.rsplit(".", 1)
make = getattr(importlib.import_module(module), name)
train, test = (
    np.fromfile(os.path.join(folder, file)).reshape(int(rows), int(columns)) for file in ("train.f64", "test.f64")
)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
times = []
seed = 0
# Those that take long are taken less often, and those that take very long once.
while len(times) < int(runs) and sum(times) < (20 if len(times) < 3 else 3):
    # Some fits of CBLOF fail, by chance.
    np.random.seed(seed)
    seed += 1
    model = make(**options)
    start = time.process_time()
    try:
        model.fit(train)
    except ValueError:
        if seed < 5 * int(runs):
            continue
        raise
    model.decision_function(test)
    times.append(time.process_time() - start)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": sorted(times)[len(times) // 2], "megabytes": (peak - before) / 1024}))
