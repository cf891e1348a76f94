/** Translates a net to ONNX, so that ONNX Runtime can be measured on it: `npx tsx bench/onnx.ts NET WEIGHTS OUT`. */
import { exportOnnx, Net, writeFileAtomically } from '../src/node.js';

const [prototxt, caffemodel, out] = process.argv.slice(2);
if (!prototxt || !caffemodel || !out) throw new Error('onnx.ts NET WEIGHTS OUT');
// With the weights loaded, equal ones are in memory once, and so in the model.
const net = await Net.load(prototxt, { weights: caffemodel });
try {
  const model = await exportOnnx(net);
  await writeFileAtomically(out, (sink) => model.write(sink));
} finally {
  net.dispose();
}
