/** What the vision tests share: numbers that are random and yet the same at every run, pictures of them, and a net. */
import { readNpyFile } from '../../src/node/npy-folder.js';
import { Net } from '../../src/runtime/net.js';
import type { NpyArray } from '../../src/weights/npy.js';
import type { RgbImage } from '../../src/vision/image.js';
import { fixture } from '../cli/support.js';

/** Uniform numbers in [0, 1): Marsaglia's xorshift of 32 bits. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Noise. */
export function randomImage(width: number, height: number, random: () => number): RgbImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256)) };
}

/**
 * A net that looks like detection-v2 for a picture of 561x480 and answers, whatever it sees, with the head's outputs of
 * the fixtures: Parameter layers hold them.
 */
export async function plantedNet(): Promise<Net> {
  const heads: { name: string; array: NpyArray }[] = [];
  for (const level of [2, 3, 4, 6, 7])
    for (const head of ['cls_logits', 'bbox_pred'])
      heads.push({
        name: `rpn_head_${head}_p${level}`,
        array: await readNpyFile(fixture('boxes', `${head}_p${level}.npy`)),
      });
  const dims = (shape: readonly number[]) => `shape { ${shape.map((dim) => `dim: ${dim}`).join(' ')} }`;
  const net = await Net.load(
    [
      `layer { name: "data" type: "Input" top: "data" input_param { ${dims([1, 3, 480, 576])} } }`,
      'layer { name: "unread" type: "Silence" bottom: "data" }',
      ...heads.map(
        ({ name, array }) =>
          `layer { name: "${name}" type: "Parameter" top: "${name}" parameter_param { ${dims(array.shape)} } }`,
      ),
    ].join('\n'),
  );
  for (const { name, array } of heads) net.params.get(name)![0]!.data.set(array.data);
  return net;
}
