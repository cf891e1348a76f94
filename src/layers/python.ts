/** Python: runs a class written in Python. Not run here. */
import type { LayerParameter } from '../generated/messages.js';
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer } from './shared/unsupported-layer.js';

/**
 * Runs a class that is written in Python.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms any
 * @tops any
 * @source Caffe's python_layer.hpp
 */
export class PythonLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'Python',
    origin: 'BVLC',
    family: 'other',
    doc: "A layer written in Python; only Caffe's own pycaffe runs it.",
    bottoms: ['...bottoms'],
    tops: ['...tops'],
    params: ['python_param'],
    unsupported: {
      purpose: 'run a Python class',
      instead: () => 'write the layer in TypeScript and register it with registerLayer(), or cut the net before it',
      shapes: shapesOf,
    },
  };
}

/** The proposal layer of py-faster-rcnn gives its tops these shapes until it has run. */
function shapesOf({ python_param }: LayerParameter): number[][] | undefined {
  const { module = '', layer } = python_param ?? {};
  const isProposal = layer === 'ProposalLayer' && /(^|\.)proposal_layer$/.test(module);
  return isProposal
    ? [
        [1, 5],
        [1, 1, 1, 1],
      ]
    : undefined;
}
