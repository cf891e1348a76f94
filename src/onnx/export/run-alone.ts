/** Runs one layer of a net by itself, for what does not depend on values: default boxes, fillers. */
import { fillArray } from '../../engine/fillers.js';
import { seededRandom } from '../../engine/random.js';
import { createArena } from '../../engine/wasm-arena.js';
import type { Layer, LayerClass, LayerContext } from '../../layers/layer.js';
import type { Phase } from '../../generated/messages.js';
import { NetMemory } from '../../runtime/net-memory.js';

interface Alone {
  readonly layer: Layer;
  readonly phase: Phase;
  readonly bottoms: readonly (readonly number[])[];
  readonly tops: number;
}

/** The values of the tops, for bottoms of the given shapes whose values are 0. */
export async function runAlone(alone: Alone): Promise<Float32Array[]> {
  return withCopy(alone, (layer, bottoms, tops) => {
    layer.forward(bottoms, tops);
    return tops.map((top) => top.peek().slice());
  });
}

/** What the filler makes of the layer's parameter blob: that of a net which is loaded without weights. */
export async function fillerValues(alone: Alone, blob: number): Promise<Float32Array> {
  return withCopy(alone, (layer) => layer.blobs[blob]!.peek().slice());
}

async function withCopy<T>(
  { layer, phase, bottoms, tops }: Alone,
  use: (layer: Layer, bottoms: ReturnType<NetMemory['createBlob']>[], tops: ReturnType<NetMemory['createBlob']>[]) => T,
): Promise<T> {
  const memory = new NetMemory(await createArena({ threads: 1 }));
  try {
    const made = bottoms.map((shape) => memory.createBlob(shape));
    const results = Array.from({ length: tops }, () => memory.createBlob());
    const copy = new (layer.constructor as LayerClass)(layer.param, contextOf(memory, layer, phase));
    copy.setUp(made, results);
    copy.reshape(made, results);
    return use(copy, made, results);
  } finally {
    memory.dispose();
  }
}

function contextOf(memory: NetMemory, { name }: Layer, phase: Phase): LayerContext {
  let params = 0;
  const random = seededRandom(0, name);
  return {
    phase,
    arena: memory.arena,
    algorithm: 'gemm',
    createBlob: (shape) => memory.createBlob(shape),
    createParam: (shape, filler) => {
      const blob = memory.createBlob(shape);
      const index = params++;
      blob.setInitializer((data) => {
        fillArray(data, shape, filler, seededRandom(0, name, index));
      });
      return blob;
    },
    fill: (blob, filler) => {
      fillArray(blob.data, blob.shape, filler, random);
    },
    random,
    scratch: (bytes) => memory.scratch(bytes),
  };
}
