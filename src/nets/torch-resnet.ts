/**
 * torch-resnet-18 … 152, resnext-50 and se-resnet-50: the residual nets of He et al. 2015, Xie et al. 2016 and Hu et al. 2017, as PyTorch has them: the
 * stride is in the 3x3 convolution. Layers bear the names of torchvision's modules, of SE those of its `se_module`.
 */
import type { NetParameter } from '../generated/messages.js';
import { L, type Bottom, type Top } from '../netspec/index.js';
import { classifierOptions, type ImageClassifierOptions } from './image-net.js';
import { ModuleLayers } from './module-layers.js';
import { checkNetOptions } from './options.js';

export const torchResnetOptions = classifierOptions('224x224');

/** What tells one residual net from another. */
interface ResnetForm {
  /** Blocks of each stage. */
  blocks: readonly number[];
  /** Two 3x3 convolutions, or 1x1, 3x3 and 1x1 with four times the channels. */
  block: 'basic' | 'bottleneck';
  /** Groups of the 3x3 convolutions. */
  groups?: number;
  /** Channels of each group in the first stage. */
  groupWidth?: number;
  /** A squeeze-and-excitation module in each block, which reduces channels by so much. */
  reduction?: number;
}

const FORMS = {
  18: { blocks: [2, 2, 2, 2], block: 'basic' },
  34: { blocks: [3, 4, 6, 3], block: 'basic' },
  50: { blocks: [3, 4, 6, 3], block: 'bottleneck' },
  101: { blocks: [3, 4, 23, 3], block: 'bottleneck' },
  152: { blocks: [3, 8, 36, 3], block: 'bottleneck' },
} as const satisfies Record<number, ResnetForm>;

/**
 * A ResNet as torchvision has it.
 * @throws NetspecError on an unknown option or value
 */
export function torchResnet(depth: keyof typeof FORMS, options: ImageClassifierOptions = {}): NetParameter {
  return build(FORMS[depth], options);
}

/** ResNeXt-50 32x4d as torchvision has it. */
export function resnext50(options: ImageClassifierOptions = {}): NetParameter {
  return build({ ...FORMS[50], groups: 32, groupWidth: 4 }, options);
}

/** SE-ResNet-50: ResNet-50 with a squeeze-and-excitation module of reduction 16 in each block. */
export function seResnet50(options: ImageClassifierOptions = {}): NetParameter {
  return build({ ...FORMS[50], reduction: 16 }, options);
}

function build(form: ResnetForm, options: ImageClassifierOptions): NetParameter {
  checkNetOptions(torchResnetOptions, options);
  const { inputSize = [224, 224], classes = 1000 } = options;
  const m = new ModuleLayers();
  let x = m.convBn('conv1', 'bn1', m.input('data', 3, inputSize), { out: 64, kernel: 7, stride: 2 });
  x = m.maxPool('maxpool', x, { kernel: 3, stride: 2, pad: 1 });
  const expansion = form.block === 'basic' ? 1 : 4;
  let channels = 64;
  for (const [stage, blocks] of form.blocks.entries())
    for (let i = 0; i < blocks; i++) {
      const width = 64 * 2 ** stage;
      const stride = i === 0 && stage > 0 ? 2 : 1;
      x = block(m, `layer${stage + 1}.${i}`, x, { form, width, stride, out: width * expansion, channels });
      channels = width * expansion;
    }
  x = m.linear('fc', m.globalPool('avgpool', x), classes);
  m.n['prob'] = L.Softmax(x);
  return m.n.toProto();
}

interface BlockOptions {
  form: ResnetForm;
  /** Channels inside. */
  width: number;
  out: number;
  /** Channels that come in. */
  channels: number;
  stride: number;
}

function block(m: ModuleLayers, name: string, x: Bottom, options: BlockOptions): Top {
  const { form, width, out, channels, stride } = options;
  const { groups = 1, groupWidth = 64, reduction } = form;
  const inner = Math.floor((width * groupWidth) / 64) * groups;
  const shortcut =
    stride === 1 && channels === out
      ? x
      : m.convBn(`${name}.downsample.0`, `${name}.downsample.1`, x, { out, stride }, 'none');
  let y: Top;
  if (form.block === 'basic') {
    y = m.convBn(`${name}.conv1`, `${name}.bn1`, x, { out, kernel: 3, stride });
    y = m.convBn(`${name}.conv2`, `${name}.bn2`, y, { out, kernel: 3 }, 'none');
  } else {
    y = m.convBn(`${name}.conv1`, `${name}.bn1`, x, { out: inner });
    y = m.convBn(`${name}.conv2`, `${name}.bn2`, y, { out: inner, kernel: 3, stride, groups });
    y = m.convBn(`${name}.conv3`, `${name}.bn3`, y, { out }, 'none');
  }
  if (reduction !== undefined) {
    const squeezed = m.globalPool(`${name}.se_module.avg_pool`, y);
    const fc1 = m.conv(`${name}.se_module.fc1`, squeezed, { out: out / reduction, bias: true });
    const fc2 = m.conv(`${name}.se_module.fc2`, m.activate(`${name}.se_module`, fc1, 'relu'), { out, bias: true });
    const gate = (m.n[`${name}.se_module.sigmoid`] = L.Sigmoid(fc2, { in_place: true }));
    y = m.scaleChannels(`${name}.se_module`, y, gate);
  }
  return m.activate(name, m.add(`${name}.add`, shortcut, y), 'relu');
}
