/** The name map of nets whose layers bear the names of the model's modules. */
import { conventionMap } from './convention.js';
import { resolve } from '../../proto/message.js';
import type { NameMap, ParamBlob } from './map.js';
import { frameworkOf, PYTORCH, type Framework } from './tensor-names.js';

/**
 * Layer `conv1` takes `conv1_weight` and `conv1_bias` (or `conv1.weight` …), a Scale layer its normalization's running
 * statistics too where there are any; its reference output is `conv1_output` or `conv1`. Where a source has the names of
 * Keras (`kernel`, `gamma`, `moving_variance` …) or MXNet, those are taken, from Keras' order of axes.
 * @param batchNormEps added to the variance where a normalization is folded; the default of the source's framework when not
 * given: 1e-5 of torch.nn.BatchNorm2d, 1e-3 of Keras and MXNet
 */
export function identityMap({ batchNormEps }: { batchNormEps?: number } = {}): NameMap {
  const mapFor = (framework: Framework): NameMap =>
    conventionMap({
      name: 'identity',
      modules: (layerName) => [layerName],
      outputs: (layerName) => [layerName],
      batchNormEps: batchNormEps ?? framework.batchNormEps,
      ...(framework !== PYTORCH && {
        names: framework.names,
        remarks: (blobs: readonly ParamBlob[]) => epsRemarks(blobs, framework),
      }),
      ignorable: /(^|[._])num_batches_tracked$/,
    });
  return { ...mapFor(PYTORCH), forSource: (tensors) => mapFor(frameworkOf(tensors)) };
}

/** Layers that add to the variance what Caffe adds, while the framework adds something else. */
function epsRemarks(blobs: readonly ParamBlob[], { name, batchNormEps }: Framework): string[] {
  const layers = new Set(blobs.flatMap(({ layer }) => (layer.type === 'BatchNorm' ? [layer] : [])));
  const others = [...layers].filter(
    ({ batch_norm_param }) => resolve('BatchNormParameter', batch_norm_param).eps !== Math.fround(batchNormEps),
  );
  const [first] = others;
  if (!first) return [];
  const which = `'${first.name ?? ''}'${others.length > 1 ? ` and ${others.length - 1} more` : ''}`;
  const { eps } = resolve('BatchNormParameter', first.batch_norm_param);
  return [
    `BatchNorm ${which} adds ${Number(eps.toPrecision(6))} to the variance; ${name} adds ${batchNormEps} unless the model ` +
      `says otherwise: then write batch_norm_param { eps: ${batchNormEps} }`,
  ];
}
