/** Parameters of a caffemodel that are equal: nets that unroll a loop have the same weights many times. */
import type { CaffemodelReader } from '../../proto/caffemodel-reader.js';

/** Where a parameter stands in a file. */
export interface Place {
  readonly layer: number;
  readonly blob: number;
}

/** Smaller ones are not worth a look. */
const LEAST_VALUES = 1024;
/** Values by which parameters are told apart before they are compared whole. */
const HEAD_VALUES = 64;

/**
 * For each place the first one with the same shape and the same values, bit for bit. Values are read piece by piece, those of blobs
 * without a namesake in shape not at all.
 */
export async function firstOfEqual(reader: CaffemodelReader, places: Iterable<Place>): Promise<Map<Place, Place>> {
  const byShape = new Map<string, Place[]>();
  for (const place of places) {
    const { shape, count } = reader.layers[place.layer]!.blobs[place.blob]!;
    const key = count < LEAST_VALUES ? `${place.layer} ${place.blob} alone` : shape.join('x');
    byShape.set(key, [...(byShape.get(key) ?? []), place]);
  }
  const first = new Map<Place, Place>();
  for (const group of byShape.values()) {
    if (group.length === 1) {
      first.set(group[0]!, group[0]!);
      continue;
    }
    const byHead = new Map<string, Place[]>();
    for (const place of group) {
      const head = await headOf(reader, place);
      const candidates = byHead.get(head) ?? [];
      byHead.set(head, candidates);
      let same: Place | undefined;
      for (const candidate of candidates)
        if (same === undefined && (await areEqual(reader, candidate, place))) same = candidate;
      if (!same) candidates.push(place);
      first.set(place, same ?? place);
    }
  }
  return first;
}

async function headOf(reader: CaffemodelReader, { layer, blob }: Place): Promise<string> {
  for await (const piece of reader.readPieces(layer, blob)) return bitsOf(piece.subarray(0, HEAD_VALUES)).join();
  return '';
}

async function areEqual(reader: CaffemodelReader, a: Place, b: Place): Promise<boolean> {
  const others = reader.readPieces(b.layer, b.blob);
  try {
    for await (const piece of reader.readPieces(a.layer, a.blob)) {
      const { value: other } = await others.next();
      if (other?.length !== piece.length) return false;
      const [x, y] = [bitsOf(piece), bitsOf(other)];
      for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return false;
    }
    return true;
  } finally {
    await others.return();
  }
}

/** As bits: a NaN equals itself, 0 and -0 differ. */
function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}
