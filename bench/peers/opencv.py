"""OpenCV's dnn module (Debian: python3-opencv)."""
import cv2

from peer import read_input, serve


class OpenCv:
    version = f"OpenCV {cv2.__version__}"

    def load(self, job):
        cv2.setNumThreads(job["threads"])
        self.net = cv2.dnn.readNetFromCaffe(job["prototxt"], job["caffemodel"])
        self.net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
        self.net.setInput(read_input(job), job["input"]["name"])
        self.names = self.net.getUnconnectedOutLayersNames()

    def run(self):
        self.results = self.net.forward(self.names)

    def outputs(self):
        return list(zip(self.names, self.results))


serve(OpenCv())
