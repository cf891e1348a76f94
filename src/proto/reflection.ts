/** The types that protobufjs has read from a .proto file, as the plain data that a schema is made of. */
import protobuf from 'protobufjs';
import type { FieldDefinition, FieldKind, SchemaDefinition } from './descriptor.js';

/**
 * Every message type and enum of a file.
 * @throws Error when a type that a field names is not declared
 */
export function definitionOf(root: protobuf.Root): SchemaDefinition {
  root.resolveAll();
  const messages: Record<string, FieldDefinition[]> = {};
  const enums: Record<string, Record<string, number>> = {};
  (function collect(space: protobuf.NamespaceBase) {
    for (const nested of space.nestedArray) {
      if (nested instanceof protobuf.Enum) enums[nameOf(nested)] = { ...nested.values };
      // Groups and maps have their own wire shape and no Caffe schema uses them: they are kept as unknown fields.
      if (nested instanceof protobuf.Type)
        messages[nameOf(nested)] = nested.fieldsArray.filter((field) => !field.map && !field.delimited).map(fieldOf);
      if (nested instanceof protobuf.Namespace) collect(nested);
    }
  })(root);
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
