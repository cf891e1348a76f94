/**
 * The files that all engines read: nets, weights and inputs, made once and kept in a folder outside the repository, some
 * 3 GB. What is there is taken as it is: files appear whole or not at all.
 */
import { existsSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  detectionV2,
  formatPrototxt,
  nameMap,
  Net,
  packWeights,
  randomizeParams,
  writeFileAtomically,
} from '../src/node.js';
import { fillRandomly } from '../src/runtime/random-params.js';
import { NpyFolderSource } from '../src/node/npy-folder.js';
import { layerNet, type LayerCase } from './cases.js';
import { FULL_WIDTHS, makeWeights } from './make-full-size-weights.js';

/** Files of one net. `onnx` is where its translation belongs, if it is wanted. */
export interface ModelFiles {
  prototxt: string;
  caffemodel: string;
  onnx: string;
  input: { name: string; shape: readonly number[]; file: string };
}

/** `whole-shared` is `whole` with the towers' weights stored once. */
export type DetectionNet = 'whole' | 'whole-shared' | 'body';

const INPUT_SHAPE = [1, 3, 480, 576];
/** As large as pixels less their mean. */
const INPUT_SCALE = 128;

/** The files of detection-v2 or its body at full size, with random weights. */
export async function detectionFiles(folder: string, net: DetectionNet): Promise<ModelFiles> {
  const files = filesAt(folder, net, { name: 'data', shape: INPUT_SHAPE });
  await mkdir(folder, { recursive: true });
  if (!existsSync(files.input.file)) await writeInput(files, INPUT_SCALE);
  if (!existsSync(files.caffemodel)) await packDetection(folder, net, files);
  return files;
}

/** The files of a net of one layer. */
export async function layerFiles(folder: string, layer: LayerCase): Promise<ModelFiles> {
  const count = layer.input.reduce((product, dim) => product * dim, 1);
  const name = layer.name.replaceAll(/[^a-z0-9]+/gi, '-');
  const files = filesAt(path.join(folder, 'layers'), name, { name: 'x', shape: [1, count] });
  await mkdir(path.dirname(files.prototxt), { recursive: true });
  if (!existsSync(files.input.file)) await writeInput(files, 1);
  const text = layerNet(layer);
  await writeText(files.prototxt, text);
  if (!existsSync(files.caffemodel)) {
    const net = await Net.load(text);
    randomizeParams(net);
    await net.save(files.caffemodel);
    net.dispose();
  }
  return files;
}

function filesAt(folder: string, name: string, input: { name: string; shape: readonly number[] }): ModelFiles {
  const at = (extension: string): string => path.join(folder, `${name}.${extension}`);
  // The nets of detection-v2 have one input.
  const file = input.name === 'data' ? path.join(folder, 'input.f32') : at('f32');
  return { prototxt: at('prototxt'), caffemodel: at('caffemodel'), onnx: at('onnx'), input: { ...input, file } };
}

async function packDetection(folder: string, name: DetectionNet, files: ModelFiles): Promise<void> {
  const arrays = path.join(folder, 'npy');
  const done = path.join(folder, 'npy-complete');
  if (!existsSync(done)) {
    rmSync(arrays, { recursive: true, force: true });
    await makeWeights(arrays, FULL_WIDTHS, 1);
    await writeText(done, '');
  }
  const net = detectionV2({ part: name === 'body' ? 'backbone' : 'full', shareParams: name === 'whole-shared' });
  const built = await Net.load(net);
  const shapes = new Map([...built.params].map(([layer, blobs]) => [layer, blobs.map(({ shape }) => shape)]));
  built.dispose();
  const source = await NpyFolderSource.open(arrays);
  await writeText(files.prototxt, formatPrototxt(net));
  await writeFileAtomically(files.caffemodel, async (sink) => {
    await packWeights({ net, shapes, source, map: nameMap('maskrcnn-benchmark'), sink, allowUnused: name === 'body' });
  });
  await source.close();
}

async function writeInput({ input }: ModelFiles, scale: number): Promise<void> {
  const data = new Float32Array(input.shape.reduce((product, dim) => product * dim, 1));
  fillRandomly(data);
  await writeFileAtomically(input.file, (sink) => sink.write(new Uint8Array(data.map((v) => v * scale).buffer)));
}

async function writeText(file: string, text: string): Promise<void> {
  await writeFileAtomically(file, (sink) => sink.write(new TextEncoder().encode(text)));
}
