/** Writes a net as a program of the DSL: one statement a layer, which builds the same prototxt byte for byte. */
import type { LayerParameter, NetParameter } from '../../generated/messages.js';
import type { Field } from '../../proto/descriptor.js';
import { defaultSchema, type Schema } from '../../proto/schema.js';
import { isList } from '../../proto/scalars.js';
import { layerFields } from '../layer-fields.js';

/** Fields of a layer that are the call's own: bottoms, tops and type. */
const OWN: ReadonlySet<string> = new Set(['name', 'type', 'bottom', 'top', 'blobs']);

/**
 * A program whose default export is the net.
 * @example
 * const program = formatProgram(parsePrototxt(await readText('net.prototxt')));
 * program.includes("import { L, NetSpec } from 'netspec';"); // → true
 */
export function formatProgram(net: NetParameter, schema: Schema = defaultSchema()): string {
  const layers = net.layer ?? [];
  const statements = layers.map((layer) => statement(layer, schema));
  return [
    "import { L, NetSpec } from 'netspec';",
    '',
    'const n = new NetSpec();',
    ...statements,
    '',
    'export default n.toProto();',
    '',
  ].join('\n');
}

function statement(layer: LayerParameter, schema: Schema): string {
  const { name = '', type = '', bottom = [], top = [] } = layer;
  const inPlace = bottom.length === 1 && top.length === 1 && bottom[0] === top[0];
  const fields = fieldsOf(layer, type, schema);
  const options = [
    ...(top.length === 1 ? [] : [`ntop: ${top.length}`]),
    ...(inPlace ? ['in_place: true'] : []),
    ...((inPlace ? name : (top[0] ?? name)) === name ? [] : [`name: ${quote(name)}`]),
    ...fields,
  ];
  const call = /^[A-Za-z_]\w*$/.test(type) ? `L.${type}(` : `L(${quote(type)}, `;
  const args = [...bottom.map(member), ...(options.length > 0 ? [`{ ${options.join(', ')} }`] : [])];
  const targets = top.length > 0 ? top.map(member) : [member(name)];
  return `${targets.length > 1 ? `[${targets.join(', ')}]` : targets[0]!} = ${call}${args.join(', ')});`;
}

/** The fields as L takes them: members of the type's own message directly, where that is the same. */
function fieldsOf(layer: LayerParameter, type: string, schema: Schema): string[] {
  const descriptor = schema.message('LayerParameter');
  const rest = Object.entries(layer as Record<string, unknown>).filter(
    ([key, value]) => !OWN.has(key) && value !== undefined,
  );
  return rest.flatMap(([key, value]) => {
    const field = descriptor.byName.get(key)!;
    const inner = field.messageType;
    if (inner && key.endsWith('_param') && isOwn(type, key, value as Record<string, unknown>, schema))
      return Object.entries(value as Record<string, unknown>).map(
        ([name, each]) => `${name}: ${formatValue(inner.byName.get(name)!, each)}`,
      );
    return [`${key}: ${formatValue(field, value)}`];
  });
}

/** Whether members of the message, given directly, go into it. */
function isOwn(type: string, key: string, value: Record<string, unknown>, schema: Schema): boolean {
  if (Object.keys(value).length === 0) return false;
  try {
    const made = layerFields(type, value, schema);
    return Object.keys(made).join() === key;
  } catch {
    return false;
  }
}

function formatValue(field: Field, value: unknown): string {
  if (isList(value)) {
    const items = Array.from(value, (item) => formatOne(field, item));
    return items.length === 1 ? items[0]! : `[${items.join(', ')}]`;
  }
  return formatOne(field, value);
}

function formatOne({ messageType, enumType }: Field, value: unknown): string {
  if (messageType) {
    const members = Object.entries(value as Record<string, unknown>).filter(([, each]) => each !== undefined);
    if (members.length === 0) return '{}';
    return `{ ${members.map(([name, each]) => `${name}: ${formatValue(messageType.byName.get(name)!, each)}`).join(', ')} }`;
  }
  if (enumType) return quote(enumType.names.get(value as number) ?? String(value));
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  return String(value);
}

function member(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `n.${name}` : `n[${quote(name)}]`;
}

function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'").replace(/\n/g, '\\n')}'`;
}
