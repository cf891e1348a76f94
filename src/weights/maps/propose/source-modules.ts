/** The modules of a model, as the names of its tensors show them: weight and bias, or a normalization's vectors. */
import { NameIndex } from '../../name-index.js';
import type { TensorInfo } from '../../source.js';
import { compareNaturally } from './names.js';

/** What a tensor is to its module. */
export type Role = 'weight' | 'bias' | 'scale' | 'shift' | 'mean' | 'variance' | 'counter' | 'other';

/** Tensors that belong together. */
export interface SourceModule {
  /** Without the prefix that wrappers put before every name. */
  readonly name: string;
  /** Position among the modules, in the source's order; natural order where the source is sorted by name. */
  order: number;
  readonly tensors: readonly SourceTensor[];
  readonly isNorm: boolean;
}

export interface SourceTensor {
  readonly info: TensorInfo;
  readonly role: Role;
  /** The last part of its name: `weight`. */
  readonly word: string;
  /** The whole name without the wrappers' prefix. */
  readonly name: string;
}

const WORDS: readonly (readonly [RegExp, Role])[] = [
  [/^num_batches_tracked$/, 'counter'],
  [/^(weights?|kernel|w)$/, 'weight'],
  [/^(bias(es)?|b)$/, 'bias'],
  [/^gamma$/, 'scale'],
  [/^beta$/, 'shift'],
  [/^((running|moving)_)?mean$/, 'mean'],
  [/^((running|moving)_)?var(iance)?$/, 'variance'],
];
const NAME =
  /^(?:(.*?)[._/])?(num_batches_tracked|(?:running|moving)_(?:mean|var(?:iance)?)|weights?|kernel|bias(?:es)?|gamma|beta|mean|var(?:iance)?)(:0)?$/;

/** Groups the tensors of a source into modules, in order. */
export function sourceModules(tensors: readonly TensorInfo[]): SourceModule[] {
  const { prefix } = new NameIndex(tensors);
  const groups = new Map<string, SourceTensor[]>();
  for (const info of tensors) {
    const name = info.name.slice(prefix.length);
    const { module, word, role } = split(name);
    const group = groups.get(module);
    const tensor = { info, role, word, name };
    if (group) group.push(tensor);
    else groups.set(module, [tensor]);
  }
  const modules = [...groups].map(([name, members]) => moduleOf(name, members));
  const sorted = tensors.every(({ name }, i) => i === 0 || tensors[i - 1]!.name < name);
  if (sorted) modules.sort((a, b) => compareNaturally(a.name, b.name));
  modules.forEach((module, i) => (module.order = i));
  return modules;
}

function split(name: string): { module: string; word: string; role: Role } {
  const found = NAME.exec(name);
  if (found) {
    const word = found[2]!;
    const role = WORDS.find(([pattern]) => pattern.test(word))![1];
    return { module: found[1] ?? '', word: word + (found[3] ?? ''), role };
  }
  const at = Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'));
  const word = name.slice(at + 1);
  const role = WORDS.find(([pattern]) => at >= 0 && pattern.test(word))?.[1] ?? 'other';
  return { module: at < 0 ? name : name.slice(0, at), word: at < 0 ? '' : word, role };
}

function moduleOf(name: string, members: readonly SourceTensor[]): SourceModule {
  const has = (role: Role) => members.some((tensor) => tensor.role === role);
  const weight = members.find(({ role }) => role === 'weight');
  const isNorm = has('mean') || has('scale') || (has('bias') && weight?.info.shape.length === 1);
  if (!isNorm) return { name, order: 0, tensors: members, isNorm };
  // A normalization's weight and bias are its scale and shift.
  const role = (given: Role): Role => (given === 'weight' ? 'scale' : given === 'bias' ? 'shift' : given);
  return { name, order: 0, tensors: members.map((tensor) => ({ ...tensor, role: role(tensor.role) })), isNorm };
}

/** A module's tensor of a role. */
export function tensorOf(module: SourceModule, role: Role): SourceTensor | undefined {
  return module.tensors.find((tensor) => tensor.role === role);
}
