/** The small model of test/fixtures/small_npy as a net, and packing it from any source. */
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { toBytes, type ByteSink } from '../../src/proto/random-access.js';
import { nameMap, packWeights, type PackReport, type WeightSource } from '../../src/weights/index.js';

const layer = (name: string, type: string) => `layer { name: "${name}" type: "${type}" }\n`;
const net = parsePrototxt(
  layer('conv1', 'Convolution') + layer('bn1', 'Scale') + layer('conv2', 'Convolution') + layer('fc', 'InnerProduct'),
);
const shapes = new Map([
  ['conv1', [[4, 3, 3, 3]]],
  ['bn1', [[4], [4]]],
  ['conv2', [[6, 4, 1, 1], [6]]],
  ['fc', [[5, 6], [5]]],
]);

/** The caffemodel's bytes. Its layers have the names of the model's modules. Closes the source. */
export async function packSmallModel(source: WeightSource): Promise<Uint8Array> {
  const sink = toBytes();
  await packSmallModelTo(sink, source);
  return sink.bytes();
}

/** Writes the caffemodel. Closes the source. */
export async function packSmallModelTo(sink: ByteSink, source: WeightSource): Promise<PackReport> {
  try {
    return await packWeights({ net, shapes, source, map: nameMap('identity'), sink });
  } finally {
    await source.close();
  }
}
