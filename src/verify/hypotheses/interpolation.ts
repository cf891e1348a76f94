/** interpolation: an image is made larger or smaller by another rule: nearest, bilinear, with or without aligned corners. */
import type { LayerParameter } from '../../generated/messages.js';
import { resolve } from '../../proto/message.js';
import { windowOf } from '../../layers/shared/window.js';
import { canonicalName } from '../../weights/name-index.js';
import { prototxtEdit, retyped } from './edits.js';
import type { Hypothesis, PrototxtFix, Suspect, Variant } from './hypothesis.js';
import { resampled, resamplingOf, type AxisMap, type Resampling } from './planes.js';

const WORDS: Readonly<Record<Resampling, string>> = {
  nearest: 'takes the nearest pixel',
  aligned: 'interpolates bilinearly with align_corners=True',
  'half-pixel': 'interpolates bilinearly with align_corners=False',
};

const KINDS: readonly Resampling[] = ['nearest', 'half-pixel', 'aligned'];

/** Layers of forks that resize an image. */
const FORK_TYPES: ReadonlySet<string> = new Set(['Interp', 'Upsample', 'UpsampleDarknet', 'ResizeBilinear']);

export const interpolation: Hypothesis = {
  id: 'interpolation',
  title: 'an image is resized by another rule: nearest, bilinear, align_corners',
  *variants(suspect): Generator<Variant> {
    const [x] = suspect.bottoms;
    if (x?.shape.length !== 4 || suspect.bottoms.length !== 1 || suspect.param.top?.length !== 1) return;
    const isFork = FORK_TYPES.has(suspect.type);
    if (!isFork && !isUpsampling(suspect)) return;
    const { shape } = suspect.reference && suspect.reference.shape.length > 1 ? suspect.reference : suspect.output;
    const [height, width] = shape.slice(-2) as [number, number];
    // What a deconvolution can do is for upsampling to say.
    const isMultiple = height % x.shape[2]! === 0 && height / x.shape[2]! === width / x.shape[3]!;
    const kinds = isFork ? KINDS : KINDS.filter((kind) => kind === 'aligned' || (kind === 'half-pixel' && !isMultiple));
    for (const kind of kinds) {
      const rows = resamplingOf(x.shape[2]!, height, kind);
      const columns = resamplingOf(x.shape[3]!, width, kind);
      yield {
        label: `${kind === 'nearest' ? 'nearest' : `bilinear, ${kind === 'aligned' ? 'align_corners=True' : 'align_corners=False'}`}, ${height}x${width}`,
        explanation: `the reference ${WORDS[kind]}; ${isSays(suspect)}. ${howTo(suspect, kind)}`,
        change: { output: () => resampled(x, rows, columns) },
        ...mendOf(suspect, kind, rows, columns),
      };
    }
  },
};

/** A deconvolution that makes an image larger, channel by channel. */
function isUpsampling({ type, param, bottoms }: Suspect): boolean {
  if (type !== 'Deconvolution') return false;
  const given = param.convolution_param ?? {};
  const { num_output, group } = resolve('ConvolutionParameter', given);
  const isOfImage = bottoms[0]!.shape[1] === num_output && bottoms[0]!.shape.length === 4;
  return isOfImage && (group === num_output || group === 1) && windowOf(given, 2).every(({ stride }) => stride > 1);
}

function isSays({ type }: Suspect): string {
  switch (type) {
    case 'Deconvolution':
      return 'this Deconvolution does not: its kernel sees zeros beyond the border, and its corners are not aligned';
    case 'Interp':
      return 'Interp interpolates bilinearly with aligned corners';
    case 'Upsample':
    case 'UpsampleDarknet':
      return `${type} takes the nearest pixel`;
    default:
      return `this ${type} does not`;
  }
}

function howTo(suspect: Suspect, kind: Resampling): string {
  if (forkLayer(suspect, kind, 1, 1)) return 'The layer that does it is another one.';
  return (
    'No one layer of BVLC Caffe does it; for one input size it is exactly a 1x1 Convolution over the rows and an ' +
    'InnerProduct over the columns, between two Reshape.'
  );
}

/** The one layer of a fork that does it, where the net is of such a fork. */
function forkLayer(
  { type, param, bottoms }: Suspect,
  kind: Resampling,
  height: number,
  width: number,
): LayerParameter | undefined {
  if (!FORK_TYPES.has(type)) return undefined;
  if (kind === 'aligned') return retyped(param, 'Interp', { interp_param: { height, width } });
  const [scaleH, scaleW] = [height / bottoms[0]!.shape[2]!, width / bottoms[0]!.shape[3]!];
  if (kind === 'nearest' && (height === 1 || (scaleH === scaleW && Number.isInteger(scaleH))))
    return retyped(param, 'Upsample', { upsample_param: { scale: scaleH } });
  return undefined;
}

function mendOf(
  suspect: Suspect,
  kind: Resampling,
  rows: AxisMap,
  columns: AxisMap,
): Pick<Variant, 'fix' | 'values' | 'numbers'> {
  const layer = forkLayer(suspect, kind, rows.out, columns.out);
  if (layer) return { fix: prototxtEdit(suspect, layer), values: { [suspect.name]: () => [] } };
  const { name } = suspect;
  const [height, width] = [`${name}_height`, `${name}_width`];
  return {
    fix: asMatrices(suspect, rows, columns),
    values: {
      [height]: () => [{ shape: [rows.out, rows.size, 1, 1], data: rows.weights }],
      [width]: () => [{ shape: [columns.out, columns.size], data: columns.weights }],
      [name]: () => [],
    },
    numbers: [
      'import numpy as np',
      'def weights(size, out):',
      ...(kind === 'nearest'
        ? ['    return np.eye(size)[np.arange(out) * size // out]']
        : [
            kind === 'aligned'
              ? '    at = np.arange(out) * (size - 1) / max(out - 1, 1)'
              : '    at = np.maximum((np.arange(out) + 0.5) * size / out - 0.5, 0)',
            '    low = np.minimum(at.astype(int), size - 1)',
            '    high = np.minimum(low + 1, size - 1)',
            '    return np.eye(size)[low] * (1 - at + low)[:, None] + np.eye(size)[high] * (at - low)[:, None]',
          ]),
      `np.save('${canonicalName(height)}_weight.npy', weights(${rows.size}, ${rows.out})[:, :, None, None].astype(np.float32))`,
      `np.save('${canonicalName(width)}_weight.npy', weights(${columns.size}, ${columns.out}).astype(np.float32))`,
    ],
  };
}

/** Rows as the channels of a 1x1 convolution, columns as what an inner product reads. */
function asMatrices({ param, bottoms }: Suspect, rows: AxisMap, columns: AxisMap): PrototxtFix {
  const { name = '' } = param;
  const [bottom = ''] = param.bottom ?? [];
  const channels = bottoms[0]!.shape[1]!;
  const step = (suffix: string, type: string, from: string, settings: Partial<LayerParameter>): LayerParameter => ({
    ...{ name: `${name}_${suffix}`, type, bottom: [from], top: [`${name}_${suffix}`], ...settings },
  });
  return prototxtEdit(
    { param },
    step('rows', 'Reshape', bottom, { reshape_param: { shape: { dim: [-1, rows.size, 1, columns.size] } } }),
    step('height', 'Convolution', `${name}_rows`, {
      convolution_param: { num_output: rows.out, bias_term: false, kernel_size: [1] },
    }),
    step('width', 'InnerProduct', `${name}_height`, {
      inner_product_param: { num_output: columns.out, bias_term: false, axis: 3 },
    }),
    {
      ...retyped(param, 'Reshape', { reshape_param: { shape: { dim: [-1, channels, rows.out, columns.out] } } }),
      bottom: [`${name}_width`],
    },
  );
}
