/**
 * text: one number a line, one file for each blob, as RuyiStudio compares them for HiSilicon's NNIE: its script
 * CNN_convert_bin_and_print_featuremap.py names files by the first layer that writes a blob, and by the blob's dimensions.
 */
import { NetspecError } from '../../errors.js';
import { product } from '../../shapes.js';
import type { DumpedTop, DumpFile, DumpFormat, DumpTensor } from '../format.js';
import { numpyExponential, numbersIn } from '../number-text.js';

/** `conv1_output0_64_112_112_caffe.linear.float`; the simulator and the board write `_quant` and `_inst`. */
const FILE = /^(?:seg\d+_)?(.+)_output(\d+)((?:_\d+)*)_[a-z]+\.linear\.(float|hex)$/;
/** Values of the chip are 32-bit fixed-point numbers with twelve bits behind the point. */
const FIXED_POINT = 4096;
const LINES = 4096;

export const text: DumpFormat = {
  name: 'text',
  docs: {
    readBy: "RuyiStudio's vector comparison, for HiSilicon's NNIE",
    names:
      '`LAYER_output0_CxHxW_caffe.linear.float` with `_` for `x`: the first layer that writes the blob, `/` as `_`',
    source: "RuyiStudio's `CNN_convert_bin_and_print_featuremap.py`, which the HiSVP development guide describes",
  },
  of: 'blobs',
  write: ({ tops }) => ({ files: textFiles(tops) }),
  read: { match: (file) => FILE.test(file) || /\.(txt|float)$/i.test(file), parse },
};

function textFiles(tops: readonly DumpedTop[]): DumpFile[] {
  const taken = new Map<string, DumpedTop>();
  return tops.map((top) => {
    const name = top.layer.replaceAll('/', '_');
    const dims = top.shape.slice(1).map((dim) => `_${dim}`);
    const file = `${name}_output${top.index}${dims.join('')}_caffe.linear.float`;
    const other = taken.get(file);
    if (other)
      throw new NetspecError(`blobs '${other.blob}' and '${top.blob}' both go to ${file}`, {
        hint: 'rename one of their layers: / becomes _ in these names',
      });
    taken.set(file, top);
    return {
      file,
      fill: async (sink) => {
        for (let at = 0; at < top.data.length; at += LINES)
          await sink.write(
            new TextEncoder().encode(
              Array.from(top.data.subarray(at, at + LINES), (value) => `${numpyExponential(value)}\n`).join(''),
            ),
          );
      },
    };
  });
}

function parse(bytes: Uint8Array, file: string): DumpTensor[] {
  const [, name, index, dims = '', kind] = FILE.exec(file) ?? [];
  const values = kind === 'hex' ? fixedPoint(bytes) : numbersIn(bytes);
  if (name === undefined)
    return [{ name: file.replace(/\.[^.]*$/, ''), dtype: 'float32', data: Float32Array.from(values) }];
  const inner = dims.split('_').slice(1).map(Number);
  const batch = values.length / product(inner);
  if (!Number.isSafeInteger(batch))
    throw new NetspecError(`its name says ${inner.join('x')} values an image, it has ${values.length}`);
  return [
    {
      name: index === '0' ? name : `${name}[${index!}]`,
      // A vector has its one dimension in the count alone.
      ...((inner.length > 0 || kind === 'float') && { shape: [batch, ...inner] }),
      dtype: 'float32',
      data: Float32Array.from(values),
    },
  ];
}

/** @throws NetspecError for what is no 32-bit number of hexadecimal digits */
function fixedPoint(bytes: Uint8Array): number[] {
  return new TextDecoder()
    .decode(bytes)
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      if (!/^(0x)?[0-9a-f]{1,8}$/i.test(word))
        throw new NetspecError(`expected 32-bit numbers of hexadecimal digits, got '${word.slice(0, 20)}'`);
      return (parseInt(word, 16) | 0) / FIXED_POINT;
    });
}
