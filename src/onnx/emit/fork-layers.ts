/**
 * Layers of forks that operators are written with where the target has them: one row each, with how a fork is known to have
 * it. A layer with settings is known by their message; one without by the forks' sources.
 */
type Fields = (message: string) => ReadonlyMap<string, { type?: string; label?: string }>;

export interface ForkLayer {
  readonly type: string;
  /** What it takes the place of, for docs/onnx.md. */
  readonly instead: string;
  readonly isIn: (fork: string, fields: Fields) => boolean;
}

const withParam =
  (param: string, ...excluded: readonly string[]) =>
  (fork: string, fields: Fields): boolean =>
    fields('LayerParameter').has(param) && !excluded.includes(fork);
const among =
  (...forks: readonly string[]) =>
  (fork: string): boolean =>
    forks.includes(fork);

export const FORK_LAYERS: readonly ForkLayer[] = [
  // HiSilicon's takes one order only, and is asked for by that.
  { type: 'Permute', instead: 'Transpose', isIn: withParam('permute_param', 'nnie') },
  { type: 'Permute.to_nhwc', instead: 'Transpose to (0, 2, 3, 1)', isIn: among('nnie') },
  {
    type: 'Transpose',
    instead: 'Transpose',
    isIn: (fork, fields) => withParam('transpose_param')(fork, fields) && fields('TransposeParameter').has('dim'),
  },
  { type: 'ShuffleChannel', instead: 'channel shuffle', isIn: withParam('shuffle_channel_param') },
  { type: 'Interp', instead: 'Resize, linear with aligned corners', isIn: withParam('interp_param') },
  // One name means three layers: only these forks repeat pixels `scale` times.
  {
    type: 'Upsample',
    instead: 'Resize, nearest by a whole factor',
    isIn: among('eric612', 'nearest', 'troyliu0105', 'sophgo', 'mnn', 'tengine'),
  },
  {
    type: 'UpsampleDarknet',
    instead: 'Resize, nearest by a whole factor',
    isIn: withParam('upsample_darknet_param'),
  },
  {
    type: 'Normalize',
    instead: 'LpNormalization over channels',
    isIn: (fork, fields) => withParam('norm_param')(fork, fields) && fields('NormalizeParameter').has('across_spatial'),
  },
  {
    type: 'MatMul',
    instead: 'MatMul of two computed values',
    isIn: (_, fields) => fields('MatMulParameter').has('transpose_a'),
  },
  {
    type: 'Reverse',
    instead: 'Slice with a step of -1, and reverse recurrences',
    isIn: (fork, fields) =>
      withParam('reverse_param')(fork, fields) &&
      fields('ReverseParameter').has('axis') &&
      fields('ReverseParameter').get('axis')!.label !== 'repeated',
  },
  {
    type: 'ReLU6',
    instead: 'Clip from 0 to 6',
    isIn: among('eric612', 'chuanqi305', 'aovoc', 'sophgo', 'troyliu0105', 'yolov3-windows', 'tengine'),
  },
  { type: 'Mish', instead: 'Mish', isIn: among('sophgo', 'synopsys') },
  { type: 'HardSwish', instead: 'HardSwish', isIn: among('synopsys') },
  { type: 'HSwish', instead: 'HardSwish', isIn: among('aovoc') },
  { type: 'HSigmoid', instead: 'HardSigmoid with alpha 1/6', isIn: among('aovoc') },
  {
    type: 'HardSigmoid',
    instead: 'HardSigmoid',
    isIn: (_, fields) => fields('LayerParameter').has('hard_sigmoid_param'),
  },
];
