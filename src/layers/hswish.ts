/** HSwish: each element times a gate that rises from 0 at -3 to 1 at 3. */
import type { LayerFacts } from './facts.js';
import { HardSwishLayer } from './hard-swish.js';

/**
 * Each element times a gate that rises from 0 at -3 to 1 at 3.
 *
 * @formula y = x · min(max(x + 3, 0), 6) / 6
 * @bottoms x, any shape
 * @tops y, the shape of x; may be x
 * @source hswish_layer.cpp of aovoc/caffe
 */
export class HSwishLayer extends HardSwishLayer {
  static override readonly facts: LayerFacts = { ...HardSwishLayer.facts, type: 'HSwish', origin: 'aovoc' };
}
