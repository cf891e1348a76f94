/** The opsets that models can be written for, and the version of the format that each came with. */
import { NetspecError } from '../../errors.js';

/** By opset, the oldest version of the format that may declare it. */
const IR_VERSIONS: Readonly<Record<number, number>> = {
  11: 6,
  12: 7,
  13: 7,
  14: 7,
  15: 8,
  16: 8,
  17: 8,
  18: 8,
  19: 9,
  20: 9,
  21: 10,
};

export const OPSETS = Object.keys(IR_VERSIONS).map(Number);
export const DEFAULT_OPSET = 17;

/**
 * The version of the format for an opset.
 * @throws NetspecError for an opset that cannot be written
 */
export function irVersionOf(opset: number): number {
  const version = IR_VERSIONS[opset];
  if (version === undefined)
    throw new NetspecError(`expected an opset from ${OPSETS[0]!} to ${OPSETS.at(-1)}, got ${opset}`, {
      hint: `most tools read opset ${DEFAULT_OPSET}`,
    });
  return version;
}
