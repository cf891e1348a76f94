/**
 * workbench: runs one layer alone, on given values: the experiment that every hypothesis is put to. A whole Net for each
 * would cost many times the layer itself.
 */
import { NetspecError } from '../errors.js';
import { Phase, type LayerParameter } from '../generated/messages.js';
import type { LayerClass, LayerContext } from '../layers/layer.js';
import { setUpLayer } from '../layers/shared/set-up.js';
import { Blob } from '../engine/blob.js';
import { checkFiller, fillArray } from '../engine/fillers.js';
import { seededRandom } from '../engine/random.js';
import { createArena, type WasmArena } from '../engine/wasm-arena.js';
import type { FloatTensor } from './tensors.js';

export interface LayerRun {
  /** The layer as the prototxt has it. A top that bears a bottom's name is that bottom. */
  param: LayerParameter;
  /** What runs it. */
  cls: LayerClass;
  /** Its parameters; undefined to have its fillers make them. */
  blobs?: readonly FloatTensor[];
  bottoms: readonly FloatTensor[];
}

export class Workbench {
  /** Use {@link Workbench.open}. */
  private constructor(
    private readonly arena: WasmArena,
    private readonly algorithm: 'auto' | 'gemm',
    private readonly phase: Phase,
  ) {}

  static async open(algorithm: 'auto' | 'gemm', phase: 'TEST' | 'TRAIN'): Promise<Workbench> {
    return new Workbench(await createArena(), algorithm, Phase[phase]);
  }

  /**
   * The tops of a layer.
   * @throws NetspecError when the layer refuses its settings, parameters or bottoms.
   */
  run({ param, cls, blobs, bottoms }: LayerRun): FloatTensor[] {
    const used: Blob[] = [];
    const createBlob = (shape?: readonly number[]): Blob => {
      const blob = new Blob(this.arena, shape);
      used.push(blob);
      return blob;
    };
    let scratch: { ptr: number; bytes: number } | undefined;
    const context = this.#contextOf(param, createBlob, (bytes) => {
      if (!scratch || scratch.bytes < bytes) {
        if (scratch) this.arena.free(scratch.ptr, scratch.bytes);
        scratch = { ptr: this.arena.allocate(bytes), bytes };
      }
      return scratch.ptr;
    });
    try {
      const bottom = bottoms.map(({ shape }) => createBlob(shape));
      const top = (param.top ?? []).map((name) => bottom[(param.bottom ?? []).indexOf(name)] ?? createBlob());
      const layer = new cls(param, context);
      setUpLayer(layer, bottom, top);
      if (top.some(({ count }) => count === 0)) throw new NetspecError('a top has no elements');
      layer.blobs.forEach((blob, i) => {
        if (blobs) fill(blob, blobs[i]);
      });
      bottom.forEach((blob, i) => {
        fill(blob, bottoms[i]);
      });
      layer.forward(bottom, top);
      return top.map((blob) => ({ shape: blob.shape, data: blob.data.slice() }));
    } finally {
      for (const blob of used) blob.release();
      if (scratch) this.arena.free(scratch.ptr, scratch.bytes);
    }
  }

  dispose(): void {
    this.arena.dispose();
  }

  #contextOf(
    { name = '' }: LayerParameter,
    createBlob: LayerContext['createBlob'],
    scratch: LayerContext['scratch'],
  ): LayerContext {
    const random = seededRandom(0, name);
    return {
      phase: this.phase,
      arena: this.arena,
      algorithm: this.algorithm,
      createBlob,
      createParam: (shape, filler) => {
        checkFiller(shape, filler);
        const blob = createBlob(shape);
        blob.setInitializer((data) => {
          fillArray(data, shape, filler, random);
        });
        return blob;
      },
      fill: (blob, filler) => {
        checkFiller(blob.shape, filler);
        fillArray(blob.data, blob.shape, filler, random);
      },
      random,
      scratch,
    };
  }
}

function fill(blob: Blob, values: FloatTensor | undefined): void {
  if (values?.data.length !== blob.count)
    throw new NetspecError(`a blob of ${blob.count} values cannot take ${values?.data.length ?? 0}`);
  blob.overwrite().set(values.data);
}
