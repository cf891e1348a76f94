// What `netspec/caffemodel` exports: messages as bytes, and caffemodel files that are read and written blob by blob.
export { NetspecError, type Address, type ErrorCode, type NetspecErrorOptions } from '../errors.js';
export type { BlobProto, LayerParameter, NetParameter } from '../generated/messages.js';
export { decodeMessage, decodeNet, encodeMessage, encodeNet, type DecodeNetOptions } from './codec.js';
export { Schema } from './parse-schema.js';
export { UNKNOWN_FIELDS, type WithUnknownFields } from './message.js';
export { floatsOfBlob, shapeOfBlob, type BlobProtoShape } from './blob-proto.js';
export {
  CaffemodelReader,
  type BlobEntry,
  type CaffemodelReaderOptions,
  type LayerEntry,
} from './caffemodel-reader.js';
export {
  caffemodelSize,
  writeCaffemodel,
  type BlobMessage,
  type BlobSource,
  type CaffemodelWriterOptions,
  type LayerBlobs,
} from './caffemodel-writer.js';
export {
  fromBlob,
  fromBytes,
  toBytes,
  type ByteSink,
  type FileStretch,
  type FloatCopy,
  type RandomAccess,
  type StoredFloats,
} from './random-access.js';
export type { ForkField } from './skeleton.js';
export type { Warn } from './upgrade/warn.js';
