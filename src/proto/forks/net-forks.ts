/** Which forks a net, or a layer of it, can be of: found when it is read without a schema, and kept with the messages. */
import { remark } from '../../remarks.js';
import { formatAddress } from '../../errors.js';
import { addressOf, schemaOf } from '../message.js';
import type { Doubt, Recognition } from './recognize.js';

const names = new WeakMap<object, readonly string[]>();

/**
 * The forks that a net or a layer can be of, by the fields that the whole net has, the best known first: names that `forkSchema`
 * takes. Undefined where BVLC's Caffe has all of the net's fields, and where the net was read with a schema that was given.
 * @example
 * const net = parsePrototxt('layer { name: "norm" type: "Normalize" norm_param { across_spatial: false } }');
 * forksOf(net)![0]; // → 'ssd'
 */
export function forksOf(message: object): readonly string[] | undefined {
  return names.get(message);
}

/** Has a message that was made from another one be of the same forks. */
export function inheritForks(to: object, from: object): void {
  const forks = names.get(from);
  if (forks && !names.has(to)) names.set(to, forks);
}

/** Notes what was recognized, for the net and for each of its layers. */
export function noteForks(net: object, { forksOfType }: Recognition): void {
  const whole = forksOfType.get('')!;
  names.set(net, whole);
  for (const layer of layersOf(net)) {
    const type = layer['type'];
    names.set(layer, (typeof type === 'string' ? forksOfType.get(type) : undefined) ?? whole);
  }
}

/** Says how a net's settings were taken that other forks take otherwise. */
export function remarkOn(net: object, { doubts }: Recognition): void {
  for (const doubt of doubts) remark(sentence(doubt, layersOf(net)));
}

function sentence({ layer, field, taken, others }: Doubt, layers: readonly Record<string, unknown>[]): string {
  const first = layers.find((each) => each['type'] === layer.type && each[field] !== undefined);
  const address = first && addressOf(first, field);
  const place = address ? `${formatAddress(address)}: ` : '';
  const named = others.slice(0, MOST_NAMED).map(({ name }) => name);
  const more = others.length - named.length;
  const list = new Intl.ListFormat('en').format([...named, ...(more > 0 ? [`${more} more`] : [])]);
  return (
    `${place}layer '${layer.name ?? ''}' (${layer.type}): ${field} is taken as ${taken.title} (${taken.name}) has it; ` +
    `${list} ${others.length === 1 ? 'has' : 'have'} it otherwise: name the schema if the net is of ${others.length === 1 ? 'it' : 'one of them'}`
  );
}

const MOST_NAMED = 4;

/** Says with which fork's numbers a net is written whose fields several forks have, as each numbers them in its own way. */
export function remarkOnNumbers(net: object): void {
  const schema = schemaOf(net);
  if (!schema || (forksOf(net)?.length ?? 0) < 2) return;
  remark(
    `the net is written with the field numbers of ${schema.title ?? 'its schema'} (${schema.name ?? ''}): name the schema if it is for another Caffe`,
  );
}

function layersOf(net: object): Record<string, unknown>[] {
  const { layer = [], layers = [] } = net as { layer?: Record<string, unknown>[]; layers?: Record<string, unknown>[] };
  return [...layer, ...layers];
}
