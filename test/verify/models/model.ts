/**
 * model: a model in double precision and its right port side by side. Each operation computes what PyTorch gives and adds the
 * layers that a port has for it; references are what the modules give.
 */
import { seededRandom } from '../../../src/engine/random.js';
import * as t from '../../support/torch64.js';
import type { Array32, Arrays } from '../planted.js';

/** A value of the model, and the blob of the port that holds it. */
export interface Value {
  blob: string;
  x: t.T64;
}

/** A module's input and its parameters, and what it makes of them. */
export type Otherwise = Readonly<Record<string, (x: t.T64, ...params: readonly t.T64[]) => t.T64>>;

interface Layer {
  name: string;
  text: string;
}

const settingsOf = (options: t.ConvOptions, kernel: readonly number[]): string => {
  const fields: string[] = [];
  const both = (name: string, value: number | readonly [number, number] | undefined, otherwise: number): void => {
    const [h, w] = typeof value === 'number' || value === undefined ? [value, value] : value;
    if (h === undefined) return;
    if (h === w) {
      if (h !== otherwise) fields.push(`${name}: ${h}`);
    } else
      fields.push(
        name === 'dilation'
          ? `dilation: ${h} dilation: ${w}`
          : `${name.replace('_size', '')}_h: ${h} ${name.replace('_size', '')}_w: ${w}`,
      );
  };
  both('kernel_size', [kernel[0]!, kernel[1]!], 0);
  both('stride', options.stride, 1);
  both('pad', options.padding, 0);
  both('dilation', options.dilation, 1);
  if ((options.groups ?? 1) > 1) fields.push(`group: ${options.groups}`);
  return fields.join(' ');
};

export class Model {
  readonly layers: Layer[] = [];
  readonly blobs: Record<string, Array32[]> = {};
  readonly inputs: Record<string, Array32> = {};
  readonly references: Arrays = {};
  readonly #random: () => number;

  /** @param otherwise what modules of the model compute, by name, where the port computes something else */
  constructor(
    seed: number,
    private readonly otherwise: Otherwise = {},
  ) {
    this.#random = seededRandom(seed);
  }

  /** Values around `centre`, representable in float32. */
  values(shape: readonly number[], scale: number, centre = 0): t.T64 {
    const data = Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () =>
      Math.fround(centre + scale * (this.#random() * 2 - 1)),
    );
    return t.tensor(shape, data);
  }

  input(name: string, shape: readonly number[], scale = 1, centre = 0): Value {
    const x = this.values(shape, scale, centre);
    this.inputs[name] = asFloat32(x);
    const dims = shape.map((d) => `dim: ${d}`).join(' ');
    this.layers.push({
      name,
      text: `layer { name: "${name}" type: "Input" top: "${name}" input_param { shape { ${dims} } } }`,
    });
    return { blob: name, x };
  }

  /** A layer of the port whose top has its name. */
  layer(
    name: string,
    type: string,
    bottoms: readonly string[],
    settings = '',
    tops: readonly string[] = [name],
  ): string {
    const of = (kind: string, names: readonly string[]) => names.map((each) => `${kind}: "${each}"`).join(' ');
    this.layers.push({
      name,
      text: `layer { name: "${name}" type: "${type}" ${of('bottom', bottoms)} ${of('top', tops)} ${settings} }`,
    });
    return tops[0]!;
  }

  params(layer: string, ...values: readonly t.T64[]): void {
    this.blobs[layer] = values.map(asFloat32);
  }

  /** What a module gives, by its name. */
  is(module: string | undefined, blob: string, x: t.T64): Value {
    if (module !== undefined) this.references[module] = asFloat32(x);
    return { blob, x };
  }

  /** The dump lacks what this module gives. */
  forget(module: string): void {
    if (!Reflect.deleteProperty(this.references, module)) throw new Error(`there is no module '${module}'`);
  }

  computed(name: string, inputs: readonly [t.T64, ...t.T64[]], usual: () => t.T64): t.T64 {
    return this.otherwise[name]?.(...inputs) ?? usual();
  }

  conv(
    name: string,
    { blob, x }: Value,
    out: number,
    kernel: number | readonly [number, number],
    options: t.ConvOptions & { bias?: boolean } = {},
  ): Value {
    const { bias = true, groups = 1 } = options;
    const [kh, kw] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const inputs = x.shape[1]! / groups;
    const w = this.values([out, inputs, kh, kw], Math.sqrt(3 / (inputs * kh * kw)));
    const b = bias ? this.values([out], 0.3) : undefined;
    const settings = `num_output: ${out} ${bias ? '' : 'bias_term: false '}${settingsOf(options, [kh, kw])}`;
    this.layer(name, 'Convolution', [blob], `convolution_param { ${settings} }`);
    this.params(name, w, ...(b ? [b] : []));
    return this.is(
      name,
      name,
      this.computed(name, [x, w, ...(b ? [b] : [])], () => t.conv2d(x, w, b, options)),
    );
  }

  deconv(name: string, { blob, x }: Value, out: number, kernel: number, options: t.ConvOptions = {}): Value {
    const { groups = 1 } = options;
    const w = this.values([x.shape[1]!, out / groups, kernel, kernel], 0.4);
    const b = this.values([out], 0.3);
    this.layer(
      name,
      'Deconvolution',
      [blob],
      `convolution_param { num_output: ${out} ${settingsOf(options, [kernel, kernel])} }`,
    );
    this.params(name, w, b);
    return this.is(
      name,
      name,
      this.computed(name, [x, w, b], () => t.convTranspose2d(x, w, b, options)),
    );
  }

  /** BatchNorm2d: two layers, of which the second gives the module's output. */
  bn(name: string, { blob, x }: Value, eps = 1e-5): Value {
    const c = x.shape[1]!;
    const [w, b] = [this.values([c], 0.4, 1), this.values([c], 0.3)];
    const [mean, variance] = [this.values([c], 0.3), this.values([c], 0.4, 0.6)];
    this.layer(name, 'BatchNorm', [blob], `batch_norm_param { eps: ${eps} }`);
    this.layer(`${name}_scale`, 'Scale', [name], 'scale_param { bias_term: true }');
    this.params(name, mean, variance, t.tensor([1], [1]));
    this.params(`${name}_scale`, w, b);
    const y = this.computed(name, [x, w, b, mean, variance], () => t.batchNorm(x, [w, b, mean, variance], eps));
    return this.is(name, `${name}_scale`, y);
  }

  fc(name: string, { blob, x }: Value, out: number): Value {
    const flat = t.reshape(x, [x.shape[0]!, x.data.length / x.shape[0]!]);
    const inputs = flat.shape[1]!;
    const [w, b] = [this.values([out, inputs], Math.sqrt(3 / inputs)), this.values([out], 0.3)];
    this.layer(name, 'InnerProduct', [blob], `inner_product_param { num_output: ${out} }`);
    this.params(name, w, b);
    return this.is(
      name,
      name,
      this.computed(name, [flat, w, b], () => t.linear(flat, w, b)),
    );
  }

  /** An activation that is one layer. */
  act(name: string, type: string, { blob, x }: Value, f: (x: t.T64) => t.T64, settings = '', isInPlace = false): Value {
    const top = this.layer(name, type, [blob], settings, [isInPlace ? blob : name]);
    return this.is(
      name,
      top,
      this.computed(name, [x], () => f(x)),
    );
  }

  relu(name: string, value: Value, isInPlace = false): Value {
    return this.act(name, 'ReLU', value, t.relu, '', isInPlace);
  }

  hardsigmoid(name: string, { blob, x }: Value): Value {
    this.layer(`${name}_line`, 'Power', [blob], `power_param { scale: ${1 / 6} shift: 0.5 }`);
    this.layer(name, 'Clip', [`${name}_line`], 'clip_param { min: 0 max: 1 }');
    return this.is(name, name, t.hardsigmoid(x));
  }

  hardswish(name: string, { blob, x }: Value): Value {
    this.layer(`${name}_line`, 'Power', [blob], `power_param { scale: ${1 / 6} shift: 0.5 }`);
    this.layer(`${name}_gate`, 'Clip', [`${name}_line`], 'clip_param { min: 0 max: 1 }');
    this.layer(name, 'Eltwise', [blob, `${name}_gate`], 'eltwise_param { operation: PROD }');
    return this.is(
      name,
      name,
      this.computed(name, [x], () => t.hardswish(x)),
    );
  }

  add(name: string, a: Value, b: Value): Value {
    this.layer(name, 'Eltwise', [a.blob, b.blob]);
    return this.is(name, name, t.add(a.x, b.x));
  }

  cat(name: string, parts: readonly Value[], dim = 1): Value {
    this.layer(
      name,
      'Concat',
      parts.map(({ blob }) => blob),
      dim === 1 ? '' : `concat_param { axis: ${dim} }`,
    );
    return this.is(
      name,
      name,
      t.cat(
        parts.map(({ x }) => x),
        dim,
      ),
    );
  }

  maxpool(name: string, { blob, x }: Value, options: t.PoolOptions): Value {
    this.layer(name, 'Pooling', [blob], `pooling_param { ${poolSettings(options)} }`);
    return this.is(
      name,
      name,
      this.computed(name, [x], () => t.maxPool2d(x, options)),
    );
  }

  avgpool(name: string, { blob, x }: Value, options: t.PoolOptions): Value {
    this.layer(name, 'Pooling', [blob], `pooling_param { pool: AVE ${poolSettings(options)} }`);
    return this.is(
      name,
      name,
      this.computed(name, [x], () => t.avgPool2d(x, options)),
    );
  }

  gap(name: string, { blob, x }: Value): Value {
    this.layer(name, 'Pooling', [blob], 'pooling_param { pool: AVE global_pooling: true }');
    return this.is(name, name, t.globalAvgPool(x));
  }

  softmax(name: string, { blob, x }: Value, dim = 1): Value {
    this.layer(name, 'Softmax', [blob], dim === 1 ? '' : `softmax_param { axis: ${dim} }`);
    return this.is(
      name,
      name,
      this.computed(name, [x], () => t.softmax(x, dim)),
    );
  }

  reshape(name: string, { blob, x }: Value, shape: readonly number[], module?: string): Value {
    this.layer(name, 'Reshape', [blob], `reshape_param { shape { ${shape.map((d) => `dim: ${d}`).join(' ')} } }`);
    return this.is(module, name, t.reshape(x, shape));
  }

  get prototxt(): string {
    return this.layers.map(({ text }) => `${text}\n`).join('');
  }
}

function poolSettings({ kernel, stride = kernel, padding = 0, ceil = false }: t.PoolOptions): string {
  return `kernel_size: ${kernel} stride: ${stride} pad: ${padding}${ceil ? '' : ' round_mode: FLOOR'}`;
}

export function asFloat32({ shape, data }: t.T64): Array32 {
  return { shape, data: Float32Array.from(data) };
}
