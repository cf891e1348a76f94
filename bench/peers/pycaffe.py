"""BVLC Caffe through pycaffe. How many threads its BLAS uses must be said before it is loaded: as first argument."""
import os
import sys

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = sys.argv[1]
os.environ["GLOG_minloglevel"] = "2"

import caffe  # noqa: E402

from peer import read_input, serve  # noqa: E402


class Caffe:
    version = f"Caffe {getattr(caffe, '__version__', '')}".strip()

    def load(self, job):
        caffe.set_mode_cpu()
        self.net = caffe.Net(job["prototxt"], job["caffemodel"], caffe.TEST)
        self.net.blobs[job["input"]["name"]].data[...] = read_input(job)

    def run(self):
        self.net.forward()

    def outputs(self):
        return [(name, self.net.blobs[name].data) for name in self.net.outputs]


serve(Caffe())
