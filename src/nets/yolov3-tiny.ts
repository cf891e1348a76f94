/** yolov3-tiny: Redmon & Farhadi 2018 up to the two raw heads, layers named as ultralytics' modules: model.0.conv, model.2.bn … model.20.m.0. */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classesOption, sizeOption } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions, type NetOption } from './options.js';
import { upsample } from './upsample.js';
import type { YoloNetOptions } from './yolov5.js';

export const yolov3TinyOptions: readonly NetOption[] = [sizeOption('416x416'), classesOption('80')];

/**
 * YOLOv3-tiny, from `images` to the raw heads `model.20.m.0` and `model.20.m.1`. The input's sides must be multiples of 32.
 * @throws NetspecError on an unknown option or value
 */
export function yolov3Tiny(options: YoloNetOptions = {}): NetParameter {
  checkNetOptions(yolov3TinyOptions, options);
  const { inputSize = [416, 416], classes = 80 } = options;
  const m = new ModuleLayers(1e-3);
  const leaky = (name: string, x: Bottom, out: number, kernel: number): Top => {
    const bn = m.convBn(`${name}.conv`, `${name}.bn`, x, { out, kernel }, 'none');
    return (m.n[`${name}.act`] = L.ReLU(bn, { negative_slope: 0.1, in_place: true }));
  };
  let x = m.input('images', 3, inputSize);
  let fine = x;
  for (const [i, out] of [16, 32, 64, 128, 256].entries()) {
    x = fine = leaky(`model.${2 * i}`, x, out, 3);
    x = m.maxPool(`model.${2 * i + 1}`, x, { kernel: 2 });
  }
  x = leaky('model.10', x, 512, 3);
  // One row and column below and to the right, which Darknet ignores and ultralytics' port counts as zeros: the size stays.
  const grid = x;
  x = m.n['model.12'] = L.Pooling(x, { pool: 'MAX', kernel_size: 2, stride: 1, pad: 1, round_mode: 'FLOOR' });
  x = m.n['model.12.crop'] = L.Crop(x, grid, { axis: 2, offset: 1 });
  const coarse = leaky('model.14', leaky('model.13', x, 1024, 3), 256, 1);
  const large = leaky('model.15', coarse, 512, 3);
  const up = (m.n['model.17'] = upsample(leaky('model.16', coarse, 128, 1), 128, 'nearest'));
  const medium = leaky('model.19', m.cat('model.18', up, fine), 256, 3);
  for (const [i, level] of [medium, large].entries())
    m.conv(`model.20.m.${i}`, level, { out: 3 * (classes + 5), bias: true });
  return m.n.toProto();
}
