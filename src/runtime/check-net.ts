/** check-net: whether a value that a script gave as a net is a NetParameter. */
import { NetspecError } from '../errors.js';
import type { NetParameter } from '../generated/messages.js';
import { checkMessage } from '../proto/codec.js';
import { typeNameOf } from '../proto/message.js';
import type { Schema } from '../proto/schema.js';

/**
 * A message that was not parsed may be anything: encoding it finds fields and values that are none. Blobs are left out,
 * which may be gigabytes, and are looked at when they are copied.
 * @throws NetspecError for what is no NetParameter.
 */
export function checkNet(
  net: NetParameter,
  schema?: Schema,
  expected = 'a net: a path, prototxt text or a NetParameter',
): NetParameter {
  if (!isPlainObject(net)) {
    const isSpec = typeof (net as { toProto?: unknown } | null)?.toProto === 'function';
    throw new NetspecError(`expected ${expected}, got ${isSpec ? 'a NetSpec' : show(net)}`, {
      hint: isSpec ? 'call its toProto()' : undefined,
    });
  }
  const strip = <T>(layers: T): T =>
    Array.isArray(layers)
      ? (layers.map((layer: unknown) => (isPlainObject(layer) ? { ...layer, blobs: undefined } : layer)) as T)
      : layers;
  // A schema from before today's format has no place for a net that was brought up to date.
  if (schema && !schema.message('NetParameter').byName.has('layer') && typeNameOf(net) !== undefined) return net;
  checkMessage('NetParameter', { ...net, layer: strip(net.layer), layers: strip(net.layers) }, schema);
  return net;
}

/** An object literal, or one read from JSON: nothing but Object.prototype, of whichever realm, behind it. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A value as an error names it. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : String(value);
}
