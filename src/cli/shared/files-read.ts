/** files-read: the files that a verification reads, so that no report or table is written over one of them. */
import { parsePairs } from './values.js';

interface Given {
  readonly net: string;
  readonly weights?: string;
  readonly input: readonly string[];
  readonly reference?: string;
  readonly onnx?: string;
  readonly map?: string;
  readonly against?: readonly string[];
  readonly calibrate?: readonly string[];
}

/**
 * The paths of `verify` that are read: the net, its weights, inputs, samples, references and map.
 * @throws NetspecError for inputs or samples that are no `name=path` pairs
 */
export function filesReadBy({
  net,
  weights,
  input,
  reference,
  onnx,
  map,
  against = [],
  calibrate = [],
}: Given): string[] {
  return [
    ...[net, weights, reference, onnx, map].filter((file) => file !== undefined),
    ...against,
    ...parsePairs('input', input).values(),
    ...parsePairs('calibrate', calibrate).values(),
  ];
}
