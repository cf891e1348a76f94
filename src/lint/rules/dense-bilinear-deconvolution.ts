/** dense-bilinear-deconvolution: upsampling that sums all channels into each. */
import type { ConvolutionParameter, LayerParameter } from '../../generated/messages.js';
import { derive } from '../../proto/derive.js';
import { resolve } from '../../proto/message.js';
import type { LintEdit } from '../finding.js';
import type { LintNet } from '../lint-net.js';
import type { Rule } from '../rule.js';

export const denseBilinearDeconvolution: Rule = {
  name: 'dense-bilinear-deconvolution',
  severity: 'error',
  doc: 'a Deconvolution with a bilinear filler whose groups are fewer than its channels',
  check: (net) =>
    net.layers.flatMap((layer) => {
      const param = layer.convolution_param;
      if (layer.type !== 'Deconvolution' || param?.weight_filler?.type !== 'bilinear') return [];
      const { num_output: outputs, group } = resolve('ConvolutionParameter', param);
      if (group === outputs) return [];
      const message =
        `Each of its ${outputs} output channels is the sum of ${group === 1 ? 'all' : `a group's`} input channels: ` +
        `the filler puts the same kernel at every pair of channels. Upsampling keeps channels apart, with group: ${outputs}.`;
      return [{ layer, field: 'convolution_param.group', message, edit: editOf(net, layer, param, outputs) }];
    }),
};

function editOf(
  net: LintNet,
  layer: LayerParameter,
  param: ConvolutionParameter,
  outputs: number,
): LintEdit | undefined {
  const inputs = net.bottomShapes(layer)?.[0]?.[1];
  if (inputs !== undefined && inputs !== outputs) return undefined;
  const factor = isTopDownPath(net, layer) ? param.stride?.[0] : undefined;
  if (factor === undefined)
    return {
      title: 'upsample each channel by itself',
      isExact: true,
      before: [layer],
      after: [derive(layer, { convolution_param: { ...param, group: outputs } })],
    };
  // Lin et al. 2017, Feature Pyramid Networks, section 3, and the implementations that people port.
  const nearest: ConvolutionParameter = {
    ...param,
    group: outputs,
    kernel_size: [factor],
    stride: [factor],
    weight_filler: { type: 'constant', value: 1 },
  };
  delete nearest.pad;
  return {
    title: 'upsample each channel by itself, to the nearest neighbour as feature pyramids do',
    isExact: true,
    before: [layer],
    after: [derive(layer, { convolution_param: nearest })],
  };
}

/** Whether the result is added to a 1x1 convolution, as in the top-down path of a feature pyramid. */
function isTopDownPath({ flow }: LintNet, layer: LayerParameter): boolean {
  return flow.readersOf(layer).some(
    (sum) =>
      sum.type === 'Eltwise' &&
      flow.readsOf(sum).some((version) => {
        const { type, convolution_param: other } = version?.writer ?? {};
        return type === 'Convolution' && other?.kernel_size?.length === 1 && other.kernel_size[0] === 1;
      }),
  );
}
