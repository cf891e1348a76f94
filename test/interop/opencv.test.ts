/**
 * Another implementation reads what we write: OpenCV's dnn module, as WebAssembly from npm. It parses our prototxt and
 * caffemodel with its own code and runs the net with its own kernels.
 */
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { detectionV2, formatPrototxt, nameMap, Net, packWeights, readNpyFile, toBytes } from '../../src/node.js';
import { NpyFolderSource } from '../../src/node/npy-folder.js';
import { imageBlob, loadOpenCv, type OpenCv } from '../support/opencv.js';

const fixtures = path.join(import.meta.dirname, '..', 'fixtures', 'detection-v2-tiny');

describe("OpenCV's dnn module", () => {
  let cv: OpenCv;
  beforeAll(async () => {
    ({ cv } = await loadOpenCv());
  }, 120_000);

  test.each([{}, { shareParams: false, inPlace: true }] as const)(
    'runs detection-v2 %p as packed, and agrees with us on every output',
    async (variant) => {
      const net = detectionV2({
        inputSize: [96, 128],
        stemWidth: 8,
        stageWidths: [8, 16, 32, 64],
        pyramidChannels: 32,
        ...variant,
      });
      const built = await Net.load(net);
      const shapes = new Map([...built.params].map(([name, blobs]) => [name, blobs.map(({ shape }) => shape)]));
      built.dispose();
      const sink = toBytes();
      await packWeights({
        net,
        shapes,
        source: await NpyFolderSource.open(path.join(fixtures, 'npy_save')),
        map: nameMap('maskrcnn-benchmark'),
        sink,
      });
      const input = await readNpyFile(path.join(fixtures, 'input.npy'));

      const ours = await Net.load(net, { weights: sink.bytes() });
      ours.blobs.get('data')!.data.set(input.data);
      const outputs = await ours.forward();

      const name = `v${Object.keys(variant).length}`;
      cv.FS_createDataFile('/', `${name}.prototxt`, new TextEncoder().encode(formatPrototxt(net)), true, false, false);
      cv.FS_createDataFile('/', `${name}.caffemodel`, sink.bytes(), true, false, false);
      const theirs = cv.readNetFromCaffe(`/${name}.prototxt`, `/${name}.caffemodel`);
      theirs.setInput(imageBlob(cv, input.shape, input.data), 'data');

      expect([...outputs.keys()].sort()).toEqual(
        ['bbox_pred', 'cls_logits'].flatMap((head) => [2, 3, 4, 6, 7].map((level) => `rpn_head_${head}_p${level}`)),
      );
      for (const [output, blob] of outputs) {
        const mat = theirs.forward(output);
        expect(mat.matSize).toEqual([...blob.shape]);
        const largest = blob.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        // Two float32 engines that sum in different orders: an error of some 1e-6 of the largest value after 60 layers
        // (measured against the real Caffe: 2e-6). 1e-4 of it leaves room for OpenCV's Winograd and fused kernels, and is
        // far below what a wrong weight or layer gives.
        const worst = mat.data32F.reduce((most, v, i) => Math.max(most, Math.abs(v - blob.data[i]!)), 0);
        expect(worst).toBeLessThan(1e-4 * largest);
        mat.delete();
      }
      theirs.delete();
      ours.dispose();
    },
    120_000,
  );
});
