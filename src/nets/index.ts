// What the whole exports of src/nets: the composers, and the nets that are made of them.
export { convBn, type ConvBnOptions } from './conv-bn.js';
export { convFrozenBn, type ConvFrozenBnOptions } from './conv-frozen-bn.js';
export { resnetStage, type ResnetStageOptions } from './resnet-stage.js';
export { upsample, type Upsampling } from './upsample.js';
export { fpn, type FpnOptions, type Pyramid } from './fpn.js';
export { rpnTower, type RpnTowerOptions } from './rpn-tower.js';
export { detectionV2, type DetectionV2Options } from './detection-v2.js';
export { resnet50, type Resnet50Options, type ResnetOptions } from './resnet.js';
