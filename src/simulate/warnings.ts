/** warnings: what the ranges of values and weights say of a format: overflow, subnormals, far values, accumulators that run over. */
import { formatFigure } from '../compare/figures.js';
import { blobFactsOf } from '../layers/facts.js';
import { factsOfLayer } from '../layers/registry.js';
import type { Net } from '../runtime/net.js';
import type { PlacedScales } from './given-scales.js';
import { Histogram, SIDE_BINS } from './histogram.js';
import type { SimulatedRange, SimulationWarning } from './result.js';
import type { Twin } from './twin.js';
import type { Unit, UnitGraph } from './units.js';

interface Seen {
  readonly net: Net;
  readonly graph: UnitGraph;
  readonly twin: Twin;
  readonly units: readonly Unit[];
  readonly ranges: readonly SimulatedRange[];
  readonly placed: PlacedScales;
}

/** Subnormal numbers are said where so many of all values are. */
const MANY = 0.05;
/** A maximum so many times the value that 99.9 % of the magnitudes are below wastes the integers. */
const FAR = 10;
/** The largest weight of one channel, over that of another, at which one scale leaves the other few integers. */
const SPREAD = 64;
/** Products of int8 that a sum of 32 bits holds in any case. */
const MOST_PRODUCTS = Math.floor(2 ** 31 / (128 * 127));

export function warningsOf(seen: Seen): SimulationWarning[] {
  const { limits } = seen.twin.settings.format;
  return [
    ...notFolded(seen),
    ...notFinite(seen),
    ...(limits ? [...floatValues(seen), ...floatWeights(seen)] : [...integerValues(seen), ...integerWeights(seen)]),
    ...unknownScales(seen),
  ];
}

const limitText = (limit: number): string => (limit < 1e6 ? String(limit) : formatFigure(limit));
const percent = (part: number): string => `${Number((100 * part).toPrecision(2))} %`;

function notFolded({ net }: Seen): SimulationWarning[] {
  const norms = net.layers.filter(({ type }) => type === 'BatchNorm');
  const behind = norms.filter(({ name }) => {
    const bottom = net.bottomNames.get(name)?.[0];
    return net.layers.some((layer, i) => factsOfLayer(layer)?.weights && net.topNamesOf(i).includes(bottom ?? ''));
  });
  if (behind.length === 0) return [];
  return [
    {
      kind: 'not-folded',
      layer: behind[0]!.name,
      text:
        `${behind.length} BatchNorm ${behind.length === 1 ? 'layer is' : 'layers are'} not folded into the weights, as toolchains do ` +
        `before they round: netspec optimize folds them`,
    },
  ];
}

function notFinite({ ranges }: Seen): SimulationWarning[] {
  const [first] = ranges.filter(({ histogram }) => histogram.nonFinite > 0);
  if (!first) return [];
  const { nonFinite, count } = first.histogram;
  return [
    {
      kind: 'not-finite',
      layer: first.layer,
      text: `'${first.blob}' of ${first.layer} has ${nonFinite} of ${count} values that are not finite in float32 already`,
    },
  ];
}

function floatValues({ ranges, twin }: Seen): SimulationWarning[] {
  const { name, limits } = twin.settings.format;
  const { largest, smallestNormal } = limits!;
  return ranges.flatMap(({ layer, blob, histogram }): SimulationWarning[] => {
    const { beyond, below, count, maxAbs } = histogram;
    if (beyond > 0)
      return [
        {
          kind: 'overflow',
          layer,
          text: `'${blob}' of ${layer} reaches ${formatFigure(maxAbs)}: ${beyond} of ${count} values are beyond ${name}'s ${limitText(largest)}`,
        },
      ];
    if (below / count < MANY) return [];
    return [
      {
        kind: 'subnormal',
        layer,
        text: `${percent(below / count)} of '${blob}' of ${layer} are below ${formatFigure(smallestNormal)}: chips without subnormal numbers make them 0`,
      },
    ];
  });
}

function floatWeights({ net, units, twin }: Seen): SimulationWarning[] {
  const { name, limits } = twin.settings.format;
  const { largest, smallestNormal } = limits!;
  return units.flatMap(({ layers }) =>
    layers.flatMap((index) =>
      net.layers[index]!.blobs.flatMap((blob, i): SimulationWarning[] => {
        const histogram = new Histogram({ most: largest, least: smallestNormal });
        histogram.add(blob.peek());
        const layer = net.layerNames[index]!;
        if (histogram.beyond > 0)
          return [
            {
              kind: 'overflow',
              layer,
              text: `parameter ${i} of ${layer} reaches ${formatFigure(histogram.maxAbs)}: beyond ${name}'s ${limitText(largest)}`,
            },
          ];
        const part = histogram.below / Math.max(1, histogram.count);
        const isWeight = blobFactsOf(factsOfLayer(net.layers[index]!), net.layers[index]!.param, i)?.role === 'weight';
        if (part < MANY || !isWeight) return [];
        return [
          {
            kind: 'subnormal',
            layer,
            text: `${percent(part)} of parameter ${i} of ${layer} are below ${formatFigure(smallestNormal)}: chips without subnormal numbers make them 0`,
          },
        ];
      }),
    ),
  );
}

function integerValues({ ranges, graph, twin }: Seen): SimulationWarning[] {
  const read = new Set(
    [...twin.active].flatMap((unit) =>
      unit.layers.flatMap((index) => graph.wiring.reads[index]!.map((version) => graph.valueOf(version)?.key)),
    ),
  );
  return ranges.flatMap(({ index, layer, blob, histogram, clamped = 0, range }): SimulationWarning[] => {
    const value = [...graph.values.values()].find((each) => each.layer === index && each.blob === blob);
    if (!value || !(read.has(value.key) || (graph.unitOf[index] && twin.active.has(graph.unitOf[index])))) return [];
    if (histogram.maxAbs === 0)
      return [{ kind: 'constant', layer, text: `'${blob}' of ${layer} is 0 in all samples: its scale means nothing` }];
    if (clamped > 0.01)
      return [
        {
          kind: 'clamped',
          layer,
          text: `${percent(clamped)} of '${blob}' of ${layer} are beyond its range and clamped`,
        },
      ];
    const usual = quantileOf(histogram, 0.999);
    const reach = Math.max(-(range?.min ?? 0), range?.max ?? 0);
    if (reach <= FAR * usual) return [];
    return [
      {
        kind: 'far-values',
        layer,
        text:
          `'${blob}' of ${layer} reaches ${formatFigure(histogram.maxAbs)}, and 99.9 % of it are below ${formatFigure(usual)}: ` +
          `few integers are left for these; percentile or kl calibration clamps the rest`,
      },
    ];
  });
}

/** The end of the bin of magnitudes below which a part of them is; exact zeros left out. */
function quantileOf(histogram: Histogram, part: number): number {
  const counts = histogram.magnitudes();
  counts[0]! -= histogram.zeros;
  const total = counts.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  for (let bin = 0; bin < SIDE_BINS; bin++) {
    sum += counts[bin]!;
    if (sum >= part * total) return ((bin + 1) * histogram.limit) / SIDE_BINS;
  }
  return histogram.limit;
}

function integerWeights({ net, units, twin }: Seen): SimulationWarning[] {
  return units.flatMap(({ layers }) =>
    layers.flatMap((index): SimulationWarning[] => {
      const scales = twin.weightScales(index);
      if (!scales) return [];
      const layer = net.layers[index]!;
      const { param, name } = layer;
      const found: SimulationWarning[] = [];
      const outputs =
        layer.blobs[1]?.count ?? param.convolution_param?.num_output ?? param.inner_product_param?.num_output ?? 1;
      const products = layer.blobs[0]!.count / outputs;
      if (products > MOST_PRODUCTS)
        found.push({
          kind: 'accumulator',
          layer: name,
          text: `${name} adds ${products} products: more than ${MOST_PRODUCTS} can run over an accumulator of 32 bits`,
        });
      if (scales.length > 1) return found;
      const channels = twin.channelScales(index)!;
      const [least, most] = channels.reduce(([a, b], scale) => [Math.min(a, scale), Math.max(b, scale)], [Infinity, 0]);
      if (most > SPREAD * least)
        found.push({
          kind: 'channels',
          layer: name,
          text: `the channels of ${name}'s weights differ ${Math.round(most / least)} times in size: one scale leaves the small ones ${Math.max(1, Math.floor((127 * least) / most))} of 127 integers`,
        });
      return found;
    }),
  );
}

function unknownScales({ placed: { unknown } }: Seen): SimulationWarning[] {
  if (unknown.length === 0) return [];
  const names = unknown.slice(0, 5).join(', ') + (unknown.length > 5 ? ` … (${unknown.length} in all)` : '');
  return [{ kind: 'scales', text: `scales for names that the net has not: ${names}` }];
}
