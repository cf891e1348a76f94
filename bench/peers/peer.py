"""What runs in a peer's process: the same as protocol.ts, for engines in Python.

An engine has `version`, `load(job)`, `run()`, which is one forward pass, and `outputs()`, a list of (name, array).
"""
import json
import os
import resource
import sys
import time

import numpy as np


def read_input(job):
    return np.fromfile(job["input"]["file"], np.float32).reshape(job["input"]["shape"])


def answer(engine, request):
    if request["do"] == "hello":
        return {"version": engine.version}
    if request["do"] == "load":
        start = time.perf_counter()
        engine.load(request)
        return {"seconds": time.perf_counter() - start}
    if request["do"] == "pass":
        seconds = []
        while not seconds or sum(seconds) < request["seconds"]:
            start = time.perf_counter()
            engine.run()
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds}
    if request["do"] == "outputs":
        written = []
        for i, (name, array) in enumerate(engine.outputs()):
            file = os.path.join(request["folder"], f"{os.getpid()}-{i}.f32")
            np.ascontiguousarray(array, np.float32).tofile(file)
            written.append({"name": name, "shape": list(array.shape), "file": file})
        return {"outputs": written}
    return {"residentBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def serve(engine):
    with os.fdopen(3, "w") as replies:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                reply = answer(engine, request)
            except Exception as error:
                reply = {"error": str(error)}
            print(json.dumps(reply), file=replies, flush=True)
            if request["do"] == "end":
                break
    # Without the destructors of libraries that hang in them.
    os._exit(0)
