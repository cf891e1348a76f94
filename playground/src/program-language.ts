/**
 * program-language: programs of the DSL in CodeMirror: what TypeScript looks like, where it cannot be read, and completion and hover of layer
 * types, their settings and values. These are the language service's, asked about the layer as a prototxt would have it.
 */
import { snippet, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { javascript, typescriptLanguage } from '@codemirror/lang-javascript';
import { syntaxTree } from '@codemirror/language';
import { linter, type Diagnostic } from '@codemirror/lint';
import type { EditorState, Extension } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import type { SyntaxNode } from '@lezer/common';
import { NetspecError } from '../../src/errors.js';
import { PrototxtDocument, type Completion as Offer } from '../../src/language/index.js';
import { factsOf, knownLayerTypes } from '../../src/layers/registry.js';
import { element, withText } from './elements.js';
import { withoutTypes } from './typescript.js';

export function programSupport(): Extension {
  return [
    javascript({ typescript: true }),
    typescriptLanguage.data.of({ autocomplete: completionsOf }),
    linter(({ state }) => problemsOf(state), { delay: 200 }),
    hoverTooltip(async ({ state }, offset) => {
      const node = syntaxTree(state).resolveInner(offset, -1);
      const type = layerTypeOf(state, node);
      const hover = type === undefined ? undefined : await new PrototxtDocument(`layer { type: "${type}" }`).hover(1);
      if (!hover) return null;
      const dom = element('div', 'hover');
      dom.append(withText('code', `L.${type ?? ''}`), ...hover.paragraphs.map((text) => withText('p', text)));
      return { pos: node.from, end: node.to, create: () => ({ dom }) };
    }),
  ];
}

function problemsOf(state: EditorState): Diagnostic[] {
  try {
    withoutTypes(state.doc.toString());
    return [];
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    const { line = 1, column = 1 } = error.details;
    // At the end of the program its last character shows the mark.
    const from = Math.max(0, Math.min(state.doc.line(line).from + column - 1, state.doc.length - 1));
    return [{ from, to: from + 1, severity: 'error', message: error.reason }];
  }
}

/** Layer types behind `L.`, the fields of a layer's settings, and the values of an enum. */
export async function completionsOf(context: CompletionContext): Promise<CompletionResult | null> {
  const { state, pos } = context;
  const typed = context.matchBefore(/[\w$]*$/)!;
  const isMember = state.sliceDoc(Math.max(0, typed.from - 2), typed.from) === 'L.';
  if (isMember) return result(typed.from, layerTypes());
  const node = syntaxTree(state).resolveInner(pos, -1);
  const place = placeOf(state, node, pos);
  if (!place) return null;
  const { type, path, value } = place;
  if (value === undefined) {
    if (typed.from === typed.to && !context.explicit) return null;
    return result(typed.from, fieldsOf(await offersIn(type, path, '')));
  }
  const isString = node.name === 'String';
  const offers = await offersIn(type, path, `${value}: ${isString ? '""' : ''}`);
  const quoted = (label: string): string => (isString || /^(true|false)$/.test(label) ? label : `'${label}'`);
  const options = offers.map(({ label, detail, doc }): Completion => ({
    label,
    detail,
    type: 'enum',
    info: doc || undefined,
    apply: quoted(label),
  }));
  return result(isString ? node.from + 1 : typed.from, options);
}

function result(from: number, options: Completion[]): CompletionResult | null {
  return options.length === 0 ? null : { from, options, validFor: /^[\w$]*$/ };
}

function layerTypes(): Completion[] {
  return knownLayerTypes().map((label) => {
    const facts = factsOf({ type: label });
    return { label, type: 'function', detail: facts?.origin ?? '', info: facts?.doc };
  });
}

const QUOTED = /"$/;

function fieldsOf(offers: readonly Offer[]): Completion[] {
  return offers.map(({ label, kind, detail, doc, before, rank }) => ({
    label,
    type: 'property',
    detail,
    info: doc || undefined,
    boost: -rank / 10,
    apply: snippet(
      kind === 'message' ? `${label}: { \${} }` : QUOTED.test(before) ? `${label}: '\${}'` : `${label}: \${}`,
    ),
  }));
}

interface Place {
  readonly type: string;
  /** The fields around the cursor: `['weight_filler']`. */
  readonly path: readonly string[];
  /** The field whose value is at the cursor; undefined where a field may stand. */
  readonly value: string | undefined;
}

/** Where in the settings of a layer a node stands; undefined for one that does not. */
export function placeOf(state: EditorState, node: SyntaxNode, pos: number): Place | undefined {
  const path: string[] = [];
  // A field whose value is not written yet.
  const open = node.name === 'ObjectExpression' ? /([\w$]+)\s*:\s*$/.exec(state.sliceDoc(node.from, pos)) : null;
  let value = open?.[1];
  let isInObject = false;
  for (let at: SyntaxNode | null = node; at; at = at.parent) {
    if (at.name === 'Property') {
      const key = at.getChild('PropertyDefinition');
      const colon = at.getChild(':');
      const name = key === null ? '' : state.sliceDoc(key.from, key.to);
      if (isInObject) path.unshift(name);
      // Before the colon the name of the field itself is typed.
      else if (colon !== null && node.to > colon.from) value = name;
    } else if (at.name === 'ObjectExpression') isInObject = true;
    else if (at.name === 'ArgList') {
      const called = at.parent?.name === 'CallExpression' ? at.parent.firstChild : null;
      const name = called?.name === 'InstantiationExpression' ? called.firstChild : called;
      const type = name?.lastChild ? layerTypeOf(state, name.lastChild) : undefined;
      return type !== undefined && isInObject ? { type, path, value } : undefined;
    } else if (at.name === 'Block' || at.name === 'Script') return undefined;
  }
  return undefined;
}

/** `Convolution` for the last name of `L.Convolution`. */
function layerTypeOf(state: EditorState, { name, from, to, parent }: SyntaxNode): string | undefined {
  const isMember = name === 'PropertyName' && parent?.name === 'MemberExpression';
  return isMember && state.sliceDoc(parent.from, from) === 'L.' ? state.sliceDoc(from, to) : undefined;
}

/** What the language service offers in a layer's settings: those of its own messages, and those of every layer. */
async function offersIn(type: string, path: readonly string[], text: string): Promise<Offer[]> {
  const params = factsOf({ type })?.params ?? [];
  const ask = async (messages: readonly string[]): Promise<Offer[]> => {
    const head = `layer { type: "${type}" ${messages.map((name) => `${name} { `).join('')}${text}`;
    // Behind the opening quote of a string.
    const offset = head.length - (QUOTED.test(text) ? 1 : 0);
    return new PrototxtDocument(head + ' }'.repeat(messages.length + 1)).completions(offset);
  };
  const own = (await Promise.all(params.map((param) => ask([param, ...path])))).flat();
  const isNested = path.length > 0 || text !== '';
  if (isNested && own.length > 0) return own;
  const common = await ask(path);
  if (isNested) return common;
  const isGiven = ({ label }: Offer): boolean => BY_ARGUMENTS.has(label) || params.includes(label);
  return [
    ...own,
    ...common.filter((offer) => !isGiven(offer)).map((offer) => ({ ...offer, rank: offer.rank + AFTER_OWN })),
  ];
}

/** Fields that the call itself gives. */
const BY_ARGUMENTS = new Set(['type', 'bottom', 'top']);
/** The rank of fields that every layer has, behind those of the layer's own. */
const AFTER_OWN = 1000;
