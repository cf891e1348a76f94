/** surroundings: what a suspect's place in the net tells the hypotheses: who made what it reads, and who reads it. */
import { factsOfLayer } from '../layers/registry.js';
import type {
  Continuation,
  Fed,
  NamedValue,
  Neighbour,
  Overwriter,
  Parameters,
  Producer,
  Sibling,
  Surroundings,
} from './hypotheses/hypothesis.js';
import type { IsolatedValues } from './isolated-values.js';
import type { FloatTensor } from './tensors.js';
import { isInPlace } from '../proto/in-place.js';
import { sourcesOf } from './value-sources.js';
import { namedLayer, topKey, type Version } from './wiring.js';

/** How many layers on a misnamed reference is looked for. */
const MOST_CONTINUATIONS = 3;

/** How many layers before a suspect are told of. */
const MOST_LEADING = 3;

/**
 * @param of the suspect's top that is looked at
 * @param agreeing indices of layers that agree when they are fed references
 */
export function surroundingsOf(values: IsolatedValues, of: Version, agreeing: ReadonlySet<number>): Surroundings {
  const { layer: index } = of;
  const { reads, readers, params } = values.wiring;
  const neighbour = (layer: number): Neighbour => namedLayer(values.wiring, layer);
  const readersOf = ({ layer, top }: Version): readonly number[] => readers.get(topKey(layer, top)) ?? [];

  async function producerOf({ layer, top }: Version): Promise<Producer> {
    const bottoms = await values.bottomsOf(layer);
    return {
      ...neighbour(layer),
      bottoms,
      blobs: values.blobsOf(layer),
      run: (blobs) => values.run(layer, bottoms, blobs)[top]!,
    };
  }

  async function producer(bottom: number): Promise<Producer | undefined> {
    const version = reads[index]![bottom];
    return version && reads[version.layer]!.length > 0 ? producerOf(version) : undefined;
  }

  async function leading(bottom: number): Promise<Producer[]> {
    const found: Producer[] = [];
    let version = reads[index]![bottom];
    while (version && reads[version.layer]!.length === 1 && found.length < MOST_LEADING) {
      found.push(await producerOf(version));
      version = reads[version.layer]![0];
    }
    return found;
  }

  async function overwriters(bottom: number): Promise<Overwriter[]> {
    const found: Overwriter[] = [];
    let version = reads[index]![bottom];
    while (version && isInPlace(params[version.layer]!, version.top)) {
      const { layer, top }: Version = version;
      const overwritten: Version = reads[layer]![params[layer]!.bottom!.indexOf(params[layer]!.top![top]!)]!;
      const otherReaders = readersOf(version)
        .filter((reader) => reader !== index && agreeing.has(reader))
        .map(neighbour);
      const isInModel = agreeing.has(layer) || otherReaders.length > 0;
      found.push({ ...neighbour(layer), before: await values.valueOf(overwritten), otherReaders, isInModel });
      version = overwritten;
    }
    return found;
  }

  function continuations(output: FloatTensor): Continuation[] {
    const found: Continuation[] = [];
    let ends = [{ ...of, output }];
    for (let depth = 0; depth < MOST_CONTINUATIONS; depth++) {
      const next: typeof ends = [];
      for (const end of ends)
        for (const reader of readersOf(end)) {
          if (reads[reader]!.length !== 1 || !values.canRun(reader)) continue;
          const [top] = values.run(reader, [end.output]);
          if (!top) continue;
          next.push({ layer: reader, top: 0, output: top });
          found.push({ ...neighbour(reader), output: top });
        }
      ends = next;
    }
    return found;
  }

  async function formerShapes(bottom: number): Promise<readonly (readonly number[])[]> {
    const shapes: (readonly number[])[] = [];
    let version = reads[index]![bottom];
    while (version) {
      shapes.push((await values.valueOf(version)).shape);
      if (!factsOfLayer(values.net.layers[version.layer]!)?.keepsOrder) break;
      version = reads[version.layer]![0];
    }
    return shapes;
  }

  function users(): Neighbour[] {
    const blob = params[index]!.top?.[of.top];
    return params.flatMap((param, layer) =>
      layer > index && [...(param.bottom ?? []), ...(param.top ?? [])].includes(blob ?? '') ? [neighbour(layer)] : [],
    );
  }

  async function siblings(bottom: number): Promise<Sibling[]> {
    const version = reads[index]![bottom];
    if (!version || params[version.layer]!.type !== 'Slice') return [];
    const { layer, top: own } = version;
    const isAgreed = (top: number): boolean =>
      readersOf({ layer, top }).some((reader) => reader !== index && agreeing.has(reader));
    const held = await Promise.all(params[layer]!.top!.map((_, top) => values.valueOf({ layer, top })));
    return params[layer]!.top!.flatMap((blob, top) =>
      top === own
        ? []
        : [{ blob, value: held[top]!, producer: neighbour(layer), othersAgree: isAgreed(own) || isAgreed(top) }],
    );
  }

  const isInput = (layer: number): boolean => reads[layer]!.length === 0 && params[layer]!.type === 'Input';

  async function inputs(): Promise<Fed[]> {
    const found: Fed[] = [];
    for (const [layer, param] of params.entries())
      if (isInput(layer))
        for (const [top, blob] of (param.top ?? []).entries())
          found.push({ blob, value: (await values.topsOf(layer))[top]!, producer: neighbour(layer) });
    return found;
  }

  function readsInput(bottom: number): string | undefined {
    const version = reads[index]![bottom];
    return version && isInput(version.layer) ? params[version.layer]!.top![version.top] : undefined;
  }

  function parameters(): Parameters[] {
    const distance = (layer: number): number => Math.abs(layer - index);
    return params
      .flatMap((_, layer) => (layer !== index && values.net.layers[layer]!.blobs.length > 0 ? [layer] : []))
      .sort((a, b) => distance(a) - distance(b))
      .map((layer) => ({ ...neighbour(layer), blobs: values.blobsOf(layer) }));
  }

  async function ownTops(): Promise<NamedValue[]> {
    const tops = await values.topsOf(index);
    return (params[index]!.top ?? []).map((blob, i) => ({ blob, value: tops[i]! }));
  }

  return {
    ...{
      producer,
      leading,
      sources: () => sourcesOf(values, index),
      readers: () => readersOf(of).map(neighbour),
      overwriters,
      continuations,
      formerShapes,
    },
    ...{ users, parameters, ownTops, siblings, inputs, readsInput },
  };
}
