/**
 * What the DSL has of the layer types, from the schema and the facts that the layers declare. generate-schema.ts writes
 *   layers.ts       what each message takes from a user, the options of each layer type, the signature of each function of `L`
 *   layer-types.ts  the names, bottoms and parameter messages of the layer types
 */
import protobuf from 'protobufjs';
import type { LayerFacts } from '../src/layers/facts.js';

/** How generate-schema.ts writes names and comments. */
export interface Writer {
  identifier: (type: protobuf.ReflectionObject) => string;
  scalarType: (type: string) => string;
  comment: (text: string | null, indent: string, extra?: string[]) => string;
  defaultNote: (field: protobuf.Field) => string[];
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
  caffe: protobuf.Namespace,
  types: ReadonlyMap<string, readonly LayerFacts[]>,
  { identifier, scalarType, comment, defaultNote }: Writer,
): string {
  const layerParameter = caffe.lookupType('LayerParameter');

  /** LayerParameter and every message in it, each after those that it holds. */
  const messages = new Set<protobuf.Type>();
  (function visit(type: protobuf.Type) {
    for (const { resolvedType } of type.fieldsArray)
      if (resolvedType instanceof protobuf.Type && !messages.has(resolvedType)) visit(resolvedType);
    messages.add(type);
  })(layerParameter);

  const enums = new Set<protobuf.Enum>();
  function givenType({ resolvedType, type, repeated, packed }: protobuf.Field): string {
    let base = scalarType(type);
    if (resolvedType instanceof protobuf.Type) base = `${identifier(resolvedType)}Init`;
    if (resolvedType instanceof protobuf.Enum) {
      enums.add(resolvedType);
      base = `${identifier(resolvedType)} | keyof typeof ${identifier(resolvedType)}`;
    }
    if (!repeated) return base;
    const typed = packed && type === 'float' ? ' | Float32Array' : packed && type === 'double' ? ' | Float64Array' : '';
    return `${base} | readonly (${base})[]${typed}`.replace(/\((\w+)\)/, '$1');
  }

  let inits = '';
  for (const message of messages) {
    inits += `\n/** ${message.name} as a user gives it: enums by name or number, one value or a list for a repeated field. */\n`;
    inits += `export interface ${identifier(message)}Init {\n`;
    for (const f of message.fieldsArray)
      inits += comment(f.comment, '  ', defaultNote(f)) + `  ${f.name}?: ${givenType(f)};\n`;
    inits += '}\n';
  }

  let options = '';
  let functions = '';
  for (const [type, variants] of types) {
    const params = variants.flatMap((facts) => facts.params ?? []);
    const bases = layerParameter.fieldsArray
      .filter((f) => params.includes(f.name) && f.resolvedType)
      .map((f) => `${identifier(f.resolvedType!)}Init`);
    options += `\n/** Fields that \`L.${type}\` takes. */\n`;
    options += `export interface ${type}Options<N extends number = 1> extends ${[...bases, 'LayerOptions<N>'].join(', ')} {}\n`;
    const docs = variants.map(({ doc, origin }) => (variants.length > 1 ? `${origin}: ${doc}` : doc));
    functions += `\n${comment(docs.join('\n'), '  ')}  ${type}: {\n`;
    for (const signature of new Set(variants.flatMap(({ bottoms }) => signatures(type, bottoms))))
      functions += `    ${signature};\n`;
    functions += '  };\n';
  }

  let constants = '';
  for (const message of caffe.nestedArray) {
    if (!(message instanceof protobuf.Type) || !message.name.endsWith('Parameter')) continue;
    const own = message.nestedArray.filter((n) => n instanceof protobuf.Enum);
    if (own.length === 0) continue;
    own.forEach((e) => enums.add(e));
    const types = own.map((e) => `typeof ${identifier(e)}`).join(' & ');
    constants += `  readonly ${message.name.slice(0, -'Parameter'.length)}: ${types};\n`;
  }

  return `import type {\n${[...enums].map((e) => `  ${identifier(e)},\n`).join('')}} from './messages.js';
import type { Bottom, Top, Tops } from '../netspec/top.js';
${inits}
/** What every layer takes beside its own fields. */
export interface LayerOptions<N extends number = 1> extends LayerParameterInit {
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
