"""ONNX Runtime's Python package, over translations of the nets."""
import onnxruntime as ort

from peer import read_input, serve


class OnnxRuntime:
    version = f"ONNX Runtime {ort.__version__}"

    def load(self, job):
        options = ort.SessionOptions()
        options.intra_op_num_threads = job["threads"]
        options.inter_op_num_threads = 1
        self.session = ort.InferenceSession(job["onnx"], options, providers=["CPUExecutionProvider"])
        self.names = [output.name for output in self.session.get_outputs()]
        self.feeds = {job["input"]["name"]: read_input(job)}

    def run(self):
        self.results = self.session.run(self.names, self.feeds)

    def outputs(self):
        return list(zip(self.names, self.results))


serve(OnnxRuntime())
