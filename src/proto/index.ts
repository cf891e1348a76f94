/** The public interface of src/proto: prototxt text, messages as bytes, caffemodel files, upgrades of old formats. */
export { Schema } from './parse-schema.js';
export { defaultSchema } from './schema.js';
export type { EnumType, Field, FieldKind, MessageType } from './descriptor.js';
export { forkSchema, forks, type Fork } from './forks/catalog.js';
export { forksOf } from './forks/net-forks.js';
export {
  UNKNOWN_FIELDS,
  addressOf,
  resolve,
  schemaOf,
  typeNameOf,
  type Resolved,
  type WithUnknownFields,
} from './message.js';
export { decodeMessage, decodeNet, encodeMessage, encodeNet, type DecodeNetOptions } from './codec.js';
export { decodeUtf8, encodeUtf8 } from './utf8.js';
export { fromBlob, fromBytes, toBytes, type ByteSink, type RandomAccess } from './random-access.js';
export { parsePrototxt, type ParseOptions } from './text/parser.js';
export { formatPrototxt, type FormatOptions } from './text/printer.js';
export { needsUpgrade, upgradeNet, upgradeSolver, type UpgradeOptions } from './upgrade.js';
export { checkCount, countOf, floatsOfBlob, formatShape, shapeOfBlob, type BlobProtoShape } from './blob-proto.js';
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
  type LayerBlobs,
} from './caffemodel-writer.js';
