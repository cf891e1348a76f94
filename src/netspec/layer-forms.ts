/** What the DSL has to know of a layer type: its bottoms, and whose settings may be given directly. */
import { layerTypes, type LayerType } from '../generated/layer-types.js';
import { ownFacts } from '../layers/own-layers.js';

export interface LayerForm {
  /** Bottoms by name, in the notation of LayerFacts; a list for each implementation of the type. */
  readonly bottoms: readonly (readonly string[])[];
  /** Fields of LayerParameter whose members may be given directly. A schema need not have all of them. */
  readonly params: readonly string[];
}

/** The form of a layer type; undefined for a type that is neither built in nor registered with facts. */
export function layerForm(type: string): LayerForm | undefined {
  const own = ownFacts(type);
  const forms: LayerForm[] = own.map(({ bottoms, params = [] }) => ({ bottoms: [bottoms], params }));
  if (own.every(({ variant }) => variant) && Object.hasOwn(layerTypes, type)) forms.push(layerTypes[type as LayerType]);
  const [first, ...others] = forms;
  return (
    first &&
    others.reduce((a, b) => ({ bottoms: [...a.bottoms, ...b.bottoms], params: [...a.params, ...b.params] }), first)
  );
}

/** The names of the built-in types. */
export function layerTypeNames(): string[] {
  return Object.keys(layerTypes);
}
