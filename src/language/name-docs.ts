/** name-docs: what the comments of the schemas say of fields and values, and the formulas of layers. */
import { docsJson } from '../generated/docs.js';
import { implementationName, type LayerFacts } from '../layers/facts.js';
import type { EnumType, Field, MessageType } from '../proto/descriptor.js';

interface NameDocs {
  readonly names: Readonly<Partial<Record<string, Readonly<Partial<Record<string, string>>>>>>;
  readonly formulas: Readonly<Partial<Record<string, string>>>;
}

let docs: NameDocs | undefined;

/** Read at first use. */
function all(): NameDocs {
  return (docs ??= JSON.parse(docsJson) as NameDocs);
}

/** What the comment of a field says; '' where there is none. */
export function fieldDoc(type: MessageType, name: string): string {
  return all().names[type.name]?.[name] ?? '';
}

/** What the comment of an enum's value says; '' where there is none. */
export function valueDoc({ fullName }: EnumType, value: string): string {
  return all().names[fullName.replace(/^caffe\./, '')]?.[value] ?? '';
}

/** The formula of a layer. */
export function formulaOf(facts: LayerFacts): string | undefined {
  return all().formulas[implementationName(facts)];
}

/** `repeated uint32 kernel_size`, `PoolMethod pool = MAX`: a field as its schema declares it, with its default if it declares one. */
export function declarationOf({ types, fullName }: MessageType, field: Field): string {
  const { name, kind, repeated, enumType, messageType } = field;
  const type = enumType?.simpleName ?? messageType?.name ?? kind;
  const declared = types.definition.messages[fullName]?.find((each) => each.name === name);
  const shown = declared && 'default' in declared ? ` = ${defaultText(field)}` : '';
  return `${repeated ? 'repeated ' : ''}${type} ${name}${shown}`;
}

function defaultText({ enumType, default: value }: Field): string {
  if (typeof value === 'number' && enumType) return enumType.names.get(value) ?? String(value);
  // Seven digits are what float32 holds.
  if (typeof value === 'number') return String(Number(value.toPrecision(7)));
  return JSON.stringify(value);
}
