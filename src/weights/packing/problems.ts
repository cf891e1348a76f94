/** What keeps a net from being packed, as data; formatted for reading only in PackError's message. */
import { NetspecError } from '../../errors.js';
import { formatShape } from '../../proto/blob-proto.js';
import type { PackReport } from './report.js';

/** One thing that is wrong. */
export interface PackProblem {
  /**
   * `missing`: a blob has no values; `shape`: a tensor has another shape; `unreadable`: a tensor cannot be read;
   * `ambiguous`: two tensors fit one name; `map`: the name map makes no sense for a blob; `filler`: a kernel cannot be
   * computed; `duplicate`: two layers have one name; `unused`: a tensor belongs nowhere.
   */
  code: 'missing' | 'shape' | 'unreadable' | 'ambiguous' | 'map' | 'filler' | 'duplicate' | 'unused';
  /** The blob concerned; absent for `unused`. */
  layer?: string;
  type?: string;
  blob?: number;
  shape?: readonly number[];
  /** Tensors concerned, or looked for in vain. */
  tensors?: readonly string[];
  sourceShape?: readonly number[];
  /** The reason, without the layer's name. */
  message: string;
  /** What to do about it. */
  hint?: string;
}

/**
 * A packing that was refused; nothing has been written. The message lists every problem.
 * @example
 * const net = parsePrototxt(await readText('net.prototxt'));
 * const source = fromTensors({ 'conv1.weight': { shape: [4, 3, 3, 3], data: new Float32Array(108) } });
 * try {
 *   planPack({ net, source, map: nameMap('identity') });
 * } catch (error) {
 *   if (!(error instanceof PackError)) throw error;
 *   error.problems.map(({ layer, message }) => `${layer}: ${message}`)[0]; // → "conv1: the source has no 'conv1_bias'"
 * }
 */
export class PackError extends NetspecError {
  constructor(
    readonly problems: readonly PackProblem[],
    /** What could have been done. */
    readonly report: PackReport,
    hint?: string,
    /** What the name map says about itself and this net: a rule without use may be the one that is missing. */
    remarks: readonly string[] = [],
  ) {
    const { net, source, map } = report;
    const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
    const head = `cannot pack ${net === '' ? 'the net' : `net '${net}'`} from ${source} with name map '${map}': ${count}`;
    const lines = [...problems.flatMap(problemLines), ...remarks.map((remark) => `note: ${remark}`)];
    super(head, { items: lines, hint });
    this.name = 'PackError';
  }
}

function problemLines(problem: PackProblem): string[] {
  return [formatProblem(problem), ...(problem.hint === undefined ? [] : [`  hint: ${problem.hint}`])];
}

/** `layer 'conv1' (Convolution), blob 0 (64x3x7x7): …` */
export function formatProblem({ layer, type, blob, shape, message }: PackProblem): string {
  if (layer === undefined) return message;
  const which = blob === undefined ? '' : `, blob ${blob}${shape ? ` (${formatShape(shape)})` : ''}`;
  return `layer '${layer}'${type ? ` (${type})` : ''}${which}: ${message}`;
}
