/**
 * cut-net: a part of a net as a net of its own: the layers between some blobs and others, with Input layers of the shapes
 * that the blobs have, and the parameters of the layers that are kept.
 */
import { NET, OBJECT, SCHEMA, checkArguments } from '../../arguments.js';
import { NetspecError } from '../../errors.js';
import type { LayerParameter, NetParameter } from '../../generated/messages.js';
import { Phase } from '../../generated/messages.js';
import { factsOfLayer } from '../../layers/registry.js';
import { writeCaffemodel } from '../../proto/caffemodel-writer.js';
import { derive } from '../../proto/derive.js';
import { inheritForks } from '../../proto/forks/net-forks.js';
import type { ByteSink } from '../../proto/random-access.js';
import type { Schema } from '../../proto/schema.js';
import type { Net } from '../../runtime/net.js';
import { topKey, wiringOf, type TopKey, type Version } from '../wiring.js';
import { cutPoint, cutPointName } from './cut-points.js';

/** Where a net is cut. */
export interface CutOptions {
  /**
   * What the part reads: names of blobs, or `blob@layer` for the value that a layer writes and a later in-place layer
   * overwrites. Inputs of the net that the part needs besides are kept. Default: none, so that the part begins at the net's
   * inputs.
   */
  from?: readonly string[];
  /** What the part gives; named like `from`. Default: the net's outputs. */
  to?: readonly string[];
}

/** A value of the net, and the blob of the part that holds it. */
export interface CutBlob {
  /** The name in the whole net, as {@link CutOptions} takes it. */
  whole: string;
  /** The layer that writes the value in the whole net, by index, and which of its tops it is. */
  version: Version;
  /** Name of the blob in the part. */
  blob: string;
  /** The shape that it has in the whole net. */
  shape: readonly number[];
}

/** A part of a net. */
export interface CutNet {
  /** The part, without values of parameters. */
  net: NetParameter;
  /** What its Input layers are fed. */
  inputs: CutBlob[];
  /** What it gives, in the order of `to`. */
  outputs: CutBlob[];
  /** The layers that it keeps, by their index in the whole net; Input layers are not among them. */
  layers: number[];
  /** What the user should know: blobs with another name than in the whole net, outputs that another layer of the part reads. */
  remarks: string[];
  /**
   * Writes the caffemodel of the part: what the parameters of the whole net hold now.
   * @throws what the sink throws.
   */
  writeWeights: (sink: ByteSink) => Promise<void>;
}

/**
 * Cuts a part out of a net that is loaded. Names of layers, blobs and shared parameters stay. A layer keeps what it is, also
 * in-place and with its loss weight; include and exclude rules go, since the part is of one state.
 * @param schema the schema that the net was loaded with, when it is not BVLC's
 * @throws NetspecError for a name that the net has not, or a blob of `from` that nothing between it and `to` reads.
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * const part = cutNet(net, { from: ['conv1'], to: ['prob'] });
 * part.inputs.map(({ blob, shape }) => `${blob} ${shape.join('x')}`); // → ['conv1 1x4x8x8']
 * const text = formatPrototxt(part.net);
 */
export function cutNet(net: Net, options: CutOptions, schema?: Schema): CutNet {
  checkArguments('cutNet()', { net: [net, NET], options: [options, OBJECT], schema: [schema, SCHEMA] });
  const { from = [], to = net.outputs } = options;
  if (to.length === 0) throw new NetspecError('the net has no outputs', { hint: 'say which blobs the part gives' });
  return new Cut(
    net,
    unique(from).map((name) => cutPoint(net, name, 'options.from')),
    unique(to).map((name) => cutPoint(net, name, 'options.to')),
    schema,
  ).run();
}

/** {@link cutNet} at values that are known by layer and top. */
export function cutAt(net: Net, from: readonly Version[], to: readonly Version[], schema?: Schema): CutNet {
  return new Cut(net, from, to, schema).run();
}

class Cut {
  readonly #wiring;
  readonly #from: ReadonlySet<TopKey>;
  readonly #layers = new Set<number>();
  readonly #fed = new Map<TopKey, Version>();
  /** Blob of the part that holds each value. */
  readonly #names = new Map<TopKey, string>();
  readonly #remarks: string[] = [];

  constructor(
    readonly net: Net,
    from: readonly Version[],
    readonly to: readonly Version[],
    readonly schema: Schema | undefined,
  ) {
    this.#wiring = wiringOf(net);
    this.#from = new Set(from.map(({ layer, top }) => topKey(layer, top)));
    this.#collect();
    for (const version of from) this.#checkIsRead(version);
  }

  run(): CutNet {
    const indices = [...this.#layers].sort((a, b) => a - b);
    const fed = [...this.#fed.values()].sort((a, b) => a.layer - b.layer || a.top - b.top);
    const inputs = this.#nameInputs(fed, indices);
    const layers = indices.map((index) => this.#layer(index));
    const inputLayers = this.#inputLayers(inputs, layers);
    const param: NetParameter = { name: this.net.name, layer: [...inputLayers, ...layers] };
    if (this.net.phase === 'TRAIN') param.state = { phase: Phase.TRAIN };
    const outputs = this.to.map((version) => this.#cutBlob(version));
    this.#remarkOutputs(outputs);
    const parts = [...inputLayers.map(() => undefined), ...indices];
    // What the net was read as is known by its layers.
    inheritForks(param, this.#wiring.params[indices[0] ?? 0]!);
    const net = param;
    return {
      net,
      inputs,
      outputs,
      layers: indices,
      remarks: this.#remarks,
      writeWeights: async (sink) => {
        const blobs = parts.map((index) =>
          index === undefined
            ? undefined
            : { blobs: this.net.layers[index]!.blobs.map((blob) => ({ shape: blob.shape, read: () => blob.peek() })) },
        );
        await writeCaffemodel(sink, net, blobs, { schema: this.schema });
      },
    };
  }

  /** The layers that `to` needs, back to what is fed. */
  #collect(): void {
    const pending = [...this.to];
    const seen = new Set<TopKey>();
    for (let version = pending.pop(); version; version = pending.pop()) {
      const key = topKey(version.layer, version.top);
      if (seen.has(key)) continue;
      seen.add(key);
      if (this.#from.has(key) || this.#isData(version.layer)) this.#fed.set(key, version);
      else {
        this.#layers.add(version.layer);
        pending.push(...this.#wiring.reads[version.layer]!);
      }
    }
  }

  /** Whether a layer is fed from outside. DummyData and Parameter layers make their values themselves. */
  #isData(index: number): boolean {
    const layer = this.net.layers[index]!;
    if (this.#wiring.reads[index]!.length > 0 || layer.blobs.length > 0) return false;
    return layer.type !== 'DummyData' && (factsOfLayer(layer)?.fed === true || layer.type.endsWith('Data'));
  }

  #checkIsRead(version: Version): void {
    const key = topKey(version.layer, version.top);
    const isOutput = this.to.some(({ layer, top }) => topKey(layer, top) === key);
    const name = cutPointName(this.net, version);
    if (isOutput)
      throw new NetspecError(`blob '${name}' is where the part begins and where it ends`, {
        hint: 'take it out of options.from or of options.to',
      });
    if (this.#fed.has(key)) return;
    const ends = this.to.map((each) => `'${cutPointName(this.net, each)}'`).join(', ');
    throw new NetspecError(`blob '${name}' has no part in ${ends}: nothing on the way there reads it`, {
      hint: this.#fed.size > 0 ? `what is read there: ${this.#fedNames().join(', ')}` : undefined,
    });
  }

  #fedNames(): string[] {
    return [...this.#fed.values()].map((version) => cutPointName(this.net, version));
  }

  /** Names for what is fed: the blob's own, unless a layer of the part writes that blob from something else. */
  #nameInputs(fed: readonly Version[], indices: readonly number[]): CutBlob[] {
    const written = new Set(
      indices.flatMap((index) =>
        this.net.topNamesOf(index).filter((blob, top) => !(this.#rootIsFed(index, top) && this.#isInPlace(index, top))),
      ),
    );
    const taken = new Set(written);
    return fed.map((version) => {
      const own = this.net.topNamesOf(version.layer)[version.top]!;
      const blob = uniqueName(taken.has(own) ? `${own}_${this.net.layerNames[version.layer]!}` : own, taken);
      taken.add(blob);
      this.#names.set(topKey(version.layer, version.top), blob);
      if (blob !== own)
        this.#remarks.push(
          `input '${blob}' is the value of '${cutPointName(this.net, version)}': another layer of the part writes '${own}'`,
        );
      return this.#cutBlob(version);
    });
  }

  /** The value that an in-place layer overwrites. */
  #overwritten(index: number, top: number): Version | undefined {
    const blob = this.net.topNamesOf(index)[top]!;
    const bottom = this.#wiring.params[index]!.bottom?.indexOf(blob) ?? -1;
    return bottom < 0 ? undefined : this.#wiring.reads[index]![bottom];
  }

  #isInPlace(index: number, top: number): boolean {
    return this.#overwritten(index, top) !== undefined;
  }

  /** Whether the chain of in-place layers that a top belongs to begins at a value that is fed. */
  #rootIsFed(index: number, top: number): boolean {
    let version: Version | undefined = { layer: index, top };
    while (version && !this.#fed.has(topKey(version.layer, version.top)))
      version = this.#overwritten(version.layer, version.top);
    return version !== undefined;
  }

  /** A layer of the part. One that would overwrite an output of the part writes a blob of its own instead. */
  #layer(index: number): LayerParameter {
    const param = this.#wiring.params[index]!;
    const bottom = this.#wiring.reads[index]!.map(({ layer, top }) => this.#names.get(topKey(layer, top))!);
    const top = this.net.topNamesOf(index).map((own, i) => {
      const before = this.#overwritten(index, i);
      const name = before ? this.#names.get(topKey(before.layer, before.top))! : own;
      const isKept = before && this.to.some((each) => each.layer === before.layer && each.top === before.top);
      const blob = isKept ? uniqueName(this.net.layerNames[index]!, new Set(this.net.blobs.keys())) : name;
      if (isKept)
        this.#remarks.push(
          `layer '${this.net.layerNames[index]!}' writes '${blob}' in place of '${own}', which is an output of the part`,
        );
      this.#names.set(topKey(index, i), blob);
      return blob;
    });
    const layer = derive(param, {
      ...(bottom.length > 0 && { bottom }),
      ...(top.length > 0 && { top }),
    });
    delete layer.include;
    delete layer.exclude;
    delete layer.blobs;
    return layer;
  }

  #inputLayers(inputs: readonly CutBlob[], layers: readonly LayerParameter[]): LayerParameter[] {
    const taken = new Set(layers.map(({ name = '' }) => name));
    return inputs.map(({ blob, shape, version }) => {
      const of = this.net.layers[version.layer]!;
      const own = of.type === 'Input' && this.net.topNamesOf(version.layer).length === 1 ? of.name : blob;
      const name = uniqueName(own, taken);
      taken.add(name);
      return { name, type: 'Input', top: [blob], input_param: { shape: [{ dim: [...shape] }] } };
    });
  }

  #cutBlob(version: Version): CutBlob {
    const { layer, top } = version;
    const { shape } = this.net.blobs.get(this.net.topNamesOf(layer)[top]!)!;
    const blob = this.#names.get(topKey(layer, top))!;
    return { whole: cutPointName(this.net, version), version, blob, shape: [...shape] };
  }

  #remarkOutputs(outputs: readonly CutBlob[]): void {
    for (const { blob, version } of outputs) {
      const reader = this.#wiring.readers
        .get(topKey(version.layer, version.top))
        ?.find((index) => this.#layers.has(index));
      if (reader !== undefined)
        this.#remarks.push(
          `'${blob}' is read by layer '${this.net.layerNames[reader]!}', so that Caffe does not list it among the outputs`,
        );
    }
  }
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** A name that is not taken: with a number behind it where it is. */
function uniqueName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let i = 1; ; i++) if (!taken.has(`${name}_${i}`)) return `${name}_${i}`;
}
