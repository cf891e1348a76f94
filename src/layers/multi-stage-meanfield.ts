/** MultiStageMeanfield of CRF-RNN: a conditional random field over pixels, as iterations of its mean field. */
import type { Blob } from '../engine/blob.js';
import type { LayerParameter } from '../generated/messages.js';
import { shapeString } from '../shapes.js';
import { settingsOf } from './shared/fork-settings.js';
import { PermutohedralLattice } from './shared/permutohedral.js';
import { valuesAndScratch, valuesOf } from './shared/views.js';
import type { LayerFacts } from './facts.js';
import { Layer } from './layer.js';
import { softmax } from './softmax.js';

interface MeanfieldSettings {
  theta_alpha: number;
  theta_beta: number;
  theta_gamma: number;
  num_iterations: number;
  spatial_filter_weights_str: string;
  bilateral_filter_weights_str: string;
}

function settings(param: LayerParameter): MeanfieldSettings {
  const byDefault = { theta_alpha: 10, theta_beta: 10, theta_gamma: 10, num_iterations: 1 };
  const weights = { spatial_filter_weights_str: '', bilateral_filter_weights_str: '' };
  return { ...byDefault, ...weights, ...settingsOf<MeanfieldSettings>(param, 'multi_stage_meanfield_param') };
}

/**
 * Makes the labels of pixels that are near, and of pixels that are near and of like colour, agree.
 *
 * @formula q = softmax(bottom[1]); then `num_iterations` times: m = Ws · G(q) + Wb · B(q), y = unary − C · m, q = softmax(y). G weights
 *   pixels by exp(−|Δp|² / 2 θγ²) and B by exp(−|Δp|² / 2 θα² − |Δcolour|² / 2 θβ²), both divided by their sum over the pixels; y of the last
 *   iteration is the top
 * @bottoms unary, (1, C, H, W); start, as unary; image, (1, 3, H, W)
 * @tops y, (1, C, H, W)
 * @params Ws (1, 1, C, C); Wb (1, 1, C, C); C (1, 1, C, C): −1 on the diagonal
 * @fields `theta_alpha`, `theta_beta`, `theta_gamma`, `num_iterations` of 2 or more. `spatial_filter_weights_str` and
 *   `bilateral_filter_weights_str`, C numbers each, are the diagonals of Ws and Wb where no weights are given
 * @notes G and B are approximated by permutohedral lattices, whose points are placed by four as the fork's SSE code does. The fork filters
 *   the first image of a batch only, so that a batch is refused
 * @source multi_stage_meanfield.cpp and modified_permutohedral.cpp of bittnt/caffe; Zheng et al., CRF-RNN, 2015
 */
export class MultiStageMeanfieldLayer extends Layer {
  static override readonly facts: LayerFacts = {
    type: 'MultiStageMeanfield',
    origin: 'CRF-RNN',
    family: 'weights',
    doc: 'Makes the labels of pixels that are near and of like colour agree.',
    bottoms: ['unary', 'start', 'image'],
    tops: ['y'],
    params: ['multi_stage_meanfield_param'],
    blobs: [{ role: 'other' }, { role: 'other' }, { role: 'other' }],
  };

  readonly #settings = settings(this.param);
  #spatial: { height: number; width: number; lattice: PermutohedralLattice; norm: Float32Array } | undefined;

  override setUp([unary]: readonly Blob[]): void {
    const { num_iterations: iterations, spatial_filter_weights_str, bilateral_filter_weights_str } = this.#settings;
    const field = 'multi_stage_meanfield_param.num_iterations';
    this.check(iterations > 1, `Number of iterations must be greater than 1, got ${iterations}`, undefined, field);
    this.#checkImages(unary!);
    const channels = unary!.shape[1]!;
    for (let i = 0; i < 3; i++) this.addBlob([1, 1, channels, channels]);
    this.#setDiagonal(0, this.#numbers(spatial_filter_weights_str, 'spatial_filter_weights_str', channels));
    this.#setDiagonal(1, this.#numbers(bilateral_filter_weights_str, 'bilateral_filter_weights_str', channels));
    this.#setDiagonal(2, new Array<number>(channels).fill(-1));
  }

  /** A setting's numbers, one for each channel; none where weights are to come from a file. */
  #numbers(text: string, name: string, channels: number): number[] {
    if (text === '') return [];
    const numbers = text.trim().split(/\s+/).map(Number);
    this.check(
      numbers.length >= channels && !numbers.some(Number.isNaN),
      `expected ${channels} numbers, got "${text}"`,
      'one for each channel of bottom[0]',
      `multi_stage_meanfield_param.${name}`,
    );
    return numbers.slice(0, channels);
  }

  #setDiagonal(index: number, numbers: readonly number[]): void {
    this.blobs[index]!.setInitializer((data) => {
      for (const [i, value] of numbers.entries()) data[i * numbers.length + i] = value;
    });
  }

  #checkImages(unary: Blob): void {
    this.check(
      unary.numAxes === 4 && unary.shape[0] === 1,
      () => `expected one image, (1, C, H, W), bottom[0] is ${shapeString(unary.shape)}`,
      "the fork's code filters the first image of a batch only",
    );
  }

  override reshape([unary, start, image]: readonly Blob[], [y]: readonly Blob[]): void {
    this.#checkImages(unary!);
    const [, channels, height, width] = unary!.shape as [number, number, number, number];
    this.check(
      channels === this.blobs[0]!.shape[2],
      () => `bottom[0] is ${shapeString(unary!.shape)}, its weights are for ${this.blobs[0]!.shape[2]!} channels`,
    );
    this.check(
      shapeString(start!.shape) === shapeString(unary!.shape),
      () => `bottom[1] must be as bottom[0]: they are ${shapeString(start!.shape)} and ${shapeString(unary!.shape)}`,
    );
    this.check(
      image!.numAxes === 4 && image!.shape[1]! >= 3 && image!.shape[2] === height && image!.shape[3] === width,
      () => `expected an image, (1, 3, ${height}, ${width}), bottom[2] is ${shapeString(image!.shape)}`,
    );
    y!.reshapeLike(unary!);
  }

  override forward([unary, start, image]: readonly Blob[], [y]: readonly Blob[]): void {
    const { arena } = this.context;
    const [, channels, height, width] = unary!.shape as [number, number, number, number];
    const pixels = height * width;
    const [spatialWeights, bilateralWeights, compatibility] = valuesOf(...this.blobs).map((data) => data.slice());
    const spatial = this.#spatialFilter(height, width);
    const [colours] = valuesOf(image!);
    const bilateral = normalized(new PermutohedralLattice(this.#features(colours, height, width), 5), pixels);
    const [near, alike, message] = [0, 1, 2].map(() => new Float32Array(channels * pixels)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let i = 0; i < this.#settings.num_iterations; i++) {
      const [given, to, q] = valuesAndScratch(this.context, channels * pixels, unary!, y!);
      const from = i === 0 ? start! : y!;
      softmax(arena, from, 1, from.ptr, q.byteOffset);
      filterAndScale(spatial, q, near);
      filterAndScale(bilateral, q, alike);
      for (let p = 0; p < pixels; p++)
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let k = 0; k < channels; k++)
            sum +=
              spatialWeights![c * channels + k]! * near[k * pixels + p]! +
              bilateralWeights![c * channels + k]! * alike[k * pixels + p]!;
          message[c * pixels + p] = sum;
        }
      for (let p = 0; p < pixels; p++)
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let k = 0; k < channels; k++) sum += compatibility![c * channels + k]! * message[k * pixels + p]!;
          to[c * pixels + p] = given[c * pixels + p]! - sum;
        }
    }
  }

  /** The filter that depends on places alone: the same for all images of a size. */
  #spatialFilter(height: number, width: number): Filter {
    if (this.#spatial?.height === height && this.#spatial.width === width) return this.#spatial;
    const { theta_gamma } = this.#settings;
    const places = new Float32Array(height * width * 2);
    for (let p = 0; p < height * width; p++) {
      places[2 * p] = (p % width) / Math.fround(theta_gamma);
      places[2 * p + 1] = Math.floor(p / width) / Math.fround(theta_gamma);
    }
    const filter = normalized(new PermutohedralLattice(places, 2), height * width);
    this.#spatial = { height, width, ...filter };
    return filter;
  }

  /** Place and colour of each pixel, in units of the filter. */
  #features(colours: Float32Array, height: number, width: number): Float32Array {
    const pixels = height * width;
    const [alpha, beta] = [Math.fround(this.#settings.theta_alpha), Math.fround(this.#settings.theta_beta)];
    const features = new Float32Array(pixels * 5);
    for (let p = 0; p < pixels; p++) {
      features[5 * p] = (p % width) / alpha;
      features[5 * p + 1] = Math.floor(p / width) / alpha;
      for (let c = 0; c < 3; c++) features[5 * p + 2 + c] = colours[c * pixels + p]! / beta;
    }
    return features;
  }

  override macs([unary]: readonly Blob[]): number {
    const [, channels = 0, height = 0, width = 0] = unary!.shape;
    return this.#settings.num_iterations * 3 * channels * channels * height * width;
  }
}

interface Filter {
  readonly lattice: PermutohedralLattice;
  /** What results are multiplied with at each pixel. */
  readonly norm: Float32Array;
}

function normalized(lattice: PermutohedralLattice, pixels: number): Filter {
  const norm = new Float32Array(pixels);
  lattice.filter(new Float32Array(pixels).fill(1), norm);
  return { lattice, norm: norm.map((sum) => 1 / Math.fround(sum + Math.fround(1e-20))) };
}

function filterAndScale({ lattice, norm }: Filter, from: Float32Array, to: Float32Array): void {
  lattice.filter(from, to);
  for (let i = 0; i < to.length; i++) to[i] = to[i]! * norm[i % norm.length]!;
}
