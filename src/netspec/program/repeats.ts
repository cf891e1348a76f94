/** Repeats: groups of neighbouring calls of one structure that occur several times in a net. */
import type { Call, Callee, Wire } from './model.js';

/** Where calls of one structure stand, `length` of them at each start. */
export interface Repeat {
  readonly starts: readonly number[];
  readonly length: number;
}

/** The most calls in one function. */
const LONGEST = 48;
const PRIME = 0x01000193;

/**
 * All repeats of two calls and more, the most frequent first and of these the longest. Two groups are of one structure when their calls
 * are, and when each reads the same outputs of the group; what comes from outside may differ.
 */
export function findRepeats(calls: readonly Call[]): Repeat[] {
  const ids = new Map<string, number>();
  const shapes = calls.map((call) => {
    const shape = shapeOf(call);
    if (!ids.has(shape)) ids.set(shape, ids.size + 1);
    return ids.get(shape)!;
  });
  const makers = new Map<Wire, { at: number; output: number }>();
  for (const [at, { outputs }] of calls.entries())
    for (const [output, wire] of outputs.entries()) makers.set(wire, { at, output });
  const reads = calls.map(({ inputs }) => inputs.map((wire) => makers.get(wire)));

  let active = calls.map((_, start) => ({ start, high: 0, low: 0 }));
  const repeats: Repeat[] = [];
  for (let length = 1; length <= LONGEST && active.length > 0; length++) {
    const groups = new Map<number, typeof active>();
    for (const each of active) {
      const at = each.start + length - 1;
      if (at >= calls.length) continue;
      mix(each, shapes[at]!);
      for (const read of reads[at]!)
        mix(each, read && read.at >= each.start ? (read.at - each.start + 1) * 16 + read.output : 0);
      const key = each.high * 0x200000 + (each.low & 0x1fffff);
      const group = groups.get(key);
      if (group) group.push(each);
      else groups.set(key, [each]);
    }
    active = [];
    for (const group of groups.values()) {
      if (group.length < 2) continue;
      active.push(...group);
      if (length < 2 || isUniform(shapes.slice(group[0]!.start, group[0]!.start + length))) continue;
      const starts = apart(
        group.map(({ start }) => start),
        length,
      );
      if (starts.length > 1) repeats.push({ starts, length });
    }
  }
  return repeats.sort((a, b) => b.starts.length - a.starts.length || b.length - a.length);
}

function mix(hash: { high: number; low: number }, value: number): void {
  hash.high = Math.imul(hash.high ^ (value + 0x9e37), PRIME) >>> 0;
  hash.low = (Math.imul(hash.low, 31) + value + 7) | 0;
}

/** The same again and again, which is a loop and no function. */
function isUniform(shapes: readonly number[]): boolean {
  return shapes.every((shape) => shape === shapes[0]);
}

function apart(starts: readonly number[], length: number): number[] {
  let end = 0;
  return starts.filter((start) => {
    if (start < end) return false;
    end = start + length;
    return true;
  });
}

const functionIds = new WeakMap<object, number>();
let nextId = 1;

/** What two calls must have in common to be one call with parameters. */
export function shapeOf({ callee, inputs, outputs, args }: Call): string {
  const parts = [calleeId(callee), String(inputs.length), String(outputs.length)];
  if (typeof callee === 'string') {
    const { keys, options } = args as { keys: readonly string[]; options: Record<string, unknown> };
    parts.push(String(keys.length));
    // A number may be left out here and given there; that a layer is in place, or has fillers, makes it another one.
    for (const [field, value] of Object.entries(options))
      if (typeof value !== 'number' || field === 'ntop')
        parts.push(typeof value === 'boolean' ? `${field}=${value}` : field);
  }
  return parts.sort().join('|');
}

export function calleeId(callee: Callee): string {
  if (typeof callee === 'string') return callee;
  if (callee.kind === 'loop') return `loop ${callee.chained.join()} ${calleeId(callee.inner)}`;
  let id = functionIds.get(callee);
  if (id === undefined) functionIds.set(callee, (id = nextId++));
  return `function ${id}`;
}
