/** dummy-data-input: DummyData in the place of an input. */
import type { LayerParameter } from '../../generated/messages.js';
import { derive } from '../../proto/derive.js';
import type { Rule } from '../rule.js';

export const dummyDataInput: Rule = {
  name: 'dummy-data-input',
  severity: 'error',
  doc: 'a DummyData layer in the place of an input',
  check: ({ layers }) =>
    inputsByDummyData(layers).map((layer) => ({
      layer,
      message: isConstant(layer)
        ? 'It is no input: the net has none, so what feeds the inputs of a net finds nothing to feed.'
        : 'Each forward pass fills the blob anew, so nothing can be fed, and the net has no inputs.',
      edit: { title: 'make it an Input layer', isExact: true, before: [layer], after: [asInput(layer)] },
    })),
};

/** Whether a layer brings values into the net. */
const isSource = ({ type, bottom = [] }: LayerParameter): boolean => bottom.length === 0 && type !== 'Parameter';

/** The DummyData layers that stand where inputs should. Where values are fed or read, such a layer is a constant, which it is good for. */
export function inputsByDummyData(layers: readonly LayerParameter[]): readonly LayerParameter[] {
  if (layers.some((layer) => layer.type !== 'DummyData' && isSource(layer))) return [];
  return layers.filter(({ type }) => type === 'DummyData');
}

/** Whether Caffe fills its blobs once, as it builds the net: pycaffe can then write values into them, and they stay. */
export function isConstant({ dummy_data_param }: LayerParameter): boolean {
  return (dummy_data_param?.data_filler ?? []).every(({ type = 'constant' }) => type === 'constant');
}

/** The layer as an Input layer of the same shapes. */
export function asInput(layer: LayerParameter): LayerParameter {
  const { shape, num = [], channels = [], height = [], width = [] } = layer.dummy_data_param ?? {};
  const shapes = shape ?? num.map((n, i) => ({ dim: [n, channels[i] ?? 1, height[i] ?? 1, width[i] ?? 1] }));
  const input = derive(layer, { type: 'Input', input_param: { shape: [...shapes] } });
  delete input.dummy_data_param;
  return input;
}
