/** yolov8n: ultralytics' YOLOv8 nano up to the raw heads of each level, layers named as its modules: model.0.conv … model.22.cv2.0.2, model.22.cv3.0.2. */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classesOption, sizeOption } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions, type NetOption } from './options.js';
import { upsample } from './upsample.js';
import { sppf, yoloBottleneck, yoloConv, type YoloNetOptions } from './yolov5.js';

export const yolov8nOptions: readonly NetOption[] = [sizeOption('640x640'), classesOption('80')];

/** Bins of each side of a box: four times as many are the outputs of `cv2`. */
const BINS = 16;

/**
 * YOLOv8n, from `images` to the heads `model.22.cv2.N.2` (distances to the sides, in bins) and `model.22.cv3.N.2` (classes). The input's sides
 * must be multiples of 32.
 * @throws NetspecError on an unknown option or value
 */
export function yolov8n(options: YoloNetOptions = {}): NetParameter {
  checkNetOptions(yolov8nOptions, options);
  const { inputSize = [640, 640], classes = 80 } = options;
  const m = new ModuleLayers(1e-3);
  const conv = (i: number, x: Bottom, out: number): Top => yoloConv(m, `model.${i}`, x, out, 3, 2);
  const up = (i: number, x: Top, channels: number): Top => (m.n[`model.${i}`] = upsample(x, channels, 'nearest'));

  let x = conv(1, conv(0, m.input('images', 3, inputSize), 16), 32);
  x = c2f(m, 'model.2', x, { out: 32, blocks: 1, shortcut: true });
  const p3 = c2f(m, 'model.4', conv(3, x, 64), { out: 64, blocks: 2, shortcut: true });
  const p4 = c2f(m, 'model.6', conv(5, p3, 128), { out: 128, blocks: 2, shortcut: true });
  x = c2f(m, 'model.8', conv(7, p4, 256), { out: 256, blocks: 1, shortcut: true });
  const top = sppf(m, 'model.9', x, 256);
  const join = (i: number, a: Bottom, b: Bottom, out: number): Top =>
    c2f(m, `model.${i + 1}`, m.cat(`model.${i}`, a, b), { out, blocks: 1, shortcut: false });
  const middle = join(11, up(10, top, 256), p4, 128);
  const small = join(14, up(13, middle, 128), p3, 64);
  const medium = join(17, conv(16, small, 64), middle, 128);
  const large = join(20, conv(19, medium, 128), top, 256);
  for (const [i, level] of [small, medium, large].entries()) {
    head(m, `model.22.cv2.${i}`, level, 4 * BINS, 4 * BINS);
    head(m, `model.22.cv3.${i}`, level, Math.max(64, Math.min(classes, 100)), classes);
  }
  return m.n.toProto();
}

function head(m: ModuleLayers, name: string, x: Bottom, inner: number, out: number): void {
  const y = yoloConv(m, `${name}.1`, yoloConv(m, `${name}.0`, x, inner, 3), inner, 3);
  m.conv(`${name}.2`, y, { out, bias: true });
}

/** ultralytics' C2f: what each bottleneck makes is kept beside both halves. */
function c2f(
  m: ModuleLayers,
  name: string,
  x: Bottom,
  { out, blocks, shortcut }: { out: number; blocks: number; shortcut: boolean },
): Top {
  const halves = L.Slice(yoloConv(m, `${name}.cv1`, x, out), { ntop: 2, axis: 1 });
  [m.n[`${name}.left`], m.n[`${name}.right`]] = halves;
  const parts: Top[] = [...halves];
  for (let i = 0; i < blocks; i++)
    parts.push(yoloBottleneck(m, `${name}.m.${i}`, parts.at(-1)!, { out: out / 2, kernel: 3, shortcut }));
  return yoloConv(m, `${name}.cv2`, m.cat(`${name}.cat`, ...parts), out);
}
