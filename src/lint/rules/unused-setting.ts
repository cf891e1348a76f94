/** unused-setting: settings that have no effect. */
import type { LayerParameter } from '../../generated/messages.js';
import { derive } from '../../proto/derive.js';
import type { Problem } from '../finding.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';

export const unusedSetting: Rule = {
  name: 'unused-setting',
  severity: 'note',
  doc: 'settings and param messages that have no effect',
  check: (net) => net.layers.flatMap((layer) => [...unusedFiller(net, layer), ...unusedParams(net, layer)]),
};

/** A filler of a bias that the layer does not have. */
function unusedFiller(net: LintNet, layer: LayerParameter): Problem[] {
  const term = net.factsOf(layer)?.biasTerm;
  const settings = term && layer[term.param];
  if (!term || !settings?.bias_filler || (settings.bias_term ?? term.byDefault)) return [];
  const kept = { ...settings };
  delete kept.bias_filler;
  return [
    {
      layer,
      field: `${term.param}.bias_filler`,
      message: 'The layer has no bias to fill.',
      edit: {
        title: 'take the filler out',
        isExact: true,
        before: [layer],
        after: [derive(layer, { [term.param]: kept })],
      },
    },
  ];
}

/** `param` messages of a layer that has fewer blobs. */
function unusedParams(net: LintNet, layer: LayerParameter): Problem[] {
  const { shapes } = net;
  const given = layer.param?.length ?? 0;
  // Where Caffe refuses the net for it, the error says it.
  if (!shapes || layer.name === undefined || !net.hasKnownShapes(layer)) return [];
  const blobs = shapes.params.get(layer.name)?.length ?? 0;
  if (given <= blobs) return [];
  const after = derive(layer, { param: layer.param!.slice(0, blobs) });
  if (blobs === 0) delete after.param;
  return [
    {
      layer,
      field: 'param',
      message: `The layer has ${blobs} parameter blobs, and ${given} param messages.`,
      edit: { title: 'take the others out', isExact: true, before: [layer], after: [after] },
    },
  ];
}
