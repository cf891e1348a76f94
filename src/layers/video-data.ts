/** VideoData: reads frames of videos. Not run here. */
import type { LayerFacts } from './facts.js';
import { UnsupportedLayer, inputInstead } from './shared/unsupported-layer.js';

/**
 * Reads frames of video files or of a camera.
 *
 * @formula none: netspec does not run it. Building a Net is refused, with what to write instead
 * @bottoms none
 * @tops data, (batch_size, channels, height, width); optionally label
 * @source video_data_layer.cpp of weiliu89/caffe (SSD)
 */
export class VideoDataLayer extends UnsupportedLayer {
  static override readonly facts: LayerFacts = {
    type: 'VideoData',
    origin: 'SSD',
    family: 'input',
    doc: 'Reads frames of video files or of a camera.',
    bottoms: [],
    tops: ['data', 'label?'],
    params: ['video_data_param', 'data_param'],
    unsupported: { purpose: 'read videos', instead: inputInstead },
  };
}
