/** check-cost: whether an import is compared with its model at once, or by a command of its own that is named. */
import path from 'node:path';
import { formatBytes, formatCount } from './table.js';

/** Up to these, the comparison takes a few seconds and some hundred megabytes. */
const MOST_MACS = 5e9;
const MOST_WEIGHT_BYTES = 64e6;

/** What a comparison has to work through. */
export interface CheckCost {
  /** Multiply-accumulates of a pass. */
  readonly macs: number;
  /** Of the caffemodel. */
  readonly bytes: number;
}

/** Why a net is left for later; undefined when it is compared at once. */
export function tooCostly({ macs, bytes }: CheckCost): string | undefined {
  const large = [
    ...(macs > MOST_MACS ? [`${formatCount(macs)} multiply-accumulates`] : []),
    ...(bytes > MOST_WEIGHT_BYTES ? [`weights of ${formatBytes(bytes)}`] : []),
  ];
  return large.length === 0 ? undefined : large.join(' and ');
}

/** What `import` was told that the command needs as well. */
export interface CheckedLater {
  readonly model: string;
  readonly folder: string;
  /** The name of the fork that the net is for. */
  readonly proto: string | undefined;
}

/** The command that compares them. */
export function verifyCommand({ model, folder, proto }: CheckedLater): string {
  const file = (name: string): string => shellWord(path.join(folder, name));
  const schema = proto === undefined ? '' : ` --proto ${proto}`;
  return `netspec verify ${file('net.prototxt')} -w ${file('net.caffemodel')} --onnx ${shellWord(model)}${schema}`;
}

function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
