/**
 * Writes docs/layers.md from the facts and docstrings of the layer classes in src/layers/ and the fields in caffe.proto.
 * CONTRIBUTING.md describes the form of the docstrings.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import protobuf from 'protobufjs';
import ts from 'typescript';
import { implementationName, type LayerFacts } from '../src/layers/facts.js';
import { LAYER_TABLE } from '../src/layers/table.js';

const root = new URL('../', import.meta.url);
const caffe = protobuf.parse(readFileSync(new URL('caffe.proto', root), 'utf8'), { keepCase: true }).root.resolveAll();

/** Tags of a docstring in the order in which they are printed, with their headings. */
const TAGS = {
  formula: 'Formula',
  bottoms: 'Bottoms',
  tops: 'Tops',
  params: 'Parameters',
  axes: 'Axes',
  fields: 'Fields',
  notes: 'Note',
  source: 'Source',
} as const;
type Tag = keyof typeof TAGS;

const REQUIRED: readonly Tag[] = ['formula', 'bottoms', 'tops', 'source'];

/** What a layer class says of itself. */
export interface LayerDoc {
  facts: LayerFacts;
  file: string;
  summary: string;
  tags: Readonly<Record<Tag, readonly string[]>>;
}

/**
 * Reads the docstring of each class in the table, in the table's order.
 * @throws Error when a class has no docstring or lacks a required tag.
 */
export function readLayerDocs(): LayerDoc[] {
  const files = new Map<string, string>();
  for (const statement of parse('src/layers/table.ts').statements) {
    const bindings = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : undefined;
    if (!bindings || !ts.isNamedImports(bindings)) continue;
    const { text } = (statement as ts.ImportDeclaration).moduleSpecifier as ts.StringLiteral;
    for (const { name } of bindings.elements) files.set(name.text, `src/layers/${text.slice(2, -'.js'.length)}.ts`);
  }
  return LAYER_TABLE.map((row) => readLayerDoc(row.facts, row.name, files.get(row.name)!));
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(new URL(file, root), 'utf8'), ts.ScriptTarget.ES2022, true);
}

function readLayerDoc(facts: LayerFacts, className: string, file: string): LayerDoc {
  const source = parse(file);
  const where = `${file}: ${className}`;
  const declaration = source.statements.filter(ts.isClassDeclaration).find((node) => node.name?.text === className);
  if (!declaration) throw new Error(`${where}: no such class`);
  const doc = ts.getJSDocCommentsAndTags(declaration).find(ts.isJSDoc);
  if (!doc) throw new Error(`${where} has no docstring`);
  const tags = Object.fromEntries(Object.keys(TAGS).map((tag) => [tag, [] as string[]])) as Record<Tag, string[]>;
  for (const tag of doc.tags ?? []) {
    const name = tag.tagName.text;
    if (!Object.hasOwn(TAGS, name)) throw new Error(`${where}: unknown tag @${name}`);
    tags[name as Tag].push(oneLine(ts.getTextOfJSDocComment(tag.comment)));
  }
  for (const tag of REQUIRED) if (tags[tag].length === 0) throw new Error(`${where} lacks @${tag}`);
  const summary = oneLine(ts.getTextOfJSDocComment(doc.comment));
  if (summary === '') throw new Error(`${where} lacks a summary`);
  return { facts, file, summary, tags };
}

function oneLine(text: string | undefined): string {
  return (text ?? '').replace(/\s+/g, ' ').trim();
}

/** The fields of LayerParameter that hold a type's settings, as far as the schema has them. */
function settingsOf({ params = [] }: LayerFacts): protobuf.Field[] {
  const { fields } = caffe.lookupType('caffe.LayerParameter');
  return params.flatMap((name) => fields[name] ?? []);
}

/** A line for each field of a message of settings: name, type, default. */
function fieldLines({ resolvedType: message }: protobuf.Field): string[] {
  if (!(message instanceof protobuf.Type)) return [];
  return message.fieldsArray.map((field) => {
    const { resolvedType } = field;
    let kind = field.type;
    let value = field.options?.default as string | number | boolean | undefined;
    if (resolvedType instanceof protobuf.Enum) {
      kind = Object.keys(resolvedType.values).join(' | ');
      if (typeof value === 'number') value = resolvedType.valuesById[value];
    }
    const given = value === undefined ? '' : `, default ${value}`;
    return `  - \`${field.name}\`: ${field.repeated ? 'repeated ' : ''}${kind}${given}`;
  });
}

/** The text of docs/layers.md. */
export function formatLayerDocs(docs: readonly LayerDoc[]): string {
  const lines = [
    '# Layers',
    '',
    'Generated from the layers in `src/layers/` and from `caffe.proto` by `scripts/generate-layer-docs.ts`. Do not edit.',
    '',
    'Shapes are in parentheses. Bottoms are the blobs that a layer reads, tops those that it writes; parameters are its',
    'weights, in the order in which a caffemodel holds them. Numbers in parentheses after a field are its default.',
    '',
    docs.map(({ facts }) => `[${implementationName(facts)}](#${implementationName(facts).toLowerCase()})`).join(' · '),
  ];
  for (const { facts, summary, tags, file } of docs) {
    lines.push('', `## ${implementationName(facts)}`, '', summary, '');
    if (facts.variant)
      lines.push(
        `- **Which**: of the layers of type \`${facts.type}\`: ${facts.variant.when}`,
        `- **Schemas**: ${facts.variant.schemas.map((schema) => `\`${schema}\``).join(', ') || 'none'}`,
      );
    if (facts.origin !== 'BVLC') lines.push(`- **From**: ${facts.origin}`);
    for (const tag of Object.keys(TAGS) as Tag[])
      for (const text of tags[tag]) lines.push(`- **${TAGS[tag]}**: ${tag === 'formula' ? formula(text) : text}`);
    for (const field of settingsOf(facts)) lines.push(`- **Settings**: \`${field.name}\``, ...fieldLines(field));
    lines.push(`- **Code**: \`${file}\``);
  }
  return `${lines.join('\n')}\n`;
}

/** A formula is code; where its docstring does not mark what is code in it, all of it is, unless it is none. */
function formula(text: string): string {
  return text.includes('`') || text.startsWith('none') ? text : `\`${text}\``;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(new URL('docs/layers.md', root), formatLayerDocs(readLayerDocs()));
}
