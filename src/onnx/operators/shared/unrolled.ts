/** Recurrences that BVLC's Caffe has no layer for, step by step: every step has its own layers, which share weights. */
import type { Blob } from '../../emit/builder.js';
import { weights } from '../../emit/builder.js';
import type { EmitContext } from '../../emit/emit-context.js';
import { reshape, slice } from './layers.js';
import type { DirectionBlobs, Sizes } from './recurrent.js';
import { initialState } from './recurrent.js';

/** W x + b of every step, each (batch, gates · hidden). */
export function inputParts(
  c: EmitContext,
  x: Blob,
  sizes: Sizes,
  rows: number,
  w: Float64Array,
  b: Float64Array,
): Blob[] {
  const { steps, batch, inputs } = sizes;
  const flat = reshape(c, x, [steps * batch, inputs]);
  const all = c.layer('InnerProduct', [flat], { num_output: rows }, [steps * batch, rows], {
    blobs: [weights([rows, inputs], w), weights([rows], b)],
    role: 'input',
  });
  const points = Array.from({ length: steps - 1 }, (_, t) => (t + 1) * batch);
  return slice(c, all, 0, points, 'steps');
}

/** R h of one step; all steps share the weights under `key`. */
export function stateProduct(
  c: EmitContext,
  h: Blob,
  key: string,
  rows: number,
  r: Float64Array,
  b: Float64Array | undefined,
): Blob {
  const [batch, hidden] = h.shape as [number, number];
  return c.layer(
    'InnerProduct',
    [h],
    {
      num_output: rows,
      ...(!b && { bias_term: false }),
      param: [{ name: `${key}_weight` }, ...(b ? [{ name: `${key}_bias` }] : [])],
    },
    [batch, rows],
    { blobs: [weights([rows, hidden], r), ...(b ? [weights([rows], b)] : [])], role: 'state' },
  );
}

/** Runs all steps from the initial state on. */
export function unroll(
  c: EmitContext,
  direction: number,
  sizes: Sizes,
  parts: readonly Blob[],
  step: (part: Blob, h: Blob) => Blob,
): DirectionBlobs {
  const { batch, hidden, steps } = sizes;
  c.heavy(`a recurrence of ${steps} steps, each of its own layers`, steps <= 8);
  const given = initialState(c, 5, direction, sizes);
  let h = given
    ? reshape(c, given, [batch, hidden])
    : c.layer('DummyData', [], { shape: { dim: [batch, hidden] } }, [batch, hidden], { role: 'initial' });
  const states: Blob[] = [];
  for (const part of parts) {
    h = step(part, h);
    states.push(h);
  }
  const rows = states.map((state) => reshape(c, state, [1, batch, hidden]));
  const all =
    rows.length === 1 ? rows[0]! : c.layer('Concat', rows, { axis: 0 }, [steps, batch, hidden], { role: 'sequence' });
  return { all, last: [h] };
}
