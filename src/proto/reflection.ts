/** The types that protobufjs has read from a .proto file, as the plain data that a schema is made of. */
import protobuf from 'protobufjs';
import type { FieldDefinition, FieldKind, SchemaDefinition } from './descriptor.js';

/**
 * Every message type and enum of a file.
 * @throws Error when a type that a field names is not declared
 */
export function definitionOf(root: protobuf.Root): SchemaDefinition {
  const { messages, enums } = declarationsOf(root.resolveAll());
  // Groups and maps have their own wire shape and no Caffe schema uses them: they are kept as unknown fields.
  const fieldsOf = (type: protobuf.Type) =>
    type.fieldsArray.filter(({ map, delimited }) => !map && !delimited).map(fieldOf);
  return {
    messages: Object.fromEntries(messages.map((type) => [nameOf(type), fieldsOf(type)])),
    enums: Object.fromEntries(enums.map((type) => [nameOf(type), { ...type.values }])),
  };
}

/** Every message type and enum below a namespace, nested ones too, in the order of the text. */
export function declarationsOf(space: protobuf.NamespaceBase): { messages: protobuf.Type[]; enums: protobuf.Enum[] } {
  const messages: protobuf.Type[] = [];
  const enums: protobuf.Enum[] = [];
  for (const nested of space.nestedArray) {
    if (nested instanceof protobuf.Enum) enums.push(nested);
    if (nested instanceof protobuf.Type) messages.push(nested);
    if (!(nested instanceof protobuf.Namespace)) continue;
    const inner = declarationsOf(nested);
    messages.push(...inner.messages);
    enums.push(...inner.enums);
  }
  return { messages, enums };
}

function nameOf(type: protobuf.ReflectionObject): string {
  return type.fullName.slice(1);
}

function fieldOf(field: protobuf.Field): FieldDefinition {
  const { name, id: number, resolvedType } = field;
  const definition: FieldDefinition = { name, number, kind: kindOf(field) };
  if (resolvedType) definition.type = nameOf(resolvedType);
  if (field.repeated) definition.label = 'repeated';
  if (field.required) definition.label = 'required';
  if (field.repeated && field.packed) definition.packed = true;
  if (field.partOf) definition.oneof = field.partOf.name;
  if (declaresDefault(field)) definition.default = defaultOf(field);
  return definition;
}

function kindOf({ type, resolvedType }: protobuf.Field): FieldKind {
  if (resolvedType instanceof protobuf.Enum) return 'enum';
  return resolvedType ? 'message' : (type as FieldKind);
}

function declaresDefault({ options, repeated, resolvedType }: protobuf.Field): boolean {
  if (repeated || resolvedType instanceof protobuf.Type) return false;
  // proto3's optional scalars have no default of their own, which protobufjs says with null.
  const declared: unknown = options?.['default'] ?? options?.['proto3_optional'];
  return declared !== undefined && declared !== null;
}

function defaultOf({ defaultValue, long, type }: protobuf.Field): unknown {
  if (long) return Number(defaultValue);
  return type === 'float' && typeof defaultValue === 'number' ? Math.fround(defaultValue) : (defaultValue as unknown);
}
