/** The head of SSD (Liu et al. 2015): boxes, scores and priors of each feature map, put together and selected. Layers of the SSD fork. */
import { L, type Bottom, type NetSpec, type Top } from '../netspec/index.js';

/** A feature map that boxes are predicted from. */
export interface SsdLevel {
  /** Its layers are `NAME_mbox_loc`, `NAME_mbox_conf`, `NAME_mbox_priorbox` … */
  name: string;
  x: Bottom;
  /** Sides of the priors in pixels. */
  min: number;
  max?: number;
  ratios: readonly number[];
  /** Pixels between two cells. */
  step?: number;
}

export interface SsdHeadOptions {
  classes: number;
  /** Side of the predicting convolutions. */
  kernel: number;
}

/**
 * Adds the head to a net.
 * @returns the detections: image, label, score and corners of each
 */
export function ssdHead(
  n: NetSpec,
  data: Bottom,
  levels: readonly SsdLevel[],
  { classes, kernel }: SsdHeadOptions,
): Top {
  const parts = levels.map((level) => {
    // One square prior, one between both sizes, and two for each ratio: it and its inverse.
    const priors = 1 + (level.max === undefined ? 0 : 1) + 2 * level.ratios.length;
    return {
      loc: prediction(n, `${level.name}_mbox_loc`, level.x, 4 * priors, kernel),
      conf: prediction(n, `${level.name}_mbox_conf`, level.x, classes * priors, kernel),
      prior: priorBox(n, level, data),
    };
  });
  n['mbox_loc'] = L.Concat(...parts.map(({ loc }) => loc), { axis: 1 });
  n['mbox_conf'] = L.Concat(...parts.map(({ conf }) => conf), { axis: 1 });
  n['mbox_priorbox'] = L.Concat(...parts.map(({ prior }) => prior), { axis: 2 });
  n['mbox_conf_reshape'] = L.Reshape(n['mbox_conf'], { shape: { dim: [0, -1, classes] } });
  n['mbox_conf_softmax'] = L.Softmax(n['mbox_conf_reshape'], { axis: 2 });
  n['mbox_conf_flatten'] = L.Flatten(n['mbox_conf_softmax'], { axis: 1 });
  return (n['detection_out'] = L.DetectionOutput(n['mbox_loc'], n['mbox_conf_flatten'], n['mbox_priorbox'], {
    num_classes: classes,
    share_location: true,
    background_label_id: 0,
    nms_param: { nms_threshold: 0.45, top_k: 400 },
    code_type: 'CENTER_SIZE',
    keep_top_k: 200,
    confidence_threshold: 0.01,
  }));
}

function prediction(n: NetSpec, name: string, x: Bottom, num_output: number, kernel: number): Top {
  const conv = (n[name] = L.Convolution(x, { num_output, kernel_size: kernel, pad: (kernel - 1) / 2 }));
  const permute = (n[`${name}_perm`] = L.Permute(conv, { order: [0, 2, 3, 1] }));
  return (n[`${name}_flat`] = L.Flatten(permute, { axis: 1 }));
}

function priorBox(n: NetSpec, { name, x, min, max, ratios, step }: SsdLevel, data: Bottom): Top {
  return (n[`${name}_mbox_priorbox`] = L.PriorBox(x, data, {
    min_size: min,
    ...(max === undefined ? {} : { max_size: max }),
    aspect_ratio: [...ratios],
    flip: true,
    clip: false,
    variance: [0.1, 0.1, 0.2, 0.2],
    ...(step === undefined ? {} : { step }),
    offset: 0.5,
  }));
}
