/**
 * sigmastar: the text that simulator.py of SigmaStar's IPU SDK writes: all tensors in one file, each with its name and shape, six
 * digits behind the point. Converted nets have their channels last, so images are written and read so.
 */
import { NetspecError } from '../../errors.js';
import { product } from '../../shapes.js';
import { gather, rowMajorStrides } from '../../weights/elements.js';
import type { DumpedTop, DumpFormat, DumpTensor } from '../format.js';
import { numbersIn } from '../number-text.js';

const IN_A_LINE = 16;
const LINES = 1024;
const IMAGE_AXES = 4;
const CHANNELS_LAST = [0, 2, 3, 1] as const;
const CHANNELS_FIRST = [0, 3, 1, 2] as const;

export const sigmastar: DumpFormat = {
  name: 'sigmastar',
  docs: {
    readBy: "people who compare with `simulator.py` of SigmaStar's IPU SDK",
    names: '`unknown_NET.txt`, with each blob under its name, images with their channels last',
    source: "SigmaStar's IPU SDK, `Scripts/calibrator/simulator.py`; its FAQ on the layout of converted nets",
  },
  of: 'blobs',
  extension: '.txt',
  write: ({ net, tops }) => ({
    files: [
      {
        file: `unknown_${net.replace(/[^\w.-]/g, '_') || 'net'}.txt`,
        fill: async (sink) => {
          for (const top of tops) for (const piece of piecesOf(top)) await sink.write(new TextEncoder().encode(piece));
        },
      },
    ],
  }),
  read: { match: (file) => /^(unknown_.*|.*\.sigmastar)\.txt$/i.test(file), parse },
};

function* piecesOf({ blob, shape, data }: DumpedTop): Generator<string> {
  const { shape: dims, data: values } = turned({ shape, data }, CHANNELS_LAST);
  yield `${blob} Tensor:\n{\ntensor dim:${dims.length},  Original shape:[${dims.join(' ')}]\ntensor data:\n`;
  const step = IN_A_LINE * LINES;
  for (let at = 0; at < values.length; at += step) {
    let lines = '';
    for (let i = at; i < Math.min(at + step, values.length); i++)
      lines += `${fixed(values[i]!)}  ${(i + 1) % IN_A_LINE === 0 || i === values.length - 1 ? '\n' : ''}`;
    yield lines;
  }
  yield '}\n\n';
}

/** As Python's `{:.6f}`. */
function fixed(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  // Beyond 1e21 toFixed() writes an exponent.
  const text = Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
  return Object.is(value, -0) ? `-${text}` : text;
}

/** An image's values in another order of axes; what is no image as it is. */
function turned({ shape, data }: Pick<DumpedTop, 'shape' | 'data'>, order: readonly number[]) {
  if (shape.length !== IMAGE_AXES) return { shape, data };
  const strides = rowMajorStrides(shape);
  const dims = order.map((axis) => shape[axis]!);
  const values = gather(
    data,
    dims,
    order.map((axis) => strides[axis]!),
  );
  return { shape: dims, data: values as Float32Array };
}

const HEAD =
  /^(.*) Tensor:\s*\{\s*tensor dim:\s*\d+,\s*Original shape:\s*\[([\d ,]*)\](?:,\s*Alignment shape:\s*\[([\d ,]*)\])?/gm;

function parse(bytes: Uint8Array): DumpTensor[] {
  const text = new TextDecoder().decode(bytes);
  const heads = [...text.matchAll(HEAD)];
  if (heads.length === 0) throw new NetspecError("expected tensors as simulator.py writes them: 'NAME Tensor:'");
  return heads.map(([head, name = '', original = '', aligned], i) => {
    const block = text.slice(heads[i]!.index + head.length, heads[i + 1]?.index);
    const [, values] = /tensor data:([^}]*)\}/.exec(block) ?? [];
    if (values === undefined) throw new NetspecError(`tensor '${name}': its values do not end with '}'`);
    const data = Float32Array.from(numbersIn(new TextEncoder().encode(values)));
    const shape = dimensions(original);
    const stored = aligned === undefined ? shape : dimensions(aligned);
    if (product(stored) !== data.length)
      throw new NetspecError(
        `tensor '${name}': shape ${stored.join('x')} has ${product(stored)} values, got ${data.length}`,
      );
    return {
      name: name.trim(),
      dtype: 'float32',
      ...turned({ shape, data: cut(data, stored, shape) }, CHANNELS_FIRST),
    };
  });
}

function dimensions(text: string): number[] {
  return text
    .split(/[ ,]+/)
    .filter((word) => word !== '')
    .map(Number);
}

/** Values without what the chip fills its last axis up with. */
function cut(data: Float32Array, stored: readonly number[], shape: readonly number[]): Float32Array {
  if (stored.length !== shape.length || stored.at(-1) === shape.at(-1)) return data;
  return gather(data, shape, rowMajorStrides(stored)) as Float32Array;
}
