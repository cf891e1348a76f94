/** Reshape, Transpose, Reshape of six axes: DepthToSpace or SpaceToDepth. */
import { Attributes } from '../graph/attributes.js';
import { reshapedTurn } from './match.js';
import type { Pattern } from './pattern.js';

export const pixelShuffle: Pattern = {
  name: 'pixel shuffle',
  doc: 'Reshape to six axes, Transpose, Reshape: DepthToSpace or SpaceToDepth',
  apply(context) {
    const turn = reshapedTurn(context);
    if (!turn) return;
    const { graph, node } = context;
    const { x, shape, inner, result } = turn;
    if (shape?.length !== 4 || inner?.length !== 6 || result?.length !== 4) return;
    const perm = turn.perm.join();
    const [n, c, h, w] = shape as [number, number, number, number];
    const is = (...dims: number[]): boolean => inner.join() === dims.join();
    const r = result[2]! / h;
    if (r > 1 && Number.isInteger(r) && result[3] === w * r && result[1]! * r * r === c) {
      if (is(n, c / (r * r), r, r, h, w) && perm === '0,1,4,2,5,3')
        graph.rewrite(node, {
          op: 'DepthToSpace',
          domain: '',
          opset: 13,
          inputs: [x],
          attributes: Attributes.of({ blocksize: r, mode: 'CRD' }),
        });
      else if (is(n, r, r, c / (r * r), h, w) && perm === '0,3,4,1,5,2')
        graph.rewrite(node, {
          op: 'DepthToSpace',
          domain: '',
          opset: 13,
          inputs: [x],
          attributes: Attributes.of({ blocksize: r }),
        });
    }
    const s = h / result[2]!;
    if (
      s > 1 &&
      Number.isInteger(s) &&
      w === result[3]! * s &&
      result[1] === c * s * s &&
      is(n, c, h / s, s, w / s, s) &&
      perm === '0,3,5,1,2,4'
    )
      graph.rewrite(node, {
        op: 'SpaceToDepth',
        domain: '',
        opset: 13,
        inputs: [x],
        attributes: Attributes.of({ blocksize: s }),
      });
  },
};
