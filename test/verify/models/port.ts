/** port: a port of a model, changed or not, run and verified against the model's own outputs. */
import { identityMap } from '../../../src/weights/maps/identity.js';
import { fromTensors, mendPort, Net, verify, type VerifyReport, type WeightSource } from '../../../src/index.js';
import type { Array32, Arrays } from '../planted.js';
import { Model, type Otherwise } from './model.js';
import { COMPOSED_NETS } from './composed.js';
import { LATER_NETS } from './later.js';
import { MORE_NETS } from './more-nets.js';
import { NETS } from './nets.js';

/** What a port consists of; a fault changes one of these. */
export interface Port {
  prototxt: string;
  blobs: Record<string, Array32[]>;
  inputs: Record<string, Array32>;
  references: Arrays;
}

/** @param otherwise what the model does otherwise than the port */
export function portOf(name: string, otherwise?: Otherwise): Port {
  const model = new Model(name.length, otherwise);
  ({ ...NETS, ...MORE_NETS, ...LATER_NETS, ...COMPOSED_NETS })[name]!(model);
  const { prototxt, blobs, inputs, references } = model;
  return { prototxt, blobs, inputs, references };
}

async function load({ prototxt, blobs, inputs }: Port): Promise<Net> {
  const net = await Net.load(prototxt, { algorithm: 'gemm' });
  for (const [layer, values] of Object.entries(blobs))
    net.params.get(layer)?.forEach((blob, i) => {
      const { data } = values[i]!;
      if (data.length !== blob.count) throw new Error(`${layer}: ${data.length} values for ${blob.shape.join('x')}`);
      blob.data.set(data);
    });
  for (const [name, { data }] of Object.entries(inputs)) net.blobs.get(name)!.data.set(data);
  return net;
}

/** What verify says of a port. */
export async function verified(port: Port): Promise<VerifyReport> {
  const net = await load(port);
  try {
    return await verify(net, { references: fromTensors(port.references), map: identityMap() });
  } finally {
    net.dispose();
  }
}

/** What verify says of a port, and then of the port with all edits made; undefined where nothing was found. */
export async function verifiedAndMended(
  port: Port,
): Promise<{ report: VerifyReport; mended?: VerifyReport; left: string[] }> {
  const net = await load(port);
  try {
    const source = fromTensors(port.references);
    const report = await verify(net, { references: source, map: identityMap() });
    if (report.causes.length === 0) return { report, left: [] };
    const mend = await mendPort(net, report);
    const pieces: Uint8Array[] = [];
    await mend.writeWeights({
      write: (bytes) => {
        pieces.push(bytes.slice());
        return Promise.resolve();
      },
    });
    const inputs = { ...port.inputs, ...Object.fromEntries(mend.inputs) };
    const mended = await verifyAgain(mend.text, Buffer.concat(pieces), inputs, mend.references(source));
    return { report, mended, left: mend.left.map(({ reason }) => reason) };
  } finally {
    net.dispose();
  }
}

async function verifyAgain(
  prototxt: string,
  weights: Uint8Array,
  inputs: Record<string, Array32>,
  references: WeightSource,
): Promise<VerifyReport> {
  const net = await Net.load(prototxt, { weights, algorithm: 'gemm' });
  try {
    for (const [name, { data }] of Object.entries(inputs)) net.blobs.get(name)!.data.set(data);
    return await verify(net, { references, map: identityMap() });
  } finally {
    net.dispose();
  }
}
