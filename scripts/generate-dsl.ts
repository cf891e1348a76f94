/**
 * What the DSL has of the layer types, from the schema and the facts that the layers declare. generate-schema.ts writes
 *   layers.ts       what each message takes from a user, the options of each layer type, the signature of each function of `L`
 *   layer-types.ts  the names, bottoms and parameter messages of the layer types
 */
import protobuf from 'protobufjs';
import type { LayerFacts } from '../src/layers/facts.js';
import {
  nameOf,
  originNote,
  typedVariants,
  type UnionField,
  type UnionMessage,
  type UnionSchema,
} from './union-schema.js';

/** How generate-schema.ts writes names and comments. */
export interface Writer {
  identifier: (name: string) => string;
  scalarType: (type: string) => string;
  comment: (text: string | null, indent: string, extra?: string[]) => string;
  defaultNote: (field: UnionField) => string[];
}

/** The facts of each type's implementations, in the table's order. */
export function byType(table: readonly { readonly facts: LayerFacts }[]): Map<string, LayerFacts[]> {
  const types = new Map<string, LayerFacts[]>();
  for (const { facts } of table) types.set(facts.type, [...(types.get(facts.type) ?? []), facts]);
  return types;
}

/** The text of layer-types.ts, without its header. */
export function layerTypesModule(types: ReadonlyMap<string, readonly LayerFacts[]>): string {
  const rows = [...types].map(([type, variants]) => {
    const params = new Set(variants.flatMap((facts) => facts.params ?? []));
    return `  ${type}: ${JSON.stringify({ bottoms: variants.map(({ bottoms }) => bottoms), params: [...params] })},\n`;
  });
  return `
/** Of each built-in layer type: the bottoms of each of its implementations, and the fields of LayerParameter with its settings. */
export const layerTypes = {
${rows.join('')}} as const;

/** Name of a built-in layer type. */
export type LayerType = keyof typeof layerTypes;
`;
}

/** The text of layers.ts, without its header. */
export function dslTypes(
  union: UnionSchema,
  types: ReadonlyMap<string, readonly LayerFacts[]>,
  { identifier, scalarType, comment, defaultNote }: Writer,
): string {
  const layerParameter = union.messages.get('LayerParameter')!;

  /** LayerParameter and every message in it, each after those that it holds. */
  const messages = new Set<UnionMessage>();
  const begun = new Set<UnionMessage>();
  (function visit(message: UnionMessage) {
    begun.add(message);
    for (const type of [...message.fields.values()].flatMap(({ variants }) => variants.flatMap(messageTypeOf))) {
      const inner = union.messages.get(type)!;
      if (!begun.has(inner)) visit(inner);
    }
    messages.add(message);
  })(layerParameter);

  const enums = new Set<string>();
  function givenType({ resolvedType, type, repeated, packed }: protobuf.Field): string {
    let base = scalarType(type);
    if (resolvedType instanceof protobuf.Type) base = `${identifier(nameOf(resolvedType))}Init`;
    if (resolvedType instanceof protobuf.Enum) {
      const name = identifier(nameOf(resolvedType));
      enums.add(name);
      base = `${name} | keyof typeof ${name}`;
    }
    if (!repeated) return base;
    const typed = packed && type === 'float' ? ' | Float32Array' : packed && type === 'double' ? ' | Float64Array' : '';
    return `${base} | readonly (${base})[]${typed}`.replace(/\((\w+)\)/, '$1');
  }

  let inits = '';
  /** The TypeScript types of the fields of each message, by name. */
  const typesOf = new Map<string, Map<string, string>>();
  for (const message of messages) {
    const name = identifier(message.name);
    const types = new Map<string, string>();
    typesOf.set(`${name}Init`, types);
    inits += `\n/** ${name} as a user gives it: enums by name or number, one value or a list for a repeated field. */\n`;
    inits += `export interface ${name}Init {\n`;
    for (const f of message.fields.values()) {
      const given = new Set(typedVariants(f).flatMap((variant) => givenType(variant).split(' | ')));
      types.set(f.name, [...given].join(' | '));
      inits += comment(f.comment, '  ', [...originNote(f, message), ...defaultNote(f)]);
      inits += `  ${f.name}?: ${types.get(f.name)!};\n`;
    }
    inits += '}\n';
  }

  let options = '';
  let functions = '';
  /** @param params fields of LayerParameter whose members are the layer's settings */
  const addType = (
    type: string,
    params: readonly string[],
    docs: readonly string[],
    calls: readonly string[],
  ): void => {
    const held = [...layerParameter.fields.values()].flatMap(({ name, variants }) =>
      variants.flatMap(messageTypeOf).filter((message) => params.includes(name) || message === `${type}Parameter`),
    );
    // Of two fields of one name, that of the first message is meant.
    const taken = new Map<string, string>();
    const bases = [...new Set(held), layerParameter.name].map((name) => {
      const init = `${identifier(name)}Init`;
      const own = [...typesOf.get(init)!];
      const clashes = own.filter(([field, type]) => (taken.get(field) ?? type) !== type).map(([field]) => `'${field}'`);
      for (const [field, type] of own) if (!taken.has(field)) taken.set(field, type);
      const base = name === layerParameter.name ? 'LayerOptions<N>' : init;
      return clashes.length === 0 ? base : `Omit<${base}, ${clashes.join(' | ')}>`;
    });
    options += `\n/** Fields that \`L.${type}\` takes. */\n`;
    options += `export interface ${type}Options<N extends number = 1> extends ${bases.join(', ')} {}\n`;
    functions += `\n${comment(docs.join('\n'), '  ')}  ${type}: {\n`;
    for (const call of calls) functions += `    ${call};\n`;
    functions += '  };\n';
  };
  for (const [type, variants] of types)
    addType(
      type,
      variants.flatMap((facts) => facts.params ?? []),
      variants.map((facts) => docOf(facts)),
      [...new Set(variants.flatMap(({ bottoms }) => signatures(type, bottoms)))],
    );
  for (const [type, message] of typesOfForks(union, types))
    addType(
      type,
      [],
      [message.comment ?? `A layer of type ${type}.`, ...originNote(message)],
      signatures(type, ['...bottoms']),
    );

  const forkFields = [...layerParameter.fields.values()].filter(({ forks }) => forks.length > 0);
  const namesOf = (fields: readonly UnionField[]) => fields.map(({ name }) => `'${name}'`).join(' | ');

  let constants = '';
  for (const message of union.messages.values()) {
    if (!/^\w+Parameter$/.test(message.name)) continue;
    const own = [...union.enums.keys()].filter((name) => name.startsWith(`${message.name}.`)).map(identifier);
    if (own.length === 0) continue;
    own.forEach((name) => enums.add(name));
    constants += comment(null, '  ', originNote(message));
    constants += `  readonly ${message.name.slice(0, -'Parameter'.length)}: ${own.map((name) => `typeof ${name}`).join(' & ')};\n`;
  }

  return `import type {\n${[...enums].map((name) => `  ${name},\n`).join('')}} from './messages.js';
import type { Bottom, Top, Tops } from '../netspec/top.js';
${inits}
/** Fields of LayerParameter that forks added. */
export type ForkLayerField = ${namesOf(forkFields)};

/** Those that are the settings of layers of one type, which takes their members. */
export type ForkSettings = ${namesOf(forkFields.filter(isSettings))};

/** What every layer takes beside its own fields. */
export interface LayerOptions<N extends number = 1> extends Omit<LayerParameterInit, ForkSettings> {
  /** How many tops: 1 gives a Top, more a list of Tops, 0 the layer itself. @default 1 */
  ntop?: N;
  /** Writes the result over the bottom: the layer's top is its bottom. Only where nothing else reads that blob. */
  in_place?: boolean;
}

${options}
/** A function for each layer type. */
export interface LayerFunctions {${functions}}

/** Enum values by message, without its \`Parameter\`. */
export interface ParamConstants {
${constants}}
`;
}

function docOf({ doc, origin, variant }: LayerFacts): string {
  const named = variant ? `${variant.name}: ${doc}` : doc;
  return origin === 'BVLC' ? named : `${named} Of ${origin}.`;
}

/** Settings that layers of any type may have. */
const OF_ANY_TYPE = new Set(['fixed_param', 'mn_grad_compress_param', 'quant_param', 'quantization_param', 'params']);

/** Whether a field of LayerParameter holds the settings of layers of one type. */
function isSettings({ name, variants }: UnionField): boolean {
  return name.endsWith('_param') && !OF_ANY_TYPE.has(name) && variants.some((field) => messageTypeOf(field).length > 0);
}

/** The name of the message type that a field holds, if it holds one. */
function messageTypeOf({ resolvedType }: protobuf.Field): string[] {
  return resolvedType instanceof protobuf.Type ? [nameOf(resolvedType)] : [];
}

/**
 * The layer types that forks have settings for and that have no file in src/layers: a field of LayerParameter that holds an
 * XParameter is for layers of type X.
 */
function typesOfForks({ messages }: UnionSchema, known: ReadonlyMap<string, unknown>): Map<string, UnionMessage> {
  const types = new Map<string, UnionMessage>();
  for (const field of messages.get('LayerParameter')!.fields.values()) {
    const { forks, variants } = field;
    if (forks.length === 0 || !isSettings(field)) continue;
    for (const message of variants.flatMap(messageTypeOf)) {
      const [, type] = /^(\w+)Parameter$/.exec(message) ?? [];
      if (type !== undefined && !known.has(type)) types.set(type, messages.get(message)!);
    }
  }
  return types;
}

/** The calls that a layer type allows, from the names of its bottoms. */
function signatures(type: string, bottoms: readonly string[]): string[] {
  const result: string[] = [];
  const open = bottoms.some((b) => b.startsWith('...'));
  const fixed = bottoms[0]?.startsWith('...') ? [] : bottoms.filter((b) => !b.startsWith('...'));
  const required = fixed.filter((b) => !b.endsWith('?')).length;
  const call = (names: readonly string[]) => {
    const params = [...names.map((b) => `${b.replace('?', '')}: Bottom`), `options?: ${type}Options<N>`].join(', ');
    result.push(`<N extends number = 1>(${params}): Tops<N>`);
  };
  if (!open || fixed.length > 0) for (let n = required; n <= fixed.length; n++) call(fixed.slice(0, n));
  if (open) {
    result.push('(...bottoms: Bottom[]): Top');
    result.push(`<N extends number = 1>(...args: [...bottoms: Bottom[], options: ${type}Options<N>]): Tops<N>`);
  }
  return result;
}
