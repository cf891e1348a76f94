/** target-layers: layer types, fields and formats that a toolchain does not read. */
import type { Problem } from '../finding.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';
import type { LayerList, Target } from '../targets/target.js';
import { factsOf } from '../../layers/registry.js';
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

/** Whether a toolchain reads layers of a type; all types where its makers give no list. */
export function readsType(list: LayerList | undefined, type: string): boolean {
  if (!list) return true;
  const { only, beyondBvlc, without } = list;
  if (without?.includes(type)) return false;
  if (only) return only.includes(type);
  return beyondBvlc === undefined || isOfBvlc(type) || beyondBvlc.includes(type);
}

const isOfBvlc = (type: string): boolean => factsOf({ type })?.origin === 'BVLC';

function typesOf(net: LintNet, { name, title, sources, layers }: Target): Problem[] {
  if (!layers) return [];
  const fact = { target: name, source: sources[layers.source] };
  return net.layers.flatMap((layer): Problem[] => {
    const { type = '' } = layer;
    if (!readsType(layers, type))
      return [
        { layer, field: 'type', message: `${title} has no ${type} layers.`, hint: layers.instead?.[type], ...fact },
      ];
    const hint = layers.ambiguous?.[type];
    if (hint === undefined) return [];
    return [{ layer, severity: 'warning', message: `${title} reads ${type} in more than one way.`, hint, ...fact }];
  });
}

function fieldsOf(net: LintNet, { name, title, sources, unknownFields }: Target): Problem[] {
  return (unknownFields?.fields ?? []).flatMap((path) => {
    const [param, field] = path.split('.') as [string, string];
    return net.layers
      .filter((layer) => {
        const message = (layer as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>)[param];
        return message?.[field] !== undefined;
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
