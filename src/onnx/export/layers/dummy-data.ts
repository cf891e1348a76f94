/** DummyData: what its fillers make, where that is the same in each pass. */
import { DummyDataLayer } from '../../../layers/dummy-data.js';
import { Refusal } from '../../graph/attributes.js';
import type { LayerExport } from '../layer-export.js';

export const dummyData: LayerExport = {
  layers: [DummyDataLayer],
  becomes: 'a constant, where its fillers make the same in each pass',
  emit: async ({ ops, param, run, topShapes }) => {
    const fillers = param.dummy_data_param?.data_filler ?? [];
    if (fillers.some(({ type = 'constant' }) => type !== 'constant'))
      throw new Refusal('it fills its tops with new random numbers in each pass', 'make it an Input layer');
    const values = await run();
    return values.map((data, i) => {
      const first = data[0] ?? 0;
      return data.length > 1 ? ops.expand(ops.scalar(first), topShapes[i]!) : ops.floats(data, topShapes[i]);
    });
  },
};
