/** engine.worker: runs nets beside the page: loads weights, runs passes that can be stopped, verifies. Nothing leaves the browser. */
import { NetspecError } from '../../src/errors.js';
import { importOnnx } from '../../src/onnx/import-onnx.js';
import { fromBlob, toBytes } from '../../src/proto/random-access.js';
import { writeCaffemodel } from '../../src/proto/caffemodel-writer.js';
import { parsePrototxt } from '../../src/proto/text/parser.js';
import { formatPrototxt } from '../../src/proto/text/printer.js';
import { Net } from '../../src/runtime/net.js';
import { netShapes } from '../../src/runtime/net-shapes.js';
import { randomizeParams } from '../../src/runtime/random-params.js';
import { LayerSamples } from '../../src/verify/html/samples.js';
import { htmlReport } from '../../src/verify/html/html-report.js';
import { chooseMap } from '../../src/verify/match-references.js';
import { verify } from '../../src/verify/verify.js';
import { Detector } from '../../src/vision/detector.js';
import { fromRgba } from '../../src/vision/image.js';
import { resizeBilinear } from '../../src/vision/resize.js';
import { openWeightFile } from '../../src/weights/open.js';
import { executePack } from '../../src/weights/packing/execute.js';
import { planWithBestMap } from '../../src/weights/packing/choose-map.js';
import type { WeightSource } from '../../src/weights/source.js';
import { writeNpz } from '../../src/weights/write-archive.js';

/** A blob as the page shows it. */
export interface BlobValues {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Loaded {
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly threads: number;
  readonly remark: string;
}

export interface Detections {
  readonly boxes: readonly { readonly box: readonly number[]; readonly score: number; readonly label: number }[];
  readonly width: number;
  readonly height: number;
}

/** What a comparison found. */
export interface Verified {
  /** The page of the report. */
  readonly html: string;
  readonly isGood: boolean;
  /** The layer where the difference arises, and why, as far as it was found. */
  readonly layer: string | undefined;
  readonly cause: string | undefined;
}

/** A picture's pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray;
}

let net: Net | undefined;
let text = '';
let isStopped = false;

function loaded(): Net {
  if (!net) throw new NetspecError('no net is loaded');
  return net;
}

const methods = {
  /** Builds a net, with weights from a file of any format, or with reproducible random ones. */
  async load(prototxt: string, weights: File | undefined): Promise<Loaded> {
    const next = await Net.load(prototxt, { threads: crossOriginIsolated ? undefined : 1 });
    let remark = 'The weights are random.';
    try {
      if (weights) remark = await fill(next, prototxt, weights);
      else if (next.params.size > 0 && !hasOwnWeights(next)) randomizeParams(next);
      else remark = next.params.size > 0 ? 'The weights are those of the prototxt.' : 'The net has no weights.';
    } catch (error) {
      next.dispose();
      throw error;
    }
    net?.dispose();
    net = next;
    text = prototxt;
    for (const name of next.inputs) ramp(next.blobs.get(name)!.data);
    const inputs = next.inputs.map((name) => ({ name, shape: [...next.blobs.get(name)!.shape] }));
    return { inputs, threads: next.threads, remark };
  },

  /** An ONNX model as the text of a net and its weights. */
  async importOnnx(file: File): Promise<{ text: string; weights: Uint8Array; remarks: readonly string[] }> {
    const { net: imported, weights, schema, remarks } = await importOnnx(fromBlob(file, file.name));
    const sink = toBytes();
    await writeCaffemodel(sink, weights.net, weights.blobs, { schema });
    return { text: formatPrototxt(imported, { schema }), weights: sink.bytes(), remarks };
  },

  /** What a file of arrays is for: its names, and which of them are inputs of the net. */
  async look(file: File): Promise<{ names: string[]; inputs: string[] }> {
    return withSource(file, (source) => {
      const names = source.list().map(({ name }) => name);
      return { names, inputs: loaded().inputs.filter((name) => names.includes(name)) };
    });
  },

  /** Takes the values of inputs from a file of arrays; an .npy file without a name of an input is for the first one. */
  async setInputs(file: File): Promise<string[]> {
    const current = loaded();
    return withSource(file, async (source) => {
      const names = source.list().map(({ name }) => name);
      const given = current.inputs.filter((name) => names.includes(name));
      const pairs = given.length > 0 ? given.map((name) => [name, name]) : [[current.inputs[0], names[0]]];
      for (const [input, name] of pairs) {
        if (input === undefined || name === undefined) throw new NetspecError('the net has no input');
        const { shape, data } = await source.read(name);
        const blob = current.blobs.get(input)!;
        blob.reshape([...shape]);
        current.reshape();
        blob.data.set(data);
      }
      return pairs.map(([input]) => input!);
    });
  },

  /** Puts a picture into the first input: blue, green, red as Caffe's models want it, or grey. */
  setPicture(picture: Picture, mean: readonly number[], scale: number, order: 'BGR' | 'RGB'): string {
    const current = loaded();
    const [input] = current.inputs;
    const blob = input === undefined ? undefined : current.blobs.get(input);
    const [batch = 0, channels = 0, height = 0, width = 0] = blob?.shape ?? [];
    if (!blob || blob.shape.length !== 4 || (channels !== 1 && channels !== 3))
      throw new NetspecError('a picture needs an input of batch x 1 or 3 x height x width');
    const image = fromRgba({ width: picture.width, height: picture.height, data: picture.rgba });
    const { data } = resizeBilinear(image, width, height);
    const plane = width * height;
    for (let n = 0; n < batch; n++)
      for (let i = 0; i < plane; i++) {
        const at = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
        const values =
          channels === 1 ? [0.299 * at[0]! + 0.587 * at[1]! + 0.114 * at[2]!] : order === 'BGR' ? at.reverse() : at;
        values.forEach((value, c) => {
          blob.data[(n * channels + c) * plane + i] = (value - (mean[c] ?? mean[0] ?? 0)) * scale;
        });
      }
    return input!;
  },

  /** Runs the net. */
  async run(): Promise<{ milliseconds: number; outputs: readonly string[] }> {
    const current = loaded();
    isStopped = false;
    const started = performance.now();
    let breath = started;
    await current.forward({
      onLayer: async (index, { name }) => {
        const now = performance.now();
        if (now - breath < 30 && index + 1 < current.layers.length) return;
        breath = now;
        tell('progress', { done: index + 1, total: current.layers.length, layer: name });
        // Lets a message that stops the pass come in.
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (isStopped) throw new NetspecError(`stopped at layer '${name}'`);
      },
    });
    return { milliseconds: performance.now() - started, outputs: current.outputs };
  },

  stop(): void {
    isStopped = true;
  },

  blob(name: string): BlobValues | undefined {
    const blob = net?.blobs.get(name);
    return blob && { name, shape: [...blob.shape], data: blob.data.slice() };
  },

  /** Boxes in a picture, for a net with a detector's head. */
  async detect(picture: Picture): Promise<Detections | undefined> {
    let detector: Detector;
    try {
      detector = new Detector(loaded());
    } catch (error) {
      if (error instanceof NetspecError) return undefined;
      throw error;
    }
    const image = fromRgba({ width: picture.width, height: picture.height, data: picture.rgba });
    const { detections, original } = await detector.detect(image, {
      onProgress: (done, total) => tell('progress', { done, total, layer: '' }),
    });
    const { width, height } = original;
    return { boxes: detections.map(({ box, score, label }) => ({ box: [...box], score, label })), width, height };
  },

  /** The page of a comparison with references. */
  async verify(file: File): Promise<Verified> {
    const current = loaded();
    return withSource(file, async (references) => {
      const samples = new LayerSamples();
      const report = await verify(current, {
        references,
        map: chooseMap(current, references).map,
        prototxt: { file: 'net.prototxt', text },
        onCompared: samples.observe,
        onProgress: (done, total, layer) => tell('progress', { done, total, layer }),
      });
      const html = await htmlReport(current, report, { samples, facts: { references: file.name } });
      const [cause] = report.causes;
      const first = report.diagnosed ?? report.firstIsolated ?? report.firstDivergence;
      return { html, isGood: report.ok, layer: cause?.layer ?? first?.name, cause: cause?.explanation };
    });
  },

  /** The blobs that another net has with the weights and the inputs of this one, as an .npz archive. */
  async referencesOf(prototxt: string): Promise<Uint8Array> {
    const current = loaded();
    const other = await Net.load(prototxt, { threads: current.threads });
    try {
      const weights = toBytes();
      await current.save(weights);
      await other.copyFrom(weights.bytes());
      for (const name of other.inputs) other.blobs.get(name)!.data.set(current.blobs.get(name)!.data);
      await other.forward();
      const archive = toBytes();
      const tensors = [...other.blobs].map(([name, { shape, data }]) => ({ name, shape, pieces: () => [data] }));
      await writeNpz(archive, tensors);
      return archive.bytes();
    } finally {
      other.dispose();
    }
  },
};

export type EngineMethods = typeof methods;

async function withSource<T>(file: File, action: (source: WeightSource) => T | Promise<T>): Promise<T> {
  const source = await openWeightFile(fromBlob(file, file.name));
  try {
    return await action(source);
  } finally {
    await source.close();
  }
}

/** Whether the fillers give all weights on purpose, as those of the example of filters do. */
function hasOwnWeights({ layers }: Net): boolean {
  const filled = layers.filter(({ blobs }) => blobs.length > 0);
  return filled.every(({ param }) => {
    const { type, value = 0 } = param.convolution_param?.weight_filler ?? {};
    return type === 'bilinear' || (type === 'constant' && value !== 0);
  });
}

async function fill(next: Net, prototxt: string, file: File): Promise<string> {
  if (/\.caffemodel$/i.test(file.name)) {
    const report = await next.copyFrom(fromBlob(file, file.name));
    const left = report.unfilledLayers.length;
    return `${file.name}: ${report.copied.length} layers filled${left > 0 ? `, ${left} left at their fillers` : ''}.`;
  }
  return withSource(file, async (source) => {
    const param = parsePrototxt(prototxt);
    const { params, blobs } = netShapes(param);
    const plan = planWithBestMap({
      net: param,
      shapes: params,
      blobs,
      source,
      skipMismatched: true,
      allowUnused: true,
    });
    const sink = toBytes();
    await executePack(plan, sink);
    await next.copyFrom(sink.bytes());
    return `${file.name}: ${plan.report.filled.length} blobs filled.`;
  });
}

/** Values between -1 and 1 that are the same each time. */
function ramp(data: Float32Array): void {
  for (let i = 0; i < data.length; i++) data[i] = ((i * 37) % 201) / 100 - 1;
}

function tell(event: string, detail: object): void {
  postMessage({ event, detail });
}

type Method = (...args: never[]) => unknown;

addEventListener('message', ({ data }: MessageEvent<{ id: number; method: keyof EngineMethods; args: never[] }>) => {
  const { id, method, args } = data;
  const table = methods as unknown as Readonly<Record<string, Method>>;
  Promise.resolve()
    .then(() => table[method]!(...args))
    .then(
      (result) => postMessage({ id, result }),
      (error: unknown) => {
        const message = error instanceof NetspecError ? error.message : String(error);
        postMessage({ id, error: message });
      },
    );
});
