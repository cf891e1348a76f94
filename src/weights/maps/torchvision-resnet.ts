/**
 * The name map from torchvision's ResNets to Caffe's: to the names of the published prototxts (He et al. 2015:
 * res2a_branch2a, bn2a_branch2a, scale2a_branch2a …), and to nets whose layers bear torchvision's own names.
 */
import { conventionMap } from './convention.js';
import { constantRecipe, type NameMap, type ParamBlob } from './map.js';

/** What Caffe's names say: stages from 2, blocks by letters (res4b, or res4b12 in deep nets), convolutions by letters. */
const CAFFE = /^(res|bn|scale)(\d)([a-z])(\d*)_branch(?:1|2([a-c]))$/;
const STEM = /^(?:bn|scale)_conv1$/;
/** The Scale of a pair, beside its BatchNorm. */
const SCALE_OF_PAIR: readonly (readonly [RegExp, string])[] = [
  [/^(.*(?:bn\d|downsample_1))_scale$/, '$1'],
  [/^(.*)scale_?(\d)$/, '$1bn$2'],
  [/^(.*)scale_(bn\d)$/, '$1$2'],
];

/**
 * | layer | module |
 * |---|---|
 * | `conv1`; `bn_conv1`, `scale_conv1` | `conv1`; `bn1` |
 * | `res2a_branch2a`, `…2b`, `…2c` | `layer1.0.conv1`, `conv2`, `conv3` |
 * | `bn2a_branch2a`, `scale2a_branch2a` | `layer1.0.bn1` |
 * | `res2a_branch1`; `bn2a_branch1`, `scale2a_branch1` | `layer1.0.downsample.0`; `layer1.0.downsample.1` |
 * | `res4f_…`, and `res4b5_…` of deeper nets | `layer3.5.…` |
 * | `fc1000`, `fc` of any number | `fc` |
 * | `layer1_0_conv1`, `layer1.0.bn1` … | the module of that name; its Scale may be `…bn1_scale` or `…scale1` |
 *
 * A BatchNorm takes mean, variance and the constant 1, the Scale behind it weight and bias; a Scale without a BatchNorm
 * before it takes all four. A convolution's bias, which the published ResNet-50 has in `conv1` and torchvision nowhere, is 0
 * when the source has none. torchvision has a bottleneck's stride in its 3x3 convolution, Caffe's prototxts in the 1x1
 * before it: the shapes do not tell, so the map remarks on it.
 * @param batchNormEps added to the variance where a normalization is folded; torch.nn.BatchNorm2d's default when not given
 */
export function torchvisionResnetMap({ batchNormEps = 1e-5 }: { batchNormEps?: number } = {}): NameMap {
  const map = conventionMap({
    name: 'torchvision-resnet',
    modules: modulesOf,
    outputs: outputsOf,
    batchNormEps,
    ignorable: /(^|[._])num_batches_tracked$/,
    remarks: strideRemarks,
  });
  return {
    ...map,
    recipes: (blob) => {
      const isBias = blob.layer.type === 'Convolution' && blob.index === 1;
      return isBias ? [...map.recipes(blob), constantRecipe(0)] : map.recipes(blob);
    },
  };
}

function modulesOf(layerName: string): string[] {
  const name = layerName.replace(/[./]/g, '_');
  const caffe = caffeModule(name);
  if (caffe !== undefined) return [layerName, caffe];
  const renamed = SCALE_OF_PAIR.flatMap(([from, to]) => (from.test(name) ? [name.replace(from, to)] : []));
  return [layerName, ...renamed];
}

function caffeModule(name: string): string | undefined {
  if (STEM.test(name)) return 'bn1';
  if (/^fc\d+$/.test(name)) return 'fc';
  const found = CAFFE.exec(name);
  if (!found) return undefined;
  const [, kind, stage, letter, number, branch] = found;
  const at = `layer${Number(stage) - 1}.${number === '' ? ordinal(letter!) : number!}`;
  if (branch === undefined) return `${at}.downsample.${kind === 'res' ? 0 : 1}`;
  return `${at}.${kind === 'res' ? 'conv' : 'bn'}${ordinal(branch) + 1}`;
}

function outputsOf(layerName: string, type?: string): string[] {
  const name = layerName.replace(/[./]/g, '_');
  // What the module gives is the Scale's output; the BatchNorm's lacks factor and bias.
  if (type === 'BatchNorm' || /^bn(_conv1|\d[a-z]\d*_branch)/.test(name)) return [];
  const block = /^res(\d)([a-z])(\d*)_relu$/.exec(name);
  if (block) return [layerName, `layer${Number(block[1]) - 1}.${block[3] === '' ? ordinal(block[2]!) : block[3]!}`];
  const dsl = /^(layer\d_\d+)_relu$/.exec(name);
  if (dsl) return [layerName, dsl[1]!];
  if (name === 'pool1') return [layerName, 'maxpool'];
  if (name === 'pool5') return [layerName, 'avgpool'];
  if (name === 'conv1_relu') return [layerName, 'relu'];
  return modulesOf(layerName);
}

/** a → 0, b → 1 … */
function ordinal(letter: string): number {
  return letter.charCodeAt(0) - 'a'.charCodeAt(0);
}

/** The trap of a net with Caffe's strides and weights that were trained with torchvision's. */
function strideRemarks(blobs: readonly ParamBlob[]): string[] {
  const wrong = blobs.filter(({ layer, index, shape }) => {
    if (layer.type !== 'Convolution' || index !== 0 || shape.at(-1) !== 1) return false;
    const strided =
      layer.convolution_param?.stride?.some((stride) => stride > 1) ?? (layer.convolution_param?.stride_h ?? 1) > 1;
    return strided && modulesOf(layer.name ?? '').some((module) => /^layer\d[._]0[._]conv1$/.test(module));
  });
  if (wrong.length === 0) return [];
  const names = wrong.map(({ layer }) => layer.name ?? '').join(', ');
  return [
    `${names}: the stride is in the block's first 1x1 convolution; torchvision's ResNets have it in the 3x3 after it, ` +
      'and these weights were trained that way: move it there',
  ];
}
