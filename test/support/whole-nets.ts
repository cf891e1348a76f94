/** Whole nets that were changed, loaded and run on the inputs that Caffe ran the net before on, or on their own. */
import { existsSync, readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { randomWeights } from '../../bench/make-resnet-50.js';
import type { NetParameter } from '../../src/generated/messages.js';
import { resnet50 } from '../../src/nets/index.js';
import { toBytes, type ByteSink } from '../../src/proto/random-access.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { Net } from '../../src/runtime/net.js';
import { arrays, caseNames, expectSameBlob, fixture } from './golden.js';

/** States that Caffe ran a net in, other than TEST. */
const STATES: Readonly<Record<string, { level: number; stages: string[] }>> = {
  phases_and_stages: { level: 1, stages: ['deploy'] },
};

/** A net that Caffe ran, with weights. */
export interface GoldenNet {
  text: string;
  weights: Uint8Array;
  state: { phase: 'TEST'; level?: number; stages?: string[] };
}

/** Names of the nets that Caffe ran with weights. */
export const goldenNets = caseNames('nets').filter((name) => existsSync(fixture(`nets/${name}/weights.caffemodel`)));

export const textOf = (name: string): string => readFileSync(fixture(`nets/${name}/net.prototxt`), 'utf8');

export function goldenNet(name: string): GoldenNet {
  const weights = new Uint8Array(readFileSync(fixture(`nets/${name}/weights.caffemodel`)));
  return { text: textOf(name), weights, state: { phase: 'TEST', ...STATES[name] } };
}

/** A net that was made of another one, and its weights. */
interface Changed {
  net: NetParameter;
  writeWeights: (sink: ByteSink) => Promise<unknown>;
}

/** Runs what a golden net has become, and holds its outputs to the blobs that Caffe computed. */
export async function expectCaffesOutputs(name: string, changed: Changed): Promise<void> {
  const sink = toBytes();
  await changed.writeWeights(sink);
  const net = parsePrototxt(formatPrototxt(changed.net));
  const after = await Net.load(net, { weights: sink.bytes(), phase: 'TEST', strict: true });
  try {
    for (const [blob, { shape, data }] of arrays(`nets/${name}`, 'in_')) {
      after.blobs.get(blob)!.reshape(shape);
      after.blobs.get(blob)!.data.set(data);
    }
    const outputs = await after.forward();
    const references = arrays(`nets/${name}`, 'blob_');
    expect(outputs.size).toBeGreaterThan(0);
    for (const [blob, value] of outputs) expectSameBlob(blob, value, references.get(blob.replaceAll('/', '__'))!);
  } finally {
    after.dispose();
  }
}

/** A narrow ResNet-50 for small pictures, with random weights; the net that was loaded is to be disposed of. */
export async function narrowResnet(width: number): Promise<{ net: NetParameter; loaded: Net; weights: Uint8Array }> {
  const net = resnet50({ inputSize: [32, 32], classes: 10, width });
  const loaded = await randomWeights(net);
  const sink = toBytes();
  await loaded.save(sink);
  return { net, loaded, weights: sink.bytes() };
}
