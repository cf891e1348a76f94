/**
 * Blobs in half precision as NVIDIA's Caffe writes them, and OpenCV's shrinkCaffeModel: the bytes in `raw_data` (12) and their
 * type FLOAT16 in `raw_data_type` (10), both of which BVLC's BlobProto lacks.
 */
import type { BlobMessage } from './caffemodel-writer.js';
import { countOf } from './blob-proto.js';
import { encodeMessage } from './codec.js';
import { halvesOf, type HalfRange } from './half.js';
import { WireWriter, varintLength } from './wire.js';

/** `raw_data_type: FLOAT16`, and the tag of `raw_data`. */
const RAW_DATA_TYPE = [0x50, 0x02] as const;
const RAW_DATA_TAG = 0x62;

/**
 * A blob's message for writeCaffemodel.
 * @param read the values, called once; pieces of any length, each valid until the next is asked for
 * @param range counts values that half precision cannot hold
 */
export function halfBlob(
  shape: readonly number[],
  read: () => AsyncIterable<Float32Array>,
  range?: HalfRange,
): BlobMessage {
  const length = 2 * countOf(shape);
  const head = headOf(shape, length);
  return {
    byteLength: head.length + length,
    async *readMessage() {
      yield head;
      for await (const piece of read()) {
        const halves = halvesOf(piece, range);
        yield new Uint8Array(halves.buffer, 0, halves.byteLength);
      }
    },
  };
}

/** All of the message before the values. */
function headOf(shape: readonly number[], length: number): Uint8Array {
  // As Caffe does: a scalar has no shape message at all.
  const shapeField = shape.length > 0 ? encodeMessage('BlobProto', { shape: { dim: [...shape] } }) : new Uint8Array();
  const writer = new WireWriter(new Uint8Array(shapeField.length + RAW_DATA_TYPE.length + 1 + varintLength(length)));
  writer.raw(shapeField);
  writer.raw(Uint8Array.from(RAW_DATA_TYPE));
  writer.varint(RAW_DATA_TAG);
  writer.varint(length);
  return writer.bytes;
}
