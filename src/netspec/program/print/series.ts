/**
 * Many tops of one layer that are numbered, as a Slice has for each step of a sequence: one variable holds them all, a line names
 * them, and a layer that reads them in order, or backwards, takes them at once.
 */
import type { Expr, Param } from '../model.js';
import { camelCase, shortName } from '../naming.js';
import { member, type Scope } from './expressions.js';
import type { Doc } from './layout.js';

/** Fewer tops are easier to read as a list of names. */
const LEAST = 4;

/** Names that differ in a number alone, which counts up from `first`. */
export interface Series {
  readonly before: Expr;
  readonly after: Expr;
  readonly first: number;
}

type Parts = readonly (string | Param)[];

/** The series that the keys are, if they are one. */
export function seriesOf(keys: readonly Expr[]): Series | undefined {
  if (keys.length < LEAST) return undefined;
  const names = keys.map(partsOf);
  const [one, two] = names;
  if (!one || !two || names.some((parts) => parts?.length !== one.length)) return undefined;
  const at = one.findIndex((part, i) => part !== two[i]);
  const start = typeof one[at] === 'string' ? /^(.*?)(0|[1-9]\d*)(\D*)$/.exec(one[at]) : null;
  if (!start) return undefined;
  const [, before, first, after] = start as unknown as [string, string, string, string];
  const isSeries = names.every((parts, i) =>
    parts!.every((part, k) => part === (k === at ? `${before}${Number(first) + i}${after}` : one[k])),
  );
  if (!isSeries) return undefined;
  return {
    before: { kind: 'template', parts: [...one.slice(0, at), before] },
    after: { kind: 'template', parts: [after, ...one.slice(at + 1)] },
    first: Number(first),
  };
}

function partsOf(key: Expr): Parts | undefined {
  if (key.kind === 'template') return key.parts;
  return key.kind === 'literal' && typeof key.value === 'string' ? [key.value] : undefined;
}

/** What the variable of a series is called: by the end of the names before their number, or by the layer's type. */
export function seriesName({ before }: Series, type: string): string {
  const last = (before as { parts: Parts }).parts.at(-1);
  const word = typeof last === 'string' ? /[A-Za-z][A-Za-z0-9]*[^A-Za-z0-9]*$/.exec(last)?.[0] : undefined;
  return (word === undefined ? undefined : camelCase(word)) ?? `${shortName(type)}Tops`;
}

/** The line that names the tops: ``columns.forEach((top, i) => (n[`columns_${i}`] = top));`` */
export function seriesNames({ before, after, first }: Series, variable: string, scope: Scope): string {
  const item = { name: first === 0 ? 'i' : `i + ${first}`, isNumber: true };
  const key = member({ kind: 'around-item', before, after }, { ...scope, item });
  return `${variable}.forEach((top, i) => (${key} = top));`;
}

/** A top of a series on its way to a layer. */
export interface SeriesTop {
  readonly variable: string;
  readonly index: number;
  /** How many the series has. */
  readonly of: number;
}

/** Inputs as arguments: whole series as `...columns` or `...[...columns].reverse()`. */
export function withSeries(inputs: readonly (SeriesTop | undefined)[], docs: readonly Doc[]): Doc[] {
  const written: Doc[] = [];
  for (let i = 0; i < docs.length;) {
    const start = inputs[i];
    const isRun = (step: 1 | -1): boolean =>
      start?.index === (step === 1 ? 0 : start!.of - 1) &&
      Array.from({ length: start.of }, (_, k) => inputs[i + k]).every(
        (top, k) => top?.variable === start.variable && top.index === start.index + step * k,
      );
    if (start && isRun(1)) written.push(`...${start.variable}`);
    else if (start && isRun(-1)) written.push(`...[...${start.variable}].reverse()`);
    else {
      written.push(docs[i++]!);
      continue;
    }
    i += start.of;
  }
  return written;
}
