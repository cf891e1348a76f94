/**
 * What editors say about a name, from the comments in caffe.proto and forks/ and the docstrings in src/layers/: src/generated/docs.ts.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { implementationName, type LayerFacts } from '../src/layers/facts.js';
import type { UnionSchema } from './union-schema.js';

/** A docstring, and the class behind it. */
const CLASS = /\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*export (?:abstract )?class (\w+)/g;

/** The formulas of the layer classes, by the names of the classes; those that are not run have none. */
function formulas(): Map<string, string> {
  const folder = new URL('../src/layers/', import.meta.url);
  const found = new Map<string, string>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts')))
    for (const [, doc, name] of readFileSync(new URL(file, folder), 'utf8').matchAll(CLASS)) {
      const text = doc!.replace(/\n\s*\* ?/g, ' ').replace(/\s+/g, ' ');
      const [, formula] = /@formula (.*?)(?= @\w|$)/.exec(text) ?? [];
      if (formula !== undefined && !formula.startsWith('none')) found.set(name!, formula.replaceAll('`', '').trim());
    }
  return found;
}

/** @param rows the table of layers */
export function docsModule(
  union: UnionSchema,
  rows: readonly { readonly name: string; readonly facts: LayerFacts }[],
): string {
  const line = (text: string | null, forks: readonly string[]): string =>
    [
      text?.replace(/\s+/g, ' ') ?? '',
      forks.length > 0 ? `Of ${forks.slice(0, 3).join(', ')}${forks.length > 3 ? ' …' : ''}.` : '',
    ]
      .filter((part) => part !== '')
      .join(' ');
  const table: Record<string, Record<string, string>> = {};
  for (const { name, fields } of union.messages.values()) {
    const texts = [...fields.values()].map((field) => [field.name, line(field.comment, field.forks)] as const);
    const known = Object.fromEntries(texts.filter(([, text]) => text !== ''));
    if (Object.keys(known).length > 0) table[name] = known;
  }
  for (const { name, values } of union.enums.values()) {
    const texts = [...values.values()].map((value) => [value.name, line(value.comment, value.forks)] as const);
    const known = Object.fromEntries(texts.filter(([, text]) => text !== ''));
    if (Object.keys(known).length > 0) table[name] = known;
  }
  const byClass = formulas();
  const layers = Object.fromEntries(
    rows.flatMap(({ name, facts }) => {
      const formula = byClass.get(name);
      return formula === undefined ? [] : [[implementationName(facts), formula]];
    }),
  );
  const json = JSON.stringify({ names: table, formulas: layers });
  return `\n/** Docs of fields and of enums' values by the names of their types, and formulas of layers, as JSON. */\nexport const docsJson =\n  ${JSON.stringify(json)};\n`;
}
