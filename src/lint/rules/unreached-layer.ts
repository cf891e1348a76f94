/** unreached-layer: layers that no input reaches, and inputs that nothing reads. */
import type { LayerParameter } from '../../generated/messages.js';
import type { Rule } from '../rule.js';

export const unreachedLayer: Rule = {
  name: 'unreached-layer',
  severity: 'warning',
  doc: 'layers that no input reaches, and inputs that no layer reads',
  check: (net) => {
    const { layers, flow } = net;
    const inputs = layers.filter(({ type }) => type === 'Input');
    if (inputs.length === 0) return [];
    const reached = new Set<LayerParameter>();
    for (const layer of layers) {
      const isSource = (layer.bottom?.length ?? 0) === 0 && !CONSTANTS.has(layer.type ?? '');
      if (isSource || flow.readsOf(layer).some((version) => !version || reached.has(version.writer)))
        reached.add(layer);
    }
    // Constants that are put together are still constants that somebody wrote: the restarts of an LSTM, for instance.
    const constant = layers.filter(
      (layer) => (layer.bottom?.length ?? 0) > 0 && !reached.has(layer) && layer.type !== 'Concat',
    );
    const unread = inputs.flatMap((layer) =>
      flow.writesOf(layer).flatMap(({ blob, readers }) => (readers.length === 0 ? [{ layer, blob }] : [])),
    );
    return [
      ...constant.map((layer) => ({
        layer,
        message: 'No input of the net reaches this layer: its result is the same in every pass.',
      })),
      // A net of inputs alone has nothing that could read them.
      ...(layers.length > inputs.length ? unread : []).map(({ layer, blob }) => ({
        layer,
        field: 'top',
        message: `No layer reads the input '${blob}'.`,
      })),
    ];
  },
};

/** Layers without bottoms whose values do not depend on what is fed. */
const CONSTANTS = new Set(['DummyData', 'Parameter']);
