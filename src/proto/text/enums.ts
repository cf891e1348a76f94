/**
 * Enum names as C++ protobuf chooses them where several names share a number: the first declared.
 */
import type protobuf from 'protobufjs';

const cache = new WeakMap<protobuf.Enum, ReadonlyMap<number, string>>();

/** The name that each number of an enum is printed as. */
export function enumNames(type: protobuf.Enum): ReadonlyMap<number, string> {
  let names = cache.get(type);
  if (!names) {
    const first = new Map<number, string>();
    for (const [name, number] of Object.entries(type.values)) if (!first.has(number)) first.set(number, name);
    names = first;
    cache.set(type, names);
  }
  return names;
}
