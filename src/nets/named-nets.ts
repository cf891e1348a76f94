/**
 * The nets that come with netspec, by name: what `netspec list` lists and `netspec build NAME` builds. A new one is a file
 * of its own and one row here.
 */
import type { NetParameter } from '../generated/messages.js';
import { NetspecError, didYouMean } from '../errors.js';
import { alexnet, alexnetOptions, caffenet } from './alexnet.js';
import { cifar10Quick, cifar10QuickOptions } from './cifar10-quick.js';
import { cifarResnet, cifarResnetOptions } from './cifar-resnet.js';
import { crnn, crnnOptions } from './crnn.js';
import { densenet121, densenet121Options } from './densenet-121.js';
import { efficientnetLite0, efficientnetLite0Options } from './efficientnet-lite0.js';
import { fasterRcnnRpn, fasterRcnnRpnOptions } from './faster-rcnn-rpn.js';
import { fcn8s, fcn8sOptions } from './fcn-8s.js';
import { googlenet, googlenetOptions } from './googlenet.js';
import { inceptionV3, inceptionV3Options } from './inception-v3.js';
import { lenet, lenetOptions } from './lenet.js';
import { mobilenetSsd, mobilenetSsdOptions } from './mobilenet-ssd.js';
import { mobilenetV1, mobilenetV1Options } from './mobilenet-v1.js';
import { mobilenetV2, mobilenetV2Options } from './mobilenet-v2.js';
import { mobilenetV3, mobilenetV3Options } from './mobilenet-v3.js';
import { mtcnnOnet, mtcnnOnetOptions, mtcnnPnet, mtcnnPnetOptions, mtcnnRnet, mtcnnRnetOptions } from './mtcnn.js';
import { resnet, resnetOptions, type Resnet50Options } from './resnet.js';
import { retinanet, retinanetOptions } from './retinanet.js';
import { shufflenetV1, shufflenetV1Options } from './shufflenet-v1.js';
import { shufflenetV2, shufflenetV2Options } from './shufflenet-v2.js';
import { squeezenet, squeezenetOptions } from './squeezenet.js';
import { ssd300, ssd300Options } from './ssd-300.js';
import { resnext50, seResnet50, torchResnet, torchResnetOptions } from './torch-resnet.js';
import { unet, unetOptions } from './unet.js';
import { vgg, vggOptions } from './vgg.js';
import { yolov3Tiny, yolov3TinyOptions } from './yolov3-tiny.js';
import { yolov5, yolov5Options } from './yolov5.js';
import { yolov8n, yolov8nOptions } from './yolov8n.js';
import { detectionV2, detectionV2Options } from './detection-v2.js';
import type { NetOption } from './options.js';

export interface NamedNet {
  name: string;
  description: string;
  options: readonly NetOption[];
  /**
   * The net for these options, by their names in code: `{ inputSize: [96, 128], inPlace: true }`. From a command line
   * they come by `parseNetOptions`.
   * @throws NetspecError on options that are wrong or contradict each other
   */
  build: (options?: Record<string, unknown>) => NetParameter;
}

/** Depths of the ResNets. */
const RESNET_DEPTHS = [18, 34, 50, 101, 152] as const;

export const namedNets: readonly NamedNet[] = [
  {
    name: 'alexnet',
    description: "image classifier: Krizhevsky et al. 2012 as BVLC's AlexNet",
    options: alexnetOptions,
    build: alexnet,
  },
  {
    name: 'caffenet',
    description: "image classifier: BVLC's reference net, AlexNet with pooling before normalization",
    options: alexnetOptions,
    build: caffenet,
  },
  {
    name: 'cifar-resnet',
    description:
      "image classifier: He et al.'s ResNets of 20 to 110 layers for CIFAR-10, named as in junyuseu's Caffe models",
    options: cifarResnetOptions,
    build: cifarResnet,
  },
  {
    name: 'cifar10-quick',
    description: "image classifier: Caffe's quick example for CIFAR-10",
    options: cifar10QuickOptions,
    build: cifar10Quick,
  },
  {
    name: 'crnn',
    description: "text recognizer: Shi et al. 2015, logits of each column, named as meijieru's modules",
    options: crnnOptions,
    build: crnn,
  },
  {
    name: 'densenet-121',
    description: "image classifier: Huang et al. 2016, named as torchvision's modules",
    options: densenet121Options,
    build: densenet121,
  },
  {
    name: 'detection-v2',
    description: 'text detector: ResNet-50, feature pyramid, RetinaNet head unrolled over five levels',
    options: detectionV2Options,
    build: detectionV2,
  },
  {
    name: 'efficientnet-lite0',
    description: "image classifier: EfficientNet-lite0, named as timm's modules",
    options: efficientnetLite0Options,
    build: efficientnetLite0,
  },
  {
    name: 'faster-rcnn-rpn',
    description: 'region proposals: Ren et al. 2015 over VGG-16, named as in py-faster-rcnn',
    options: fasterRcnnRpnOptions,
    build: fasterRcnnRpn,
  },
  {
    name: 'fcn-8s',
    description: "segmentation: Long et al. 2015 over VGG-16, named as in the authors' Caffe models",
    options: fcn8sOptions,
    build: fcn8s,
  },
  {
    name: 'googlenet',
    description: "image classifier: Szegedy et al. 2014 as BVLC's GoogLeNet",
    options: googlenetOptions,
    build: googlenet,
  },
  {
    name: 'inception-v3',
    description: "image classifier: Szegedy et al. 2015, named as torchvision's modules",
    options: inceptionV3Options,
    build: inceptionV3,
  },
  {
    name: 'lenet',
    description: "digit classifier: LeCun et al. 1998 as Caffe's example",
    options: lenetOptions,
    build: lenet,
  },
  {
    name: 'mobilenet-ssd',
    description: "object detector: chuanqi305's SSD over MobileNet v1, with priors and selection",
    options: mobilenetSsdOptions,
    build: mobilenetSsd,
  },
  {
    name: 'mobilenet-v1',
    description: "image classifier: Howard et al. 2017, named as in shicai's Caffe model",
    options: mobilenetV1Options,
    build: mobilenetV1,
  },
  {
    name: 'mobilenet-v2',
    description: "image classifier: Sandler et al. 2018, named as torchvision's modules",
    options: mobilenetV2Options,
    build: mobilenetV2,
  },
  {
    name: 'mobilenet-v3-large',
    description: "image classifier: Howard et al. 2019, named as torchvision's modules",
    options: mobilenetV3Options,
    build: (options) => mobilenetV3('large', options),
  },
  {
    name: 'mobilenet-v3-small',
    description: "image classifier: Howard et al. 2019, named as torchvision's modules",
    options: mobilenetV3Options,
    build: (options) => mobilenetV3('small', options),
  },
  {
    name: 'mtcnn-onet',
    description: 'face detector: Zhang et al. 2016, the last of three nets',
    options: mtcnnOnetOptions,
    build: mtcnnOnet,
  },
  {
    name: 'mtcnn-pnet',
    description: 'face detector: Zhang et al. 2016, the first of three nets, for pictures of any size',
    options: mtcnnPnetOptions,
    build: mtcnnPnet,
  },
  {
    name: 'mtcnn-rnet',
    description: 'face detector: Zhang et al. 2016, the second of three nets',
    options: mtcnnRnetOptions,
    build: mtcnnRnet,
  },
  ...RESNET_DEPTHS.map((depth) => ({
    name: `resnet-${depth}`,
    description: `image classifier: He et al.'s ResNet-${depth} with BatchNorm and Scale, named as in the authors' Caffe models`,
    options: resnetOptions(depth),
    build: (options?: Resnet50Options) => resnet(depth, options),
  })),
  {
    name: 'resnext-50',
    description: "image classifier: Xie et al. 2016 (32x4d), named as torchvision's modules",
    options: torchResnetOptions,
    build: resnext50,
  },
  {
    name: 'retinanet',
    description: 'object detector: Lin et al. 2017 over a ResNet or another classifier, raw heads of five levels',
    options: retinanetOptions,
    build: retinanet,
  },
  {
    name: 'se-resnet-50',
    description: "image classifier: Hu et al. 2017, ResNet-50 with squeeze and excitation, named as PyTorch's modules",
    options: torchResnetOptions,
    build: seResnet50,
  },
  {
    name: 'shufflenet-v1',
    description: 'image classifier: Zhang et al. 2017 (1x, 3 groups)',
    options: shufflenetV1Options,
    build: shufflenetV1,
  },
  {
    name: 'shufflenet-v2',
    description: "image classifier: Ma et al. 2018 (1x), named as torchvision's modules",
    options: shufflenetV2Options,
    build: shufflenetV2,
  },
  {
    name: 'squeezenet-1.0',
    description: "image classifier: Iandola et al. 2016, named as in the authors' Caffe model",
    options: squeezenetOptions,
    build: (options) => squeezenet('1.0', options),
  },
  {
    name: 'squeezenet-1.1',
    description: "image classifier: the authors' smaller SqueezeNet",
    options: squeezenetOptions,
    build: (options) => squeezenet('1.1', options),
  },
  {
    name: 'ssd-300',
    description: 'object detector: Liu et al. 2015 over VGG-16, with priors and selection',
    options: ssd300Options,
    build: ssd300,
  },
  ...RESNET_DEPTHS.map((depth) => ({
    name: `torch-resnet-${depth}`,
    description: "image classifier: ResNet with the stride in the 3x3 convolution, named as torchvision's modules",
    options: torchResnetOptions,
    build: (options?: Record<string, unknown>) => torchResnet(depth, options),
  })),
  {
    name: 'unet',
    description: "segmentation: Ronneberger et al. 2015 with batch norms, named as milesial's modules",
    options: unetOptions,
    build: unet,
  },
  ...([16, 19] as const).map((depth) => ({
    name: `vgg-${depth}`,
    description: "image classifier: Simonyan & Zisserman 2014, named as in the authors' Caffe model",
    options: vggOptions,
    build: (options?: Record<string, unknown>) => vgg(depth, options),
  })),
  {
    name: 'yolov3-tiny',
    description: "object detector: Redmon & Farhadi 2018, raw heads, named as ultralytics' modules",
    options: yolov3TinyOptions,
    build: yolov3Tiny,
  },
  {
    name: 'yolov5n',
    description: "object detector: ultralytics' YOLOv5 nano, raw heads, named as its modules",
    options: yolov5Options,
    build: (options) => yolov5('n', options),
  },
  {
    name: 'yolov5s',
    description: "object detector: ultralytics' YOLOv5 small, raw heads, named as its modules",
    options: yolov5Options,
    build: (options) => yolov5('s', options),
  },
  {
    name: 'yolov8n',
    description: "object detector: ultralytics' YOLOv8 nano, raw heads, named as its modules",
    options: yolov8nOptions,
    build: yolov8n,
  },
];

/**
 * A net by its name.
 * @throws NetspecError when there is none, with the nearest name
 */
export function namedNet(name: string): NamedNet {
  const net = namedNets.find((candidate) => candidate.name === name);
  if (net) return net;
  const names = namedNets.map((candidate) => candidate.name);
  throw new NetspecError(`no net is named '${name}'`, {
    hint: didYouMean(name, names) ?? `there is ${names.join(', ')}`,
  });
}
