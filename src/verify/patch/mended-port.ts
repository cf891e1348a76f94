/**
 * mended-port: the port with the mends of a report made: the prototxt, the weights, what the net is fed and the references.
 * What cannot be mended here, such as a reference that was saved at another place, is said.
 */
import { NET, OPTIONS, REPORT, checkArguments } from '../../arguments.js';
import { deterministicFill, isDeterministicFiller } from '../../engine/deterministic-fillers.js';
import type { LayerParameter, NetParameter } from '../../generated/messages.js';
import { blobFactsOf } from '../../layers/facts.js';
import { factsOfLayer } from '../../layers/registry.js';
import { writeCaffemodel, type BlobSource } from '../../proto/caffemodel-writer.js';
import type { ByteSink } from '../../proto/random-access.js';
import { parsePrototxt } from '../../proto/text/parser.js';
import { Net } from '../../runtime/net.js';
import type { NetOptions } from '../../runtime/net-options.js';
import { product } from '../../shapes.js';
import type { WeightSource } from '../../weights/source.js';
import type { Cause } from '../diagnosis.js';
import type { Mend } from '../causes.js';
import type { VerifyReport } from '../result.js';
import { asFloats, type FloatTensor } from '../tensors.js';

/** How the net was loaded, for its like to be loaded so. */
export type MendOptions = Pick<NetOptions, 'phase' | 'level' | 'stages' | 'schema'>;

/** A port after its mends. Values are read from the net that was verified, which must stay alive until they are written. */
export interface MendedPort {
  /** The prototxt. */
  readonly text: string;
  /** Causes that were mended, wherever the mend belongs. */
  readonly mended: readonly Cause[];
  /** Causes that are not, each with the reason. */
  readonly left: readonly { readonly cause: Cause; readonly reason: string }[];
  /** What is fed otherwise, by blob. */
  readonly inputs: ReadonlyMap<string, FloatTensor>;
  /** Writes the caffemodel. */
  writeWeights(sink: ByteSink): Promise<void>;
  /** The references as the mends have them: changed, or left out where only the model can give them. */
  references(source: WeightSource): WeightSource;
}

/**
 * Makes the mends of a report.
 * @param net the net that was verified
 * @throws NetspecError when a layer that a mend adds is refused
 * @example
 * const net = await Net.load('net.prototxt', { weights: 'net.caffemodel' });
 * net.blobs.get('data')!.data.set((await readNpyFile('x.npy')).data);
 * const report = await verify(net, { references: await openWeights('references.npz'), map: blobMap(net) });
 * if (!report.ok) console.log((await mendPort(net, report)).text);
 */
export async function mendPort(net: Net, report: VerifyReport, options: MendOptions = {}): Promise<MendedPort> {
  checkArguments('mendPort()', { net: [net, NET], report: [report, REPORT], options: [options, OPTIONS] });
  const text = report.mendedText ?? '';
  const param = parsePrototxt(text, { schema: options.schema });
  const built = await Net.load(param, {
    ...options,
    phase: options.phase ?? net.phase,
    shapesOnly: true,
    ...(net.steppedOver.length > 0 && asSteppedOver(net)),
  });
  try {
    const mends = report.mends ?? [];
    const values = valuesOf(mends);
    const left: { cause: Cause; reason: string }[] = [];
    const inputs = new Map<string, FloatTensor>();
    for (const mend of mends) {
      const reason = whyNot(mend, values);
      if (reason !== undefined) left.push({ cause: mend.cause, reason });
      for (const [blob, made] of mend.inputs) inputs.set(blob, made());
    }
    const layers = built.layers.filter(({ type }) => type !== 'Split');
    const blobs = layers.map((layer) => ({
      blobs: layer.blobs.map(({ shape }, i): BlobSource => {
        const read =
          readerOf(net, layer.name, i, shape, values) ?? fillerOf(layer.param, i, shape, factsOfLayer(layer));
        if (!read) left.push({ cause: causeOf(mends, layer.name), reason: `no values are known for '${layer.name}'` });
        return { shape, read: read ?? (() => new Float32Array(product(shape))) };
      }),
    }));
    const written: NetParameter = {
      ...(built.name !== '' && { name: built.name }),
      layer: layers.map((layer) => ({ ...layer.savedParam(), blobs: undefined })),
    };
    return {
      text,
      mended: mends.map(({ cause }) => cause).filter((cause) => !left.some((each) => each.cause === cause)),
      left,
      inputs,
      writeWeights: async (sink) => {
        await writeCaffemodel(sink, written, blobs, { schema: options.schema });
      },
      references: (source) => mendedReferences(source, mends),
    };
  } finally {
    built.dispose();
  }
}

/** The layers that are not run, as they are in the net that was verified. */
function asSteppedOver(net: Net): NetOptions {
  const tops = net.steppedOver.flatMap(({ param: { top = [], bottom = [] } }) =>
    top.filter((blob) => !bottom.includes(blob)),
  );
  return {
    stepOver: 'assume',
    blobShapes: new Map(tops.filter((top) => !net.unshaped.has(top)).map((top) => [top, net.blobs.get(top)!.shape])),
    paramShapes: new Map([...net.params].map(([name, blobs]) => [name, blobs.map(({ shape }) => shape)])),
  };
}

type Values = ReadonlyMap<string, readonly FloatTensor[] | 'filler'>;

/** Parameters that mends give layers, by name. */
function valuesOf(mends: readonly Mend[]): Values {
  const values = new Map<string, readonly FloatTensor[] | 'filler'>();
  for (const mend of mends)
    for (const [layer, made] of Object.entries(mend.values)) values.set(layer, made === 'filler' ? made : made());
  return values;
}

/** Why a mend cannot be made here; undefined where it can. */
function whyNot({ cause, edit, layer, inputs, references }: Mend, values: Values): string | undefined {
  switch (cause.fixPlace) {
    case 'prototxt':
      return edit ? undefined : 'no edit of the prototxt can be written in this schema';
    case 'packing':
      return values.has(layer) ? undefined : 'what is packed has to be made anew from the model';
    case 'input':
      return inputs.size > 0 ? undefined : 'what is fed has to be made anew';
    case 'reference':
      return references.size > 0 && [...references.values()].every((change) => change)
        ? undefined
        : 'the reference has to be saved anew from the model';
  }
}

/** Reads a blob from what a mend gives, else from the net as it was. */
function readerOf(
  net: Net,
  layer: string,
  index: number,
  shape: readonly number[],
  values: Values,
): (() => Float32Array) | undefined {
  const given = values.get(layer);
  if (given === 'filler') return undefined;
  const data = given ? given[index]?.data : net.params.get(layer)?.[index]?.peek();
  return data?.length === product(shape) ? () => data : undefined;
}

/** What a filler that gives the same values each time makes. */
function fillerOf(
  param: LayerParameter,
  index: number,
  shape: readonly number[],
  facts: Parameters<typeof blobFactsOf>[0],
): (() => Float32Array) | undefined {
  const filler = blobFactsOf(facts, param, index)?.filler?.(param);
  return filler && isDeterministicFiller(filler) ? () => deterministicFill(shape, filler) : undefined;
}

/** The cause whose mend brought a layer into the net. */
function causeOf(mends: readonly Mend[], layer: string): Cause {
  return (mends.find(({ edit }) => edit?.after.some(({ name }) => name === layer)) ?? mends[0]!).cause;
}

/** The references with all changes made, one mend after the other. */
function mendedReferences(source: WeightSource, mends: readonly Mend[]): WeightSource {
  const changes = (name: string) =>
    mends.flatMap(({ references }) => (references.has(name) ? [references.get(name)] : []));
  const changed = (name: string, tensor: FloatTensor): FloatTensor =>
    changes(name).reduce((value, change) => change!(value), tensor);
  return {
    description: source.description,
    list: () =>
      source
        .list()
        .filter(({ name }) => changes(name).every((change) => change))
        .map((info) => {
          const { name, shape } = info;
          return changes(name).length === 0
            ? info
            : { ...info, shape: changed(name, { shape, data: new Float32Array(product(shape)) }).shape };
        }),
    read: async (name) => {
      const tensor = await source.read(name);
      return changes(name).length === 0 ? tensor : changed(name, asFloats(tensor));
    },
    close: () => source.close(),
  };
}
