/** The table of rules, in the order in which the lint reports what they find at one place. */
import { doesNotBuild } from './does-not-build.js';
import { deprecatedFormat } from './deprecated-format.js';
import { duplicateName } from './duplicate-name.js';
import { dummyDataInput } from './dummy-data-input.js';
import { trainingLayerInDeploy } from './training-layer-in-deploy.js';
import { unreachedLayer } from './unreached-layer.js';
import { inPlaceSharedBlob } from './in-place-shared-blob.js';
import { denseBilinearDeconvolution } from './dense-bilinear-deconvolution.js';
import { ceilPooling } from './ceil-pooling.js';
import { batchNormStatistics } from './batch-norm-statistics.js';
import { batchNormWithoutScale } from './batch-norm-without-scale.js';
import { biasBeforeBatchNorm } from './bias-before-batch-norm.js';
import { foreignField } from './foreign-field.js';
import { unusedSetting } from './unused-setting.js';
import { layerWithoutWeights } from './layer-without-weights.js';
import { weightsWithoutLayer } from './weights-without-layer.js';
import { weightNameCase } from './weight-name-case.js';
import { weightValues } from './weight-values.js';
import { targetLayers } from './target-layers.js';
import { targetLimits } from './target-limits.js';
import type { Rule } from '../rule.js';

export const RULES: readonly Rule[] = [
  doesNotBuild,
  deprecatedFormat,
  duplicateName,
  dummyDataInput,
  trainingLayerInDeploy,
  unreachedLayer,
  inPlaceSharedBlob,
  denseBilinearDeconvolution,
  ceilPooling,
  batchNormStatistics,
  batchNormWithoutScale,
  biasBeforeBatchNorm,
  foreignField,
  unusedSetting,
  layerWithoutWeights,
  weightsWithoutLayer,
  weightNameCase,
  weightValues,
  targetLayers,
  targetLimits,
];
