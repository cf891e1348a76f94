/** target-layers: layer types, fields and formats that a toolchain does not read. */
import type { Problem } from '../finding.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';
import type { Target } from '../targets/target.js';
import { needsUpgrade } from '../../proto/upgrade.js';

export const targetLayers: Rule = {
  name: 'target-layers',
  severity: 'error',
  doc: 'layer types, fields and formats that a target does not read',
  check: (net) =>
    net.targets.flatMap((target) => [...formatOf(net, target), ...typesOf(net, target), ...fieldsOf(net, target)]),
};

function formatOf({ written, schema }: LintNet, { name, title, sources, todaysFormat }: Target): Problem[] {
  if (!todaysFormat || !needsUpgrade(written, { schema })) return [];
  return [
    {
      message: `${title} reads nets in today's format alone.`,
      hint: 'bring the net up to date, with explicit Input layers',
      target: name,
      source: sources[todaysFormat.source],
    },
  ];
}

function typesOf(net: LintNet, { name, title, sources, layers }: Target): Problem[] {
  if (!layers) return [];
  const { only, beyondBvlc, without } = layers;
  return net.layers
    .filter((layer) => {
      const { type = '' } = layer;
      if (without?.includes(type)) return true;
      if (only) return !only.includes(type);
      return beyondBvlc !== undefined && net.factsOf(layer)?.origin !== 'BVLC' && !beyondBvlc.includes(type);
    })
    .map((layer) => ({
      layer,
      field: 'type',
      message: `${title} has no ${layer.type ?? ''} layers.`,
      hint: layers.instead?.[layer.type ?? ''],
      target: name,
      source: sources[layers.source],
    }));
}

function fieldsOf(net: LintNet, { name, title, sources, unknownFields }: Target): Problem[] {
  return (unknownFields?.fields ?? []).flatMap((path) => {
    const [param, field] = path.split('.') as [string, string];
    return net.layers
      .filter((layer) => {
        const message = (layer as Readonly<Record<string, object | undefined>>)[param];
        return message !== undefined && Object.hasOwn(message, field);
      })
      .map((layer) => ({
        layer,
        field: path,
        message: `The schema of ${title} has no field ${path}.`,
        target: name,
        source: sources[unknownFields!.source],
      }));
  });
}
