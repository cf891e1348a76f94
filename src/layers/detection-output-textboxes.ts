/** DetectionOutput of TextBoxes++: the words in a picture, with the corners of their outlines. */
import { Code, DetectionOutputLayer, type Located } from './detection-output.js';
import type { LayerFacts } from './facts.js';

/**
 * The detections of SSD's DetectionOutput, each followed by the outline of the word: its four corners, or two corners and the height of a
 * rotated box. Boxes are told apart by their upright boxes alone.
 *
 * @formula as of DetectionOutput. With `use_polygon`: corner k is that of the default box, moved by offset · variance · size of the box.
 *   Without: (x1, y1) and (x2, y2) are its centre, moved likewise, and h is exp(offset · variance[3]) · its height
 * @bottoms loc, (N, P · L · 12), offsets of the box, then of the corners from the upper left one clockwise; 9 for each without `use_polygon`.
 *   conf, (N, P · C); priors, (1, 2, P · 4)
 * @tops y, (1, 1, K, 15): image, label, score, xmin, ymin, xmax, ymax, x1, y1 … x4, y4; (1, 1, K, 12) without `use_polygon`: … x1, y1, x2, y2, h
 * @fields those of DetectionOutput; `use_polygon` (true)
 * @notes The fork has outlines only with `code_type: CENTER_SIZE`. With the other codes they are 0. With `variance_encoded_in_target` too
 *   it leaves them unset, and netspec refuses the layer
 * @source detection_output_layer.cpp and bbox_util.cpp of MhLiao/TextBoxes_plusplus; Liao et al., TextBoxes++, 2018
 */
export class DetectionOutputTextBoxesLayer extends DetectionOutputLayer {
  static override readonly facts: LayerFacts = {
    type: 'DetectionOutput',
    origin: 'TextBoxes++',
    family: 'other',
    doc: 'Decodes, filters and sorts the words that TextBoxes++ finds, with their outlines.',
    bottoms: ['loc', 'conf', 'priors'],
    tops: ['y'],
    params: ['detection_output_param'],
    shapesFromValues: true,
    variant: {
      name: 'textboxes',
      schemas: ['textboxes'],
      when: 'use_polygon is given',
      claims: ({ param }) =>
        (param as { detection_output_param?: { use_polygon?: boolean } }).detection_output_param?.use_polygon !==
        undefined,
    },
    withoutCase: "test/layers/text-boxes.test.ts compares boxes with SSD's and outlines with the formula",
  };

  get #isPolygon(): boolean {
    return this.settings.use_polygon ?? true;
  }

  protected override get offsets(): number {
    return this.#isPolygon ? 12 : 9;
  }

  protected override get more(): number {
    return this.#isPolygon ? 8 : 5;
  }

  override setUp(): void {
    super.setUp();
    const { code_type, variance_encoded_in_target: encoded = false } = this.settings;
    this.check(
      !(encoded && code_type === Code.CENTER_SIZE),
      'the fork leaves the outlines unset with variance_encoded_in_target',
      'leave it out, and divide the offsets by the variances',
      'detection_output_param.variance_encoded_in_target',
    );
  }

  protected override moreOf({ offsets, at, priors, prior, variances }: Located): readonly number[] {
    if (this.settings.code_type !== Code.CENTER_SIZE) return Array.from({ length: this.more }, () => 0);
    const [x1, y1, x2, y2] = priors.subarray(prior, prior + 4) as unknown as [number, number, number, number];
    const [width, height] = [x2 - x1, y2 - y1];
    const moved = (i: number, from: number) =>
      offsets[at + 4 + i]! * priors[variances + (i % 2)]! * (i % 2 === 0 ? width : height) + from;
    if (this.#isPolygon) return [x1, y1, x2, y1, x2, y2, x1, y2].map((corner, i) => moved(i, corner));
    const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
    const tall = Math.exp(offsets[at + 8]! * priors[variances + 3]!) * height;
    return [moved(0, x), moved(1, y), moved(2, x), moved(3, y), tall];
  }
}
