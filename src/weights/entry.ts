/** The tensors of a source whose names begin with an entry's: one of several models that a file holds side by side. */
import { NetspecError, didYouMean } from '../errors.js';
import type { TensorInfo, WeightSource } from './source.js';

/**
 * The part of a source under a name, without it: of `ema.conv1.weight` the entry `ema` has `conv1.weight`.
 * @throws NetspecError when no tensor is called so
 */
export function entryOf(source: WeightSource, entry: string): WeightSource {
  const all = source.list();
  const prefixes = ['.', '/', '_'].map((separator) => entry + separator);
  const prefix = prefixes.find((each) => all.some(({ name }) => name.startsWith(each)));
  if (prefix === undefined) {
    const names = [...new Set(all.map(({ name }) => name.split(/[./]/)[0]!))];
    throw new NetspecError(`no tensor's name begins with '${entry}.'`, {
      file: source.description,
      hint: didYouMean(entry, names) ?? `names begin with ${names.slice(0, 8).join(', ')}`,
    });
  }
  const own = all.flatMap((info): TensorInfo[] =>
    info.name.startsWith(prefix) ? [{ ...info, name: info.name.slice(prefix.length) }] : [],
  );
  return {
    description: source.description,
    notes: [...(source.notes ?? []), `took the ${own.length} tensors of '${entry}' of ${all.length}`],
    list: () => own,
    read: (name) => source.read(prefix + name),
    pieces: (name) => source.pieces?.(prefix + name),
    stored: (name) => source.stored?.(prefix + name),
    close: () => source.close(),
  };
}
