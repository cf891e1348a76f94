/** planted: a net that is right, the same net with a fault, and what verify says when one is held against the other. */
import {
  fromTensors,
  mendPort,
  Net,
  verify,
  type VerifyOptions,
  type VerifyReport,
  type WeightSource,
} from '../../src/index.js';
import { identityMap } from '../../src/weights/maps/identity.js';
import { seededRandom } from '../../src/engine/random.js';

export interface Array32 {
  shape: readonly number[];
  data: Float32Array;
}
export type Arrays = Record<string, Array32>;

export interface Plan {
  /** Layers of the right net, below its input. */
  right: string;
  /** Layers of the net under test; the same when not given. */
  wrong?: string;
  /** Shape of the input. */
  shape?: readonly number[];
  /** The input that the right net is given, from random numbers around 0. */
  image?: (x: Array32) => Array32;
  /** What is done with the input of the net under test. */
  input?: (x: Array32) => Array32;
  /** Further inputs of both nets, by name: what the right net is fed, and what the net under test, where that is another. */
  others?: Readonly<Record<string, { right: Array32; wrong?: Array32 }>>;
  /** Parameters of the right net, by layer. */
  weights?: (blobs: Record<string, Array32[]>) => void;
  /** What is done with the parameters of the net under test. */
  spoil?: (blobs: Record<string, Array32[]>) => void;
  /** What is done with the references. */
  references?: (references: Arrays) => void;
  /** Layers that have no reference. */
  unchecked?: readonly string[];
  /** The input has a reference. */
  inputChecked?: boolean;
  options?: Partial<VerifyOptions>;
}

/** A plan, and what verify must say of it. */
export interface Fault extends Plan {
  /** What is planted. */
  fault: string;
  /** The first layer that must be named, the cause and its layer. */
  first: string;
  cause: string;
  layer?: string;
}

const inputLayer = (shape: readonly number[], name = 'data') =>
  `layer { name: "${name}" type: "Input" top: "${name}" input_param { shape { ${shape.map((d) => `dim: ${d}`).join(' ')} } } }\n`;

/** Random numbers between −1 and 1. */
export function noise(shape: readonly number[], seed: number): Array32 {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => random() * 2 - 1);
  return { shape, data };
}

/** Runs the right net for references and verifies the other against them. */
export function verifyPlanted(plan: Plan): Promise<VerifyReport> {
  return withPlanted(plan, (_port, report) => Promise.resolve(report));
}

/** Verifies a planted fault, makes the mends that are found, and says what is left and how the mended port compares. */
export function mendPlanted(plan: Plan): Promise<{ left: string[]; report: VerifyReport }> {
  return withPlanted(plan, async (port, report, source) => {
    const mended = await mendPort(port, report);
    const pieces: Uint8Array[] = [];
    await mended.writeWeights({
      write: (bytes) => {
        pieces.push(bytes.slice());
        return Promise.resolve();
      },
    });
    const net = await Net.load(mended.text, { weights: Buffer.concat(pieces), strict: true, algorithm: 'gemm' });
    try {
      const fed = mended.inputs.get('data') ?? { data: port.blobs.get('data')!.data };
      net.blobs.get('data')!.data.set(fed.data);
      for (const [name, { right, wrong = right }] of Object.entries(plan.others ?? {}))
        net.blobs.get(name)!.data.set((mended.inputs.get(name) ?? wrong).data);
      const references = mended.references(source);
      const left = mended.left.map(({ reason }) => reason);
      return { left, report: await verify(net, { map: identityMap(), ...plan.options, references }) };
    } finally {
      net.dispose();
    }
  });
}

async function withPlanted<T>(
  plan: Plan,
  action: (port: Net, report: VerifyReport, references: WeightSource) => Promise<T>,
): Promise<T> {
  const { right, wrong = right, shape = [1, 6, 9, 11], unchecked = [], inputChecked = false } = plan;
  const x = noise(shape, 1);
  const image = plan.image?.(x) ?? x;
  const others = Object.entries(plan.others ?? {});
  const otherLayers = others.map(([name, each]) => inputLayer(each.right.shape, name)).join('');
  const model = await Net.load(inputLayer(shape) + otherLayers + right, { algorithm: 'gemm', seed: 3 });
  const references: Arrays = {};
  let weights: Record<string, Array32[]>;
  try {
    // Fillers leave some parameters at 0 or 1, where faults do not show.
    for (const [layer, blobs] of model.params)
      blobs.forEach((blob, i) => blob.data.set(noise(blob.shape, 100 * i + layer.length).data.map((v) => v / 2)));
    weights = blobsOf(model);
    plan.weights?.(weights);
    setBlobs(model, weights);
    model.blobs.get('data')!.data.set(image.data);
    for (const [name, each] of others) model.blobs.get(name)!.data.set(each.right.data);
    await model.forward({
      onLayer: (_index, { name, type }) => {
        if (type === 'Split' || (name === 'data' && !inputChecked) || plan.others?.[name] || unchecked.includes(name))
          return;
        const blob = model.blobs.get(model.topNames.get(name)![0]!)!;
        references[name] = { shape: blob.shape, data: blob.data.slice() };
      },
    });
  } finally {
    model.dispose();
  }
  plan.references?.(references);
  const fed = plan.input?.(image) ?? image;
  const port = await Net.load(inputLayer(fed.shape) + otherLayers + wrong, { algorithm: 'gemm' });
  try {
    plan.spoil?.(weights);
    setBlobs(port, weights);
    port.blobs.get('data')!.data.set(fed.data);
    for (const [name, each] of others) port.blobs.get(name)!.data.set((each.wrong ?? each.right).data);
    const source = fromTensors(references);
    const report = await verify(port, { references: source, map: identityMap(), ...plan.options });
    return await action(port, report, source);
  } finally {
    port.dispose();
  }
}

function blobsOf(net: Net): Record<string, Array32[]> {
  return Object.fromEntries(
    [...net.params].map(([name, blobs]) => [
      name,
      blobs.map((blob) => ({ shape: blob.shape, data: blob.data.slice() })),
    ]),
  );
}

/** What has the same number of values is taken over; the rest keeps its filler's. */
function setBlobs(net: Net, weights: Record<string, Array32[]>): void {
  for (const [name, blobs] of net.params)
    blobs.forEach((blob, i) => {
      const given = weights[name]?.[i];
      if (given?.data.length === blob.count) blob.data.set(given.data);
    });
}
