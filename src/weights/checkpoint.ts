/**
 * A PyTorch checkpoint's tensors by name: those of the state dict, wherever it lies in what was saved, or of a whole
 * module, under the names that its state_dict() has.
 */
import { didYouMean, NetspecError } from '../errors.js';
import { PickleInstance, type PickleValue } from './pickle.js';
import { tensorOf, type TorchTensor } from './torch-pickle.js';

/** A tensor of a checkpoint. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: TorchTensor;
}

export interface CheckpointTensors {
  readonly tensors: readonly NamedTensor[];
  /** What was left out, for the user. */
  readonly notes: readonly string[];
  /** Entries that may be the model, where there are several. */
  readonly entries?: readonly CheckpointEntry[];
}

/** A part of a checkpoint, and how many tensors it has. */
export interface CheckpointEntry {
  readonly name: string;
  readonly tensors: number;
}

/** Entries of a training checkpoint under which programs keep the model, and under which they keep other tensors. */
const WRAPPER = /^(model|net|network|module|weights|params|(model_|net_)?(state_?dict|weights)|model_state)$/i;
const TRAINING =
  /^(.*_)?(optim|optimi[sz]ers?|sched|(lr_)?schedulers?|(grad_)?scalers?|amp|criterion|loss|rng)(_?states?)?(_?dicts?)?$|rng_state/i;

/** Entries that hold another state of the same model, or one of several models. */
const VARIANT =
  /(^|_)(ema|swa|avg|averaged?|shadow|polyak|best|teacher|student|online|target|momentum|generator|discriminator|net_?[gd])(_|$)/i;

/** What DataParallel puts before every name. */
const PARALLEL = 'module.';

/** Entries are looked for so deep. */
const DEEPEST_ENTRY = 4;

/** Deeper nesting than this is no model's. */
const DEEPEST = 100;

/**
 * The tensors of what was saved. A training checkpoint's model is taken without the name of the entry that it lies under;
 * optimizers and the like are left out. When several entries may be the model, all are taken, each under its name.
 * @param bytes length of the pickle, which bounds what it may expand to
 * @param entry the entry to take instead: `ema`, or `state.ema` for one within another
 * @throws NetspecError when there are no tensors, no such entry, or more names than the pickle can have been meant for
 */
export function checkpointTensors(root: PickleValue, bytes: number, entry?: string): CheckpointTensors {
  const collector = new Collector(bytes);
  const notes: string[] = [];
  const chosen = entry === undefined ? root : collector.entry(root, entry);
  const { tensors, entries } = collector.unwrapped(chosen, notes);
  if (tensors.length === 0)
    throw new NetspecError(`${entry === undefined ? 'the checkpoint' : `entry '${entry}'`} has no tensors`);
  if (entries.length > 0)
    notes.push(`several entries may be the model, and are listed each under its name: ${listed(entries)}`);
  const parallel = tensors.every(({ name }) => name.startsWith(PARALLEL));
  return {
    tensors: parallel ? tensors.map(({ name, tensor }) => ({ name: name.slice(PARALLEL.length), tensor })) : tensors,
    notes,
    ...(entries.length > 0 && { entries }),
  };
}

class Collector {
  /** Characters of names that may still be made: values that are shared by many parents multiply. */
  #budget: number;

  constructor(bytes: number) {
    this.#budget = 2 ** 20 + 16 * bytes;
  }

  /**
   * The tensors below `value`, looked for in the one entry that is the model when it is a training checkpoint; and the
   * entries that may be it when there are several.
   */
  unwrapped(
    value: PickleValue,
    notes: string[],
    depth = 0,
  ): { tensors: NamedTensor[]; entries: readonly CheckpointEntry[] } {
    const groups = (entriesOf(value) ?? []).map(([name, each]) => ({ name, each, tensors: this.#below(each, '') }));
    const holders = groups.filter(({ tensors }) => tensors.length > 0);
    const models = holders.filter(({ name, each }) => !TRAINING.test(name) && tensorOf(each) === undefined);
    const [model] = models;
    if (depth < DEEPEST && models.length === 1 && WRAPPER.test(model!.name)) {
      const others = holders.filter((holder) => holder !== model);
      if (others.length > 0)
        notes.push(`took '${model!.name}' of the checkpoint and left out ${listed(counts(others))}`);
      return this.unwrapped(model!.each, notes, depth + 1);
    }
    const named = models.filter(({ name }) => WRAPPER.test(name) || VARIANT.test(name));
    return { tensors: this.#below(value, ''), entries: named.length > 1 ? counts(named) : [] };
  }

  /** An entry by its name, wherever it lies; the one nearest to the top. */
  entry(root: PickleValue, wanted: string): PickleValue {
    let level = [{ path: '', value: root }];
    for (let depth = 0; level.length > 0 && depth < DEEPEST_ENTRY; depth++) {
      const next = level.flatMap(({ path, value }) =>
        (tensorOf(value) ? [] : (entriesOf(value) ?? [])).map(([name, each]) => ({
          path: path === '' ? name : `${path}.${name}`,
          name,
          value: each,
        })),
      );
      const found = next.find(({ path }) => path === wanted) ?? next.find(({ name }) => name === wanted);
      if (found) return found.value;
      level = next;
    }
    const groups = (entriesOf(root) ?? []).map(([name, each]) => ({ name, tensors: this.#below(each, '') }));
    const entries = counts(groups.filter(({ tensors }) => tensors.length > 0));
    throw new NetspecError(`the checkpoint has no entry '${wanted}'; it has ${listed(entries)}`, {
      hint: didYouMean(
        wanted,
        entries.map(({ name }) => name),
      ),
    });
  }

  #below(value: PickleValue, name: string, depth = 0): NamedTensor[] {
    this.#budget -= name.length + 1;
    if (this.#budget < 0) throw new NetspecError('the checkpoint repeats the same values again and again: refused');
    const tensor = tensorOf(value);
    if (tensor) return [{ name, tensor }];
    const entries = entriesOf(value);
    if (!entries) return [];
    if (depth > DEEPEST) throw new NetspecError(`the checkpoint nests its values more than ${DEEPEST} deep`);
    return entries.flatMap(([key, each]) => this.#below(each, name === '' ? key : `${name}.${key}`, depth + 1));
  }
}

/** What a container holds, by name; undefined for what is no container of tensors. */
function entriesOf(value: PickleValue): [string, PickleValue][] | undefined {
  if (value instanceof Map) return mapEntries(value);
  if (Array.isArray(value)) return value.map((each, i) => [String(i), each]);
  if (!(value instanceof PickleInstance)) return undefined;
  if (value.state instanceof Map) {
    const module = moduleEntries(value.state);
    if (module) return module;
    // TorchScript's modules have their parameters as plain attributes.
    if (value.of.module.startsWith('__torch__')) return mapEntries(value.state);
  }
  return mapEntries(value.entries);
}

/** The entries of an nn.Module's state dict, from the attributes that it was pickled with. */
function moduleEntries(state: ReadonlyMap<PickleValue, PickleValue>): [string, PickleValue][] | undefined {
  const parts = ['_parameters', '_buffers', '_modules'].map((part) => state.get(part));
  if (!parts.every((part) => part instanceof Map)) return undefined;
  const passing = state.get('_non_persistent_buffers_set');
  const left = new Set(Array.isArray(passing) ? passing : []);
  return (parts as Map<PickleValue, PickleValue>[]).flatMap((part, i) =>
    mapEntries(part).filter(([name]) => i !== 1 || !left.has(name)),
  );
}

function mapEntries(map: ReadonlyMap<PickleValue, PickleValue>): [string, PickleValue][] {
  return [...map].flatMap(([key, value]): [string, PickleValue][] =>
    typeof key === 'string' || typeof key === 'number' ? [[String(key), value]] : [],
  );
}

function counts(groups: readonly { name: string; tensors: readonly NamedTensor[] }[]): CheckpointEntry[] {
  return groups.map(({ name, tensors }) => ({ name, tensors: tensors.length }));
}

/** `'model' (7 tensors), 'ema' (1 tensor)` */
export function listed(entries: readonly CheckpointEntry[]): string {
  const shown = entries
    .slice(0, MOST_LISTED)
    .map(({ name, tensors }) => `'${name}' (${tensors} tensor${tensors === 1 ? '' : 's'})`);
  return shown.join(', ') + (entries.length > MOST_LISTED ? ` and ${entries.length - MOST_LISTED} more` : '');
}

/** A state dict itself has hundreds of entries. */
const MOST_LISTED = 12;
