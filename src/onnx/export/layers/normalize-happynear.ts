/** Normalize of happynear: Div by the L2 or L1 norm of the channels. */
import { NormalizeHappynearLayer } from '../../../layers/normalize-happynear.js';
import { settingsOf } from '../../../layers/shared/fork-settings.js';
import type { LayerExport } from '../layer-export.js';

const EPS = 1e-6;

export const normalizeHappynear: LayerExport = {
  layers: [NormalizeHappynearLayer],
  becomes: 'Div by the L2 or L1 norm of the channels',
  emit: ({ ops, param, bottoms: [bottom], topShapes }) => {
    const { normalize_type: type = 'L2' } = settingsOf<{ normalize_type: string }>(param, 'normalize_param');
    const x = ops.reshape(bottom!, topShapes[0]!);
    const norm =
      type === 'L2'
        ? ops.unary('Sqrt', ops.add(ops.reduce('ReduceSumSquare', x, [1]), EPS))
        : ops.add(ops.reduce('ReduceL1', x, [1]), EPS);
    return [ops.div(x, norm), ...(topShapes.length > 1 ? [norm] : [])];
  },
};
