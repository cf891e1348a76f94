/**
 * The nets that come with netspec, by name: what `netspec list` lists and `netspec build NAME` builds. A new one is a file
 * of its own and one entry here.
 */
import type { NetParameter } from '../generated/messages.js';
import { NetspecError, didYouMean } from '../errors.js';
import { detectionV2, detectionV2Options } from './detection-v2.js';
import type { NetOption } from './options.js';
import { resnet50, resnet50Options } from './resnet-50.js';

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

export const namedNets: readonly NamedNet[] = [
  {
    name: 'detection-v2',
    description: 'text detector: ResNet-50, feature pyramid, RetinaNet head unrolled over five levels',
    options: detectionV2Options,
    build: detectionV2,
  },
  {
    name: 'resnet-50',
    description:
      "image classifier: He et al.'s ResNet-50 with BatchNorm and Scale, named as in the authors' Caffe models",
    options: resnet50Options,
    build: resnet50,
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
