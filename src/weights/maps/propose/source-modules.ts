/** The modules of a model, as the names of its tensors show them: weight and bias, or a normalization's vectors. */
import { NameIndex } from '../../name-index.js';
import type { WeightSource } from '../../source.js';
import { compareNaturally } from './names.js';
import type { Role, SourceModule, SourceTensor } from './source-module.js';
import { joinPairs } from './source-pairs.js';

const WORDS: readonly (readonly [RegExp, Role])[] = [
  [/^num_batches_tracked$/, 'counter'],
  [/^(weights?|kernel|w|(depthwise|pointwise)_kernel|alpha|embeddings)$/, 'weight'],
  [/^(bias(es)?|b)$/, 'bias'],
  [/^gamma$/, 'scale'],
  [/^beta$/, 'shift'],
  [/^((running|moving)_)?mean$/, 'mean'],
  [/^((running|moving)_)?var(iance)?$/, 'variance'],
];
const NAME =
  /^(?:(.*?)[._/])?(num_batches_tracked|(?:running|moving)_(?:mean|var(?:iance)?)|weights?|(?:(?:depthwise|pointwise|recurrent)_)?kernel|bias(?:es)?|gamma|beta|mean|var(?:iance)?)(:0)?$/;
/** Of PyTorch's recurrent modules: which tensor, of which layer of a stack, in which direction. */
const RECURRENT = /^(?:(.*)[._/])?((?:weight|bias)_(?:ih|hh|hr))(?:_(l\d+))?(_reverse)?$/;

/** Groups the tensors of a source into modules, in order. */
export function sourceModules(source: WeightSource): SourceModule[] {
  const tensors = source.list();
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
  const modules = [...groups].flatMap(([name, members]) => modulesOf(name, members));
  const sorted = tensors.every(({ name }, i) => i === 0 || tensors[i - 1]!.name < name);
  if (sorted) modules.sort((a, b) => compareNaturally(a.name, b.name));
  modules.forEach((module, i) => (module.order = i));
  return joinPairs(modules, source.net);
}

function split(name: string): { module: string; word: string; role: Role } {
  const recurrent = RECURRENT.exec(name);
  if (recurrent) {
    const [, owner = '', word = '', layer = 'l0', reverse = ''] = recurrent;
    // The first layer's forward direction goes by the module's own name.
    const place = (layer === 'l0' ? '' : `_${layer}`) + reverse;
    return { module: owner + place, word, role: 'recurrent' };
  }
  const found = NAME.exec(name);
  if (found) {
    const word = found[2]!;
    const role = WORDS.find(([pattern]) => pattern.test(word))?.[1] ?? 'recurrent';
    return { module: found[1] ?? '', word: word + (found[3] ?? ''), role };
  }
  const at = Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'));
  const word = name.slice(at + 1);
  const role = WORDS.find(([pattern]) => at >= 0 && pattern.test(word.replace(/:0$/, '')))?.[1] ?? 'other';
  return { module: at < 0 ? name : name.slice(0, at), word: at < 0 ? '' : word, role };
}

/** One module; two for a separable convolution, which is two layers of Caffe. */
function modulesOf(name: string, members: readonly SourceTensor[]): SourceModule[] {
  const [depthwise, pointwise] = ['depthwise_kernel', 'pointwise_kernel'].map((word) =>
    members.find((tensor) => tensor.word.startsWith(word)),
  );
  if (!depthwise || !pointwise) return [moduleOf(name, members)];
  const others = members.filter((tensor) => tensor !== depthwise);
  return [moduleOf(`${name}/depthwise_kernel`, [depthwise]), moduleOf(name, others)];
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
