/** Rewrites small nets for a target with random weights, and runs them before and after. */
import { compareOutputs, copyInputs, fillRandomInputs } from '../../src/optimize/index.js';
import { toBytes } from '../../src/proto/random-access.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { retargetNet, type RetargetedNet, type RetargetOptions } from '../../src/retarget/index.js';
import { Net } from '../../src/runtime/net.js';

export interface Retargeted {
  result: RetargetedNet;
  text: string;
  weights: Uint8Array;
  /** Largest difference of an output, as a part of its largest value. */
  worst: number;
}

export async function retarget(text: string, weights: Uint8Array, options: RetargetOptions): Promise<Retargeted> {
  const result = await retargetNet(text, weights, options);
  const sink = toBytes();
  await result.writeWeights(sink);
  const written = sink.bytes();
  const newText = formatPrototxt(result.net);
  const { phase, level, stages } = options;
  const before = await Net.load(text, { phase, level, stages, weights, algorithm: 'gemm' });
  const after = await Net.load(parsePrototxt(formatPrototxt(result.runnable)), {
    phase,
    weights: written,
    algorithm: 'gemm',
    strict: true,
  });
  try {
    fillRandomInputs(before, 1);
    copyInputs(before, after);
    const differences = await compareOutputs(before, after, result.outputs);
    return { result, text: newText, weights: written, worst: Math.max(...differences.map(({ maxRel }) => maxRel)) };
  } finally {
    before.dispose();
    after.dispose();
  }
}
