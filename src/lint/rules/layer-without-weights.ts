/** layer-without-weights: layers that would run with their fillers' values. */
import type { Rule } from '../rule.js';

export const layerWithoutWeights: Rule = {
  name: 'layer-without-weights',
  severity: 'error',
  doc: 'layers with parameters that the caffemodel has no weights for',
  needsWeights: true,
  check: ({ weights, layers, shapes }) => {
    if (!weights || !shapes) return [];
    const stored = new Set(weights.layers.filter((each) => each.shapes.length > 0).map(({ name }) => name));
    const folded = new Set([...stored].map((name) => name.toLowerCase()));
    const shared = new Set<string>();
    for (const layer of layers)
      if (stored.has(layer.name ?? '')) for (const { name } of layer.param ?? []) if (name) shared.add(name);
    return (
      layers
        .filter(({ name = '' }) => shapes.params.has(name) && !stored.has(name) && !folded.has(name.toLowerCase()))
        // Weights that it shares come from the layer that owns them; those of a kernel that only upsamples are computed.
        .filter((layer) => !(layer.param ?? []).some(({ name }) => name !== undefined && shared.has(name)))
        .filter((layer) => layer.convolution_param?.weight_filler?.type !== 'bilinear')
        .map((layer) => ({
          layer,
          message: `${weights.name} has no weights for it: Caffe runs it with its fillers' values silently.`,
        }))
    );
  },
};
