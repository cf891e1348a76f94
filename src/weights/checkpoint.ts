/**
 * A PyTorch checkpoint's tensors by name: those of the state dict, wherever it lies in what was saved, or of a whole
 * module, under the names that its state_dict() has.
 */
import { NetspecError } from '../errors.js';
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
}

/** Entries of a training checkpoint under which programs keep the model, and under which they keep other tensors. */
const WRAPPER = /^(model|net|network|module|weights|params|(model_|net_)?(state_?dict|weights)|model_state)$/i;
const TRAINING =
  /^(.*_)?(optim|optimi[sz]ers?|sched|(lr_)?schedulers?|(grad_)?scalers?|amp|criterion|loss|rng)(_?states?)?(_?dicts?)?$|rng_state/i;

/** What DataParallel puts before every name. */
const PARALLEL = 'module.';

/** Deeper nesting than this is no model's. */
const DEEPEST = 100;

/**
 * The tensors of what was saved. A training checkpoint's model is taken without the name of the entry that it lies under;
 * optimizers and the like are left out. When several entries may be the model, all are taken, each under its name.
 * @param bytes length of the pickle, which bounds what it may expand to
 * @throws NetspecError when there are no tensors, or more names than the pickle can have been meant for
 */
export function checkpointTensors(root: PickleValue, bytes: number): CheckpointTensors {
  const collector = new Collector(bytes);
  const notes: string[] = [];
  const tensors = collector.unwrapped(root, notes);
  if (tensors.length === 0) throw new NetspecError('the checkpoint has no tensors');
  if (!tensors.every(({ name }) => name.startsWith(PARALLEL))) return { tensors, notes };
  return { tensors: tensors.map(({ name, tensor }) => ({ name: name.slice(PARALLEL.length), tensor })), notes };
}

class Collector {
  /** Characters of names that may still be made: values that are shared by many parents multiply. */
  #budget: number;

  constructor(bytes: number) {
    this.#budget = 2 ** 20 + 16 * bytes;
  }

  /** The tensors below `value`, looked for in the one entry that is the model when it is a training checkpoint. */
  unwrapped(value: PickleValue, notes: string[], depth = 0): NamedTensor[] {
    const entries = entriesOf(value);
    const groups = (entries ?? []).map(([name, each]) => ({ name, each, tensors: this.#below(each, '') }));
    const holders = groups.filter(({ tensors }) => tensors.length > 0);
    const models = holders.filter(({ name, each }) => !TRAINING.test(name) && tensorOf(each) === undefined);
    const [model] = models;
    if (depth < DEEPEST && models.length === 1 && WRAPPER.test(model!.name)) {
      const others = holders.filter((holder) => holder !== model);
      if (others.length > 0) {
        const list = others.map(({ name, tensors }) => `'${name}' (${counted(tensors.length)})`);
        notes.push(`took '${model!.name}' of the checkpoint and left out ${list.join(', ')}`);
      }
      return this.unwrapped(model!.each, notes, depth + 1);
    }
    return this.#below(value, '');
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

function counted(tensors: number): string {
  return `${tensors} tensor${tensors === 1 ? '' : 's'}`;
}
