/**
 * Share: layers with bit for bit the same parameters use one copy, through `param { name }`; the file then holds it once.
 * Nets that unroll a loop, such as a detector's head over its levels, shrink to a part of their size.
 */
import type { ParamSpec } from '../generated/messages.js';
import { freshName } from './merge.js';
import type { Change } from './report.js';
import type { Storage } from './storage.js';
import { factsOfStep, type Step, type WorkingNet } from './work.js';

/** A blob of fewer values is shared only along with all others of its layer: small ones are equal by chance (zeros). */
const SMALLEST_ALONE = 1024;

/**
 * Gives equal parameters one name. A layer whose blobs all equal those of an earlier layer of its type shares them all, and
 * is left out of the file; of other layers, large blobs are shared.
 */
export async function shareParameters(net: WorkingNet): Promise<Change[]> {
  const same = await equalStorages(net);
  const changes: Change[] = [];
  const owners = new Map<Storage, { step: Step; index: number }>();
  /** Types and parameters of the layers before. */
  const before = new Set<string>();
  const ids = new Map<Storage, number>();
  const idOf = (storage: Storage): number => {
    const id = ids.get(storage) ?? ids.size;
    ids.set(storage, id);
    return id;
  };
  for (const step of net.steps) {
    const { layer } = step;
    const merged = step.params.map((param) => same.get(param) ?? param);
    const key = [layer.type, ...merged.map(idOf)].join(' ');
    const hasTwin = before.has(key);
    let into: string | undefined;
    for (const [index, storage] of merged.entries()) {
      const owner = owners.get(storage);
      if (!owner) owners.set(storage, { step, index });
      else if (step.params[index] !== storage && (hasTwin || count(storage) >= SMALLEST_ALONE)) {
        nameParameters(net, owner, { step, index });
        step.params[index] = storage;
        into ??= owner.step.layer.name ?? '';
      }
    }
    if (into !== undefined) changes.push({ layer: layer.name ?? '', type: layer.type ?? '', into });
    before.add(key);
  }
  return changes;
}

/** For each parameter that equals an earlier one, that one. Only those of which there are several of a shape are read. */
async function equalStorages({ steps }: WorkingNet): Promise<Map<Storage, Storage>> {
  const byShape = new Map<string, Storage[]>();
  for (const storage of new Set(steps.flatMap(({ params }) => params))) {
    if (!storage.read) continue;
    const key = storage.shape.join();
    const others = byShape.get(key);
    if (others) others.push(storage);
    else byShape.set(key, [storage]);
  }
  const same = new Map<Storage, Storage>();
  for (const storages of byShape.values()) {
    if (storages.length < 2) continue;
    const seen = new Map<string, Storage[]>();
    for (const storage of storages) {
      const bits = bitsOf(await storage.read!());
      const key = digest(bits);
      const candidates = seen.get(key) ?? [];
      let owner: Storage | undefined;
      for (const candidate of candidates) if (equalBits(bits, bitsOf(await candidate.read!()))) owner ??= candidate;
      if (owner) same.set(storage, owner);
      else seen.set(key, [...candidates, storage]);
    }
  }
  return same;
}

interface Place {
  step: Step;
  index: number;
}

/** Names the owner's parameter, unless it has a name, and has the other layer's use it. */
function nameParameters(net: WorkingNet, owner: Place, sharer: Place): void {
  const specs = padded(owner.step, owner.index + 1);
  const name = specs[owner.index]!.name || freshName(net, `${owner.step.layer.name ?? ''}_${owner.index}`);
  owner.step.layer.param = specs.with(owner.index, { ...specs[owner.index], name });
  const theirs = padded(sharer.step, sharer.index + 1);
  // Caffe refuses sharers whose multipliers contradict the owner's; without any they take the owner's.
  const lr_mult = factsOfStep(sharer.step)?.frozenBlobs ? 0 : undefined;
  sharer.step.layer.param = theirs.with(sharer.index, {
    ...theirs[sharer.index],
    lr_mult,
    decay_mult: undefined,
    name,
  });
}

/** The layer's `param` entries, at least `length` of them; frozen blobs must not learn. */
function padded(step: Step, length: number): ParamSpec[] {
  const specs = [...(step.layer.param ?? [])];
  while (specs.length < length) specs.push(factsOfStep(step)?.frozenBlobs ? { lr_mult: 0 } : {});
  return specs;
}

function count({ shape }: Storage): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** As bits, a NaN equals itself and 0 and -0 differ. */
function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

function equalBits(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Sorts values into bins, no more: FNV-1a over words, twice with different multipliers. What falls together is compared. */
function digest(bits: Uint32Array): string {
  let [a, b] = [0x811c9dc5, 0x01234567];
  for (const word of bits) {
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul(b ^ word, 0x85ebca6b);
  }
  return `${a} ${b}`;
}
