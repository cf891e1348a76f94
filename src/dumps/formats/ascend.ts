/**
 * ascend: what msaccucmp, the accuracy comparison tool of Ascend's CANN, takes as the outputs of a Caffe net: one .npy file for
 * each top of each layer, without in-place layers. The tool starts from output 0.
 */
import { NetspecError } from '../../errors.js';
import type { DumpFormat } from '../format.js';
import { npyFile } from './npy.js';

/** What the tool takes as the name of an operator. */
const OPERATOR = /^[A-Za-z0-9_-]+$/;
/** `conv1.0.1700000000000000` of a Caffe net. */
const OF_CAFFE = /^(.+)\.(\d+)\.\d{16}$/;
/** `Conv2D.conv1.3.1.1700000000000000.output.0` of the chip, as msaccucmp converts its dumps. */
const OF_CHIP = /^[^.]+\.([^.]+)(?:\.\d+)+\.output\.(\d+)$/;

export const ascend: DumpFormat = {
  name: 'ascend',
  docs: {
    readBy: "Ascend's accuracy comparison tool (msaccucmp)",
    names:
      '`LAYER.TOP.TIME.npy`: layer with `/` and `.` as `_`, position of the top, 16 digits of microseconds; each layer as if no layer were in place',
    source: 'hiascend.com, CANN 9.0, "Preparing Caffe .npy Files" (atlasaccuracy_16_0069)',
  },
  of: 'layers',
  write: ({ tops, time }) => {
    const layerOf = new Map<string, string>();
    for (const { layer } of tops) {
      const name = operatorOf(layer);
      const other = layerOf.get(name);
      if (other !== undefined && other !== layer)
        throw new NetspecError(`layers '${other}' and '${layer}' are both '${name}' for Ascend's tool`, {
          hint: 'rename one of them: / and . become _ in its names',
        });
      layerOf.set(name, layer);
    }
    const foreign = [...layerOf].filter(([name]) => !OPERATOR.test(name)).map(([, layer]) => `'${layer}'`);
    const stamp = String(time).padStart(16, '0');
    return {
      files: tops.map((top) => npyFile(`${operatorOf(top.layer)}.${top.index}.${stamp}.npy`, top)),
      ...(foreign.length > 0 && {
        notes: [`Ascend's tool takes letters, digits, _ and - in names of layers, and not ${foreign.join(', ')}`],
      }),
    };
  },
  nameOfNpy: (file) => {
    const [, operator, index] = OF_CAFFE.exec(file) ?? OF_CHIP.exec(file) ?? [];
    if (operator === undefined) return undefined;
    return index === '0' ? operator : `${operator}[${index!}]`;
  },
};

function operatorOf(layer: string): string {
  return layer.replace(/[/.]/g, '_');
}
