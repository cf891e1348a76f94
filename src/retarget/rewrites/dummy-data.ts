/** dummy-data: DummyData in the place of an input, which pycaffe writes values into → an Input layer. */
import type { LayerParameter } from '../../generated/messages.js';
import { asInput, inputsByDummyData, isConstant } from '../../lint/rules/dummy-data-input.js';
import { isRefused, type Rewrite } from '../rewrite.js';

/** Any layer with bottoms: while a net is rewritten, the layers themselves do not hold them. */
const READER: LayerParameter = { bottom: [''] };

export const dummyData: Rewrite = {
  name: 'dummy-data',
  doc: 'Input in the place of DummyData where the net has no other input; a random filler would overwrite what is fed, and stays',
  apply: (marked, { net }) => {
    const { step } = marked;
    if (!isRefused(marked) || step.layer.type !== 'DummyData') return false;
    const layers = net.steps.map(({ layer, bottoms }) => (bottoms.length === 0 ? layer : READER));
    const inputs = inputsByDummyData(layers).filter(isConstant);
    if (!inputs.includes(step.layer)) return false;
    // All at once: beside an Input layer, the next would be a constant.
    for (const each of net.steps) if (inputs.includes(each.layer)) each.layer = asInput(each.layer);
    return true;
  },
};
