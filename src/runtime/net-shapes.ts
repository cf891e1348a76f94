/** netShapes: the shapes of a net's blobs and parameters, without a Net: nothing is compiled, no memory is taken. */
import { MESSAGE, OPTIONS, SCHEMA, checkArguments } from '../arguments.js';
import { ShapesArena } from '../engine/shapes-arena.js';
import type { NetParameter } from '../generated/messages.js';
import { buildGraph, explainUnknownBottom } from './graph.js';
import { dialectOf } from '../layers/dialect.js';
import { insertSplits } from './insert-splits.js';
import { SteppedOverLayer } from './step-over.js';
import { NetMemory } from './net-memory.js';
import { withState, type NetOptions } from './net-options.js';
import { filterNet } from './state-filter.js';

/** Which layers a net has, and what is known of those that are not run here. */
export type StateOptions = Pick<NetOptions, 'phase' | 'level' | 'stages' | 'stepOver' | 'blobShapes'>;

/** The shapes of a net; see {@link netShapes}. */
export interface NetShapes {
  /** Shapes of each layer's parameter blobs, by the layer's name; only layers that have some. */
  readonly params: ReadonlyMap<string, readonly (readonly number[])[]>;
  /** Shapes of the blobs by name. With `stepOver: 'open'`, those that are not known are not there. */
  readonly blobs: ReadonlyMap<string, readonly number[]>;
  /** With `stepOver`, the layers that are not run here, and the blobs whose shapes were assumed: see {@link NetOptions.stepOver}. */
  readonly steppedOver: readonly {
    readonly name: string;
    readonly type: string;
    readonly assumed: readonly string[];
  }[];
}

/**
 * The shapes that a net has in a state.
 * @param net in today's format
 * @throws NetspecError for whatever Caffe refuses, as Net.load does
 * @example
 * const { blobs, params } = netShapes(parsePrototxt(await readText('net.prototxt')));
 * blobs.get('pool1'); // → [1, 4, 4, 4]
 * params.get('fc'); // → [[5, 64], [5]]
 */
export function netShapes(net: NetParameter, options: StateOptions & Pick<NetOptions, 'schema'> = {}): NetShapes {
  checkArguments('netShapes()', { net: [net, MESSAGE], options: [options, OPTIONS] });
  checkArguments('netShapes()', { schema: [options.schema, SCHEMA] });
  const whole = withState(net, options);
  const filtered = filterNet(whole);
  const param = insertSplits(filtered, (...place) => explainUnknownBottom(place, filtered, whole));
  const memory = new NetMemory(new ShapesArena());
  try {
    const { layers, blobs, blobNames, assumed, unshaped } = buildGraph(param, memory, {
      algorithm: 'gemm',
      seed: 0,
      shapesOnly: true,
      schema: options.schema?.name ?? dialectOf(filtered.layer ?? []),
      stepOver: options.stepOver,
      blobShapes: options.blobShapes,
    });
    return {
      params: new Map(
        layers.flatMap(({ name, blobs: own }) => (own.length > 0 ? [[name, own.map(({ shape }) => [...shape])]] : [])),
      ),
      blobs: new Map(blobs.flatMap(({ shape }, id) => (unshaped.has(id) ? [] : [[blobNames[id]!, [...shape]]]))),
      steppedOver: layers.flatMap((layer) => {
        if (!(layer instanceof SteppedOverLayer)) return [];
        const { name, type, param } = layer;
        return [{ name, type, assumed: (param.top ?? []).filter((top) => assumed.has(top)) }];
      }),
    };
  } finally {
    memory.dispose();
  }
}
