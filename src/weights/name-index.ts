/**
 * NameIndex: finds a source's tensors by name when one side writes `conv1.weight` and the other `conv1_weight`.
 */
import { nearest } from '../errors.js';
import type { TensorInfo } from './source.js';

/** Prefixes that wrappers put before every name: DataParallel's `module.`, checkpoints' and detectors' `model.`. */
const WRAPPERS = ['module_', 'model_'];

/** A name with dots and slashes as underscores, without TensorFlow's `:0`: what all spellings of it have in common. */
export function canonicalName(name: string): string {
  return name.replace(/[./\\]/g, '_').replace(/:0$/, '');
}

/** The tensors of a source by canonical name; prefixes that all of them share with a wrapper are taken off. */
export class NameIndex {
  readonly #byName = new Map<string, TensorInfo[]>();
  /** What was taken off every name, as it is in the source: `module.`, or nothing. */
  readonly prefix: string;

  constructor(tensors: readonly TensorInfo[]) {
    let names = tensors.map(({ name }) => canonicalName(name));
    let cut = 0;
    for (let wrapper; (wrapper = WRAPPERS.find((prefix) => names.every((name) => name.startsWith(prefix))));) {
      if (names.length === 0) break;
      const { length } = wrapper;
      names = names.map((name) => name.slice(length));
      cut += length;
    }
    this.prefix = tensors[0]?.name.slice(0, cut) ?? '';
    tensors.forEach((tensor, i) => {
      const same = this.#byName.get(names[i]!);
      if (same) same.push(tensor);
      else this.#byName.set(names[i]!, [tensor]);
    });
  }

  /** All tensors that go by this name; more than one when a source holds both spellings. */
  find(name: string): readonly TensorInfo[] {
    const canonical = canonicalName(name);
    // A net may bear the wrapper's prefix itself, as that of a detector whose modules are all in `model`.
    const prefix = canonicalName(this.prefix);
    const bare = canonical.startsWith(prefix) ? canonical.slice(prefix.length) : canonical;
    return this.#byName.get(canonical) ?? this.#byName.get(bare) ?? [];
  }

  /** The source's own spelling of the name that is nearest to one that was not found. */
  nearest(name: string): string | undefined {
    const canonical = nearest(canonicalName(name), this.#byName.keys());
    return canonical === undefined ? undefined : this.#byName.get(canonical)![0]!.name;
  }
}
