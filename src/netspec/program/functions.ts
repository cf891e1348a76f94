/** Repeats → functions: each group of calls that stands several times in a net becomes a function of what differs. */
import { functionName } from './function-names.js';
import { foldLoops } from './loops.js';
import { findRepeats, type Repeat } from './repeats.js';
import {
  isFieldsLiteral,
  sameLiteral,
  type Call,
  type Expr,
  type FunctionDef,
  type Literal,
  type Source,
  type Statement,
  type Wire,
} from './model.js';
import { inlineOnce } from './inline.js';
import { uniqueName } from './naming.js';
import { unify } from './unify.js';

/** How much shorter each place must become that calls the function, and the program as a whole, in values written. */
const LEAST_GAIN_OF_A_CALL = 3;
const LEAST_GAIN = 4;
/** A function of more than this is harder to call than what it replaces. */
const MOST_INPUTS = 4;
/** How many repeats are looked at before one of them is taken. */
const MOST_TRIALS = 100;

/** What functions may be like: first those with one result and one name, then others. */
interface Allowed {
  readonly returns: number;
  readonly names: number;
}
const IN_TURN: readonly Allowed[] = [
  { returns: 1, names: 1 },
  { returns: 3, names: 1 },
  { returns: 1, names: 2 },
];

/** A function, and the places that call it. */
interface Proposal {
  readonly def: FunctionDef;
  readonly length: number;
  readonly calls: readonly { readonly start: number; readonly call: Call }[];
}

/**
 * Puts functions in the place of repeats, the most frequent first, until none is worth it.
 * @param names taken by other functions
 */
export function foldFunctions(calls: readonly Call[], names: Set<string>): Call[] {
  let left = [...calls];
  for (;;) {
    left = foldLoops(left);
    let proposal: Proposal | undefined;
    const repeats = findRepeats(left);
    const readers = readersOf(left);
    for (const allowed of IN_TURN) proposal ??= bestProposal(left, repeats, readers, allowed);
    if (!proposal) return inlineOnce(left);
    proposal.def.name = uniqueName(functionName(proposal.def), names);
    const starts = new Map(proposal.calls.map(({ start, call }) => [start, call]));
    const next: Call[] = [];
    for (let i = 0; i < left.length; i++) {
      const call = starts.get(i);
      next.push(call ?? left[i]!);
      if (call) i += proposal.length - 1;
    }
    left = next;
  }
}

/** A longer function is taken before one that is called a little more often. */
const NEARLY = 0.8;

function bestProposal(
  calls: readonly Call[],
  repeats: readonly Repeat[],
  readers: ReadonlyMap<Wire, readonly number[]>,
  allowed: Allowed,
): Proposal | undefined {
  const proposals: Proposal[] = [];
  let most = 0;
  let trials = 0;
  for (const repeat of repeats) {
    if (repeat.starts.length < most * NEARLY || trials > MOST_TRIALS) break;
    if (!mayBeOne(calls, repeat, readers, allowed)) continue;
    trials++;
    const proposal = propose(calls, repeat, readers, allowed);
    if (!proposal) continue;
    proposals.push(proposal);
    most = Math.max(most, proposal.calls.length);
  }
  return proposals
    .filter(({ calls: { length } }) => length >= most * NEARLY)
    .sort((a, b) => b.length - a.length || b.calls.length - a.calls.length)[0];
}

/** Which calls read each blob. */
function readersOf(calls: readonly Call[]): Map<Wire, number[]> {
  const readers = new Map<Wire, number[]>();
  for (const [at, { inputs }] of calls.entries())
    for (const wire of inputs) {
      const known = readers.get(wire);
      if (known) known.push(at);
      else readers.set(wire, [at]);
    }
  return readers;
}

/** What can be said before looking at names: the group is of one piece, and has few results in some of the places. */
function mayBeOne(
  calls: readonly Call[],
  { starts, length }: Repeat,
  readers: ReadonlyMap<Wire, readonly number[]>,
  { returns }: Allowed,
): boolean {
  const isOne = (start: number): boolean =>
    usedOutside([calls.slice(start, start + length)], [start], length, readers).length <= returns;
  return isConnected(calls.slice(starts[0], starts[0]! + length)) && starts.slice(0, 4).some(isOne);
}

function propose(
  calls: readonly Call[],
  { starts: all, length }: Repeat,
  readers: ReadonlyMap<Wire, readonly number[]>,
  allowed: Allowed,
): Proposal | undefined {
  const groups = all.map((start) => calls.slice(start, start + length));
  const unified = unify(groups.map((group) => group.map(({ args }) => args)));
  if (unified.instances.length < 2) return undefined;
  const starts = unified.instances.map((index) => all[index]!);
  const instances = unified.instances.map((index) => groups[index]!);

  const returned = usedOutside(instances, starts, length, readers);
  if (returned.length > allowed.returns) return undefined;
  if (unified.names > allowed.names) return undefined;
  if (returned.length > 1 && returned.some((source) => isReadInside(instances[0]!, source))) return undefined;
  const { inputs, sources, wires } = inputsOf(instances);
  if (inputs.length > MOST_INPUTS) return undefined;

  const exprs = unified.expr.kind === 'list' ? unified.expr.items : literalItems(unified.expr);
  const body = instances[0]!.map(({ callee, outputs }, i): Statement => ({
    callee,
    inputs: sources[i]!,
    outputs: outputs.length,
    args: exprs[i]!,
  }));
  const def: FunctionDef = { kind: 'function', name: '', inputs, params: unified.params, body, returns: returned };
  const made = instances.map((group, i) => ({
    start: starts[i]!,
    call: {
      callee: def,
      inputs: wires[i]!,
      outputs: returned.map((source) => outputOf(group, source)),
      args: unified.args[i]!,
    },
  }));
  const before = instances.map((group) => group.reduce((sum, call) => sum + costOf(call), 0));
  const gains = made.map(({ call }, i) => before[i]! - costOf(call));
  const bodyCost = body.reduce((sum, { args, inputs }) => sum + 2 + inputs.length / 2 + exprCost(args), 3);
  const gain = gains.reduce((sum, each) => sum + each, 0);
  if (gain / gains.length < LEAST_GAIN_OF_A_CALL || gain - bodyCost - unified.params.length < LEAST_GAIN)
    return undefined;
  return { def, length, calls: made };
}

function literalItems(expr: Expr): Expr[] {
  return (expr as { value: readonly Literal[] }).value.map((value) => ({ kind: 'literal', value }));
}

function outputOf(group: readonly Call[], source: Source): Wire {
  const { statement, output } = source as { statement: number; output: number };
  return group[statement]!.outputs[output]!;
}

/** A result that the group itself reads is an intermediate one: the group begins or ends at the wrong place. */
function isReadInside(group: readonly Call[], source: Source): boolean {
  const wire = outputOf(group, source);
  return group.some(({ inputs }) => inputs.includes(wire));
}

/** Whether the calls have to do with one another: each reads what another makes, or what another reads too. */
function isConnected(group: readonly Call[]): boolean {
  const parts = new Map<Wire, number>();
  const roots = group.map((_, i) => i);
  const rootOf = (i: number): number => (roots[i] === i ? i : rootOf(roots[i]!));
  for (const [i, { inputs, outputs }] of group.entries())
    for (const wire of [...inputs, ...outputs]) {
      const other = parts.get(wire);
      if (other === undefined) parts.set(wire, i);
      else roots[rootOf(i)] = rootOf(other);
    }
  return new Set(group.map((_, i) => rootOf(i))).size === 1;
}

/** The outputs that calls outside read, in any of the instances. */
function usedOutside(
  instances: readonly (readonly Call[])[],
  starts: readonly number[],
  length: number,
  readers: ReadonlyMap<Wire, readonly number[]>,
): Source[] {
  return instances[0]!.flatMap(({ outputs }, statement) =>
    outputs.flatMap((_, output) =>
      instances.some((group, i) =>
        (readers.get(group[statement]!.outputs[output]!) ?? []).some((at) => at >= starts[i]! + length),
      )
        ? [{ statement, output }]
        : [],
    ),
  );
}

/** What comes from outside: the inputs of the function, and where each statement has its own from. */
function inputsOf(instances: readonly (readonly Call[])[]): {
  inputs: FunctionDef['inputs'];
  sources: Source[][];
  wires: Wire[][];
} {
  const [first] = instances;
  const places = new Map<Wire, Source>();
  for (const [statement, { outputs }] of first!.entries())
    for (const [output, wire] of outputs.entries()) places.set(wire, { statement, output });
  const columns: Wire[][] = [];
  const sources = first!.map(({ inputs }, i) =>
    inputs.map((wire, j): Source => {
      const inside = places.get(wire);
      if (inside) return inside;
      const column = instances.map((group) => group[i]!.inputs[j]!);
      const known = columns.findIndex((other) => other.every((each, k) => each === column[k]));
      if (known >= 0) return { input: known };
      columns.push(column);
      return { input: columns.length - 1 };
    }),
  );
  const names = ['x', 'y', 'z', 'w'];
  const inputs = columns.map((column, i) => {
    // Often one and the same, as a block's shortcut is the block's input.
    const fallback = columns.findIndex(
      (other, k) => k < i && column.filter((wire, m) => wire === other[m]).length * 2 > instances.length,
    );
    return fallback >= 0 ? { name: 'shortcut', fallback } : { name: names[i] ?? `x${i}` };
  });
  const taken = new Set<string>();
  return {
    inputs: inputs.map((input) => ({ ...input, name: uniqueName(input.name, taken) })),
    sources,
    wires: instances.map((_, k) => columns.map((column) => column[k]!)),
  };
}

/** How many values one has to write for a call. */
function costOf({ callee, inputs, args }: Call): number {
  const defaults = typeof callee === 'object' && callee.kind === 'function' ? callee.params : [];
  const omitted = defaults.filter((param) => param.optional && sameLiteral(args[param.name], param.default)).length;
  return (
    2 + inputs.length / 2 + leaves(args) - omitted + (typeof callee === 'object' && callee.kind === 'loop' ? 1 : 0)
  );
}

function leaves(value: Literal): number {
  if (value === undefined) return 0;
  if (Array.isArray(value)) return (value as readonly Literal[]).reduce<number>((sum, item) => sum + leaves(item), 0);
  if (isFieldsLiteral(value)) return Object.values(value).reduce<number>((sum, each) => sum + leaves(each), 0);
  return 1;
}

function exprCost(expr: Expr): number {
  switch (expr.kind) {
    case 'literal':
      return leaves(expr.value);
    case 'list':
      return expr.items.reduce((sum, item) => sum + exprCost(item), 0);
    case 'fields':
      return [...expr.fields.values()].reduce((sum, each) => sum + exprCost(each), 0);
    default:
      return 1;
  }
}
