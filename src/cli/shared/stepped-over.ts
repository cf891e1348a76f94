/** stepped-over: what a command says about layers that are not run here, and the shapes that are missing for it. */
import type { Layer } from '../../layers/layer.js';
import { caffeFormOf } from '../../layers/foreign-types.js';
import { isKnownType } from '../../layers/registry.js';
import { asCommandLine } from './option-names.js';
import type { Net } from '../../runtime/net.js';

/** Names of layers that a line lists. */
const MOST_NAMED = 4;

/** `2 layers of type Foo (a, b) and 1 layer of type Python (c)`. */
export function layersByType(layers: readonly Pick<Layer, 'name' | 'type'>[]): string {
  const types = new Map<string, string[]>();
  for (const { name, type } of layers) types.set(type, [...(types.get(type) ?? []), name]);
  const parts = [...types].map(([type, names]) => {
    const shown = names.slice(0, MOST_NAMED).join(', ') + (names.length > MOST_NAMED ? ', …' : '');
    return `${names.length} ${names.length === 1 ? 'layer' : 'layers'} of type ${type} (${shown})`;
  });
  return new Intl.ListFormat('en').format(parts);
}

/** Whether a layer makes its tops of training data: it has a type that is known and reads nothing of the net. */
function readsData({ type, param: { bottom = [] } }: Layer): boolean {
  return bottom.length === 0 && isKnownType(type);
}

/** What is to be said of a net in which shapes may be unknown: nothing where all its layers run. */
export function openNetLines(net: Net): string[] {
  const { steppedOver, missingShapes, openInputs } = net;
  const lines = openInputs.map(({ blob, layer, hint }) => {
    const said = `note: no layer makes '${blob}', which layer '${layer}' reads: it is taken as an input`;
    return asCommandLine(hint === undefined ? said : `${said}; ${hint}`);
  });
  const ways = [
    ...(steppedOver.some(({ type }) => !isKnownType(type)) ? ['--layers FILE.ts adds layer types of your own'] : []),
    ...(steppedOver.some(readsData) ? ['netspec convert --deploy makes a net for deployment of one for training'] : []),
  ];
  if (steppedOver.length > 0) lines.push([`note: not run here: ${layersByType(steppedOver)}`, ...ways].join('; '));
  for (const type of new Set(steppedOver.map((layer) => layer.type))) {
    const form = isKnownType(type) ? undefined : caffeFormOf(type);
    if (form !== undefined) lines.push(`note: Caffe's form of ${type}: ${form}`);
  }
  if (missingShapes.length > 0)
    lines.push(
      `note: shapes and parameters behind ${openInputs.length > 0 ? 'these inputs' : 'them'} are not known: give ${missingShapes.map((blob) => `--shape ${blob}=1x3x5x5`).join(' ')}` +
        ' with your sizes',
    );
  return lines;
}
