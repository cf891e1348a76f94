/** Chains → loops: calls of one thing, each of which reads what the one before it made, and whose names alone differ. */
import { LoopString, sameLiteral, isFieldsLiteral, type Call, type Literal, type Wire } from './model.js';
import { fitNames, type NameTemplate } from './names.js';
import { shapeOf } from './repeats.js';

/** How many calls make a loop; two do where the same is repeated more often elsewhere. */
const LEAST = 3;

/** Puts loops in the place of chains. */
export function foldLoops(calls: readonly Call[]): Call[] {
  const readers = new Map<Wire, number>();
  for (const { inputs } of calls) for (const wire of inputs) readers.set(wire, (readers.get(wire) ?? 0) + 1);
  const shapes = calls.map(shapeOf);
  const chains: Call[][] = [];
  for (let i = 0; i < calls.length;) {
    const chain = [calls[i]!];
    while (shapes[i + chain.length] === shapes[i] && follows(chain, calls[i + chain.length]!, readers))
      chain.push(calls[i + chain.length]!);
    chains.push(chain);
    i += chain.length;
  }
  const looped = new Set(chains.filter(({ length }) => length >= LEAST).map(([first]) => first!.callee));
  return chains.flatMap((chain) =>
    chain.length > 1 && looped.has(chain[0]!.callee) ? (loopOf(chain) ?? chain) : chain,
  );
}

/** Whether a call goes on with a chain: it alone reads the last one's output, and all else but names is the same. */
function follows(chain: readonly Call[], next: Call, readers: ReadonlyMap<Wire, number>): boolean {
  const first = chain[0]!;
  const last = chain.at(-1)!;
  if (typeof first.callee === 'object' && first.callee.kind === 'loop') return false;
  const [output] = last.outputs;
  if (last.outputs.length !== 1 || next.outputs.length !== 1 || !output) return false;
  const chained = positions(next, output);
  if (chained.length === 0 || readers.get(output) !== chained.length || !isAlikeButNames(first.args, next.args))
    return false;
  if (chain.length > 1 && chained.join() !== positions(last, chain.at(-2)!.outputs[0]!).join()) return false;
  return first.inputs.every((wire, i) =>
    chained.includes(i) ? wire === first.inputs[chained[0]!] : wire === next.inputs[i],
  );
}

/** Where a call reads a blob. */
function positions({ inputs }: Call, blob: Wire): number[] {
  return inputs.flatMap((wire, i) => (wire === blob ? [i] : []));
}

function isAlikeButNames(a: Literal, b: Literal): boolean {
  if (typeof a === 'string' && typeof b === 'string') return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item: Literal, i) => isAlikeButNames(item, (b as readonly Literal[])[i]));
  if (isFieldsLiteral(a) && isFieldsLiteral(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => isAlikeButNames(a[key], b[key]));
  }
  return sameLiteral(a, b);
}

function loopOf(chain: readonly Call[]): Call | undefined {
  const first = chain[0]!;
  const fit = fitNames(
    chain.map(({ args }) => stringsOf(args)),
    true,
  );
  if (fit.holes !== 1 || fit.instances.length < chain.length) return undefined;
  const templates = [...fit.templates];
  return {
    callee: { kind: 'loop', inner: first.callee, chained: positions(chain[1]!, first.outputs[0]!) },
    inputs: first.inputs,
    outputs: chain.at(-1)!.outputs,
    args: {
      items: fit.instances.map(({ values }) => values[0]!),
      each: withItem(first.args, templates),
    },
  };
}

function stringsOf(value: Literal): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsOf);
  return isFieldsLiteral(value) ? Object.values(value).flatMap(stringsOf) : [];
}

/** The value with the loop's item in the place of what differs. Takes the templates of its strings, in order. */
function withItem(value: Literal, templates: NameTemplate[]): Literal {
  if (typeof value === 'string') {
    const { before, hole, after } = templates.shift()!;
    return hole === undefined ? value : new LoopString(before, after);
  }
  if (Array.isArray(value)) return value.map((item: Literal) => withItem(item, templates));
  if (!isFieldsLiteral(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withItem(each, templates)]));
}
