/** model-summary: what `verify --onnx` says of a model's values beside those that are compared. */

/** What the values of a model are to a net, beside what is compared. */
export interface ModelSummary {
  model: string;
  /** What ran it. */
  by: string;
  /** Values that layers have within them, by name: the layer. */
  inside: Readonly<Record<string, string>>;
  /** Values that no blob of the net is computed from. */
  outside: readonly string[];
  /** Layers that the map beside the net names, and the net has not. */
  missingLayers: readonly string[];
}

/** So many names are listed. */
const MOST_NAMED = 8;

/** What is printed of it. */
export function modelLines({ model, by, inside, outside, missingLayers }: ModelSummary): string[] {
  const some = (names: readonly string[]): string =>
    names.length > MOST_NAMED
      ? `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more (--json names all)`
      : names.join(', ');
  const within = Object.entries(inside);
  return [
    `values of ${model} by ${by}`,
    ...(missingLayers.length > 0 ? [`layers of the map that this net has not: ${some(missingLayers)}`] : []),
    ...(within.length > 0
      ? [`computed within layers: ${some(within.map(([value, layer]) => `'${value}' in ${layer}`))}`]
      : []),
    ...(outside.length > 0 ? [`not computed by the net: ${some(outside.map((value) => `'${value}'`))}`] : []),
  ];
}
