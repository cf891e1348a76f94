/**
 * yolov5n and yolov5s: ultralytics' YOLOv5, release 6, up to the three raw heads, layers named as its modules: model.0.conv, model.2.cv1.conv …
 * model.24.m.0. Decoding the boxes is left to the program that runs it.
 */
import type { NetParameter } from '../generated/messages.js';
import { type Bottom, type Top } from '../netspec/index.js';
import { classesOption, sizeOption, type ImageNetOptions } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions, type NetOption } from './options.js';
import { upsample } from './upsample.js';

export interface YoloNetOptions extends ImageNetOptions {
  /** Number of classes. @default 80 */
  classes?: number;
}

export const yolov5Options: readonly NetOption[] = [sizeOption('640x640'), classesOption('80')];

/** Width and depth as parts of those of the largest model. */
const SCALES = { n: [0.25, 1 / 3], s: [0.5, 1 / 3] } as const;

/**
 * YOLOv5, from `images` to the raw heads `model.24.m.0` … `.2`. The input's sides must be multiples of 32.
 * @throws NetspecError on an unknown option or value
 */
export function yolov5(size: keyof typeof SCALES, options: YoloNetOptions = {}): NetParameter {
  checkNetOptions(yolov5Options, options);
  const { inputSize = [640, 640], classes = 80 } = options;
  const [width, depth] = SCALES[size];
  const m = new ModuleLayers(1e-3);
  const channels = (full: number): number => full * width;
  const conv = (i: number, x: Bottom, full: number, kernel: number, stride: number): Top =>
    yoloConv(m, `model.${i}`, x, channels(full), kernel, stride);
  const c3 = (i: number, x: Bottom, full: number, blocks: number, shortcut = true): Top =>
    csp(m, `model.${i}`, x, { out: channels(full), blocks: Math.max(1, Math.round(blocks * depth)), shortcut });
  const up = (i: number, x: Top, full: number): Top => (m.n[`model.${i}`] = upsample(x, channels(full), 'nearest'));

  const data = m.input('images', 3, inputSize);
  let x = m.convBn('model.0.conv', 'model.0.bn', data, { out: channels(64), kernel: 6, stride: 2, pad: 2 }, 'swish');
  x = c3(2, conv(1, x, 128, 3, 2), 128, 3);
  const p3 = c3(4, conv(3, x, 256, 3, 2), 256, 6);
  const p4 = c3(6, conv(5, p3, 512, 3, 2), 512, 9);
  x = c3(8, conv(7, p4, 1024, 3, 2), 1024, 3);
  const top = conv(10, sppf(m, 'model.9', x, channels(1024)), 512, 1, 1);
  x = c3(13, m.cat('model.12', up(11, top, 512), p4), 512, 3, false);
  const middle = conv(14, x, 256, 1, 1);
  const small = c3(17, m.cat('model.16', up(15, middle, 256), p3), 256, 3, false);
  const medium = c3(20, m.cat('model.19', conv(18, small, 256, 3, 2), middle), 512, 3, false);
  const large = c3(23, m.cat('model.22', conv(21, medium, 512, 3, 2), top), 1024, 3, false);
  for (const [i, level] of [small, medium, large].entries())
    m.conv(`model.24.m.${i}`, level, { out: 3 * (classes + 5), bias: true });
  return m.n.toProto();
}

/** Convolution, batch norm and swish, as ultralytics' Conv. */
export function yoloConv(m: ModuleLayers, name: string, x: Bottom, out: number, kernel = 1, stride = 1): Top {
  return m.convBn(`${name}.conv`, `${name}.bn`, x, { out, kernel, stride }, 'swish');
}

/** Two convolutions with a shortcut around them, as ultralytics' Bottleneck. */
export function yoloBottleneck(
  m: ModuleLayers,
  name: string,
  x: Bottom,
  { out, kernel, shortcut }: { out: number; kernel: number; shortcut: boolean },
): Top {
  const y = yoloConv(m, `${name}.cv2`, yoloConv(m, `${name}.cv1`, x, out, kernel), out, 3);
  return shortcut ? m.add(`${name}.add`, x, y) : y;
}

/** Three poolings one after the other, all of their outputs together, as ultralytics' SPPF. */
export function sppf(m: ModuleLayers, name: string, x: Bottom, out: number): Top {
  const reduced = yoloConv(m, `${name}.cv1`, x, out / 2);
  const pools = [reduced];
  for (let i = 1; i <= 3; i++) pools.push(m.maxPool(`${name}.m.${i}`, pools.at(-1)!, { kernel: 5, stride: 1, pad: 2 }));
  return yoloConv(m, `${name}.cv2`, m.cat(`${name}.cat`, ...pools), out);
}

/** ultralytics' C3: one half goes through bottlenecks, both are joined. */
function csp(
  m: ModuleLayers,
  name: string,
  x: Bottom,
  { out, blocks, shortcut }: { out: number; blocks: number; shortcut: boolean },
): Top {
  let y = yoloConv(m, `${name}.cv1`, x, out / 2);
  for (let i = 0; i < blocks; i++) y = yoloBottleneck(m, `${name}.m.${i}`, y, { out: out / 2, kernel: 1, shortcut });
  const kept = yoloConv(m, `${name}.cv2`, x, out / 2);
  return yoloConv(m, `${name}.cv3`, m.cat(`${name}.cat`, y, kept), out);
}
