/**
 * Random messages of any type of the schema, for properties that must hold of all of them.
 */
import fc from 'fast-check';
import type { Field, MessageType } from '../../src/proto/descriptor.js';

/** Messages with any selection of their fields; sub-messages down to `depth`. Repeated fields hold at least one value. */
export function arbitraryMessage(type: MessageType, depth = 3): fc.Arbitrary<object> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  const required: string[] = [];
  for (const field of type.inOrder) {
    if (field.messageType && depth === 0) continue;
    const value = arbitraryValue(field, depth);
    const list = fc.array(value, { minLength: 1, maxLength: 3 });
    if (field.typedArray)
      fields[field.name] = list.map((values) =>
        field.kind === 'float' ? Float32Array.from(values as number[]) : Float64Array.from(values as number[]),
      );
    else fields[field.name] = field.repeated ? list : value;
    if (field.required) required.push(field.name);
  }
  return fc.record(fields, { requiredKeys: required, noNullPrototype: true });
}

function arbitraryValue(field: Field, depth: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'message':
      return arbitraryMessage(field.messageType!, depth - 1);
    case 'enum':
      return fc.constantFrom(...Object.values(field.enumType!.values));
    case 'string':
      return fc.string({ unit: 'binary' });
    case 'bytes':
      return fc.uint8Array({ maxLength: 8 });
    case 'bool':
      return fc.boolean();
    case 'float':
      // NaN is left out: its bits are not kept where it stands alone.
      return fc.float({ noNaN: true });
    case 'double':
      return fc.double({ noNaN: true });
    case 'uint32':
    case 'fixed32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 });
    case 'uint64':
    case 'fixed64':
      return fc.maxSafeNat();
    case 'int64':
    case 'sint64':
    case 'sfixed64':
      return fc.maxSafeInteger();
    default:
      return fc.integer();
  }
}
