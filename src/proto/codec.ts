/**
 * Messages ⇄ bytes in protobuf's binary format: what a .caffemodel, a .binaryproto and `net.pb` hold.
 */
import { BYTES, MESSAGE, OPTIONS, SCHEMA, TEXT, checkArguments } from '../arguments.js';
import { NetspecError } from '../errors.js';
import type { MessageName, Messages, NetParameter } from '../generated/messages.js';
import { readMessage } from './decode.js';
import { encodeWithHoles, encodedSize } from './encode.js';
import { remarkOnNumbers } from './forks/net-forks.js';
import { withSchemaOf } from './forks/with-schema.js';
import { defaultSchema, type Schema } from './schema.js';
import { upgradeNet, type UpgradeOptions } from './upgrade.js';
import { headOfBytes, wrongKind, wrongKindHint } from './file-kinds/index.js';
import { MAX_MESSAGE_BYTES, MalformedBytes, WireReader } from './wire.js';

/**
 * Reads a message of the named type.
 *
 * As C++ protobuf does: the last of several values of a singular field wins and sub-messages merge; repeated numbers are
 * read packed or not; what the schema does not know is kept raw under UNKNOWN_FIELDS. Unlike it: a 64-bit integer beyond
 * ±2^53 is refused, and a missing required field is not.
 * @throws NetspecError for bytes that are no such message, with the field and the byte offset.
 * @example
 * const bytes = encodeMessage('BlobProto', { shape: { dim: [2] }, data: Float32Array.of(1, 2) });
 * decodeMessage('BlobProto', bytes).data; // → Float32Array.of(1, 2)
 */
export function decodeMessage<N extends MessageName>(typeName: N, bytes: Uint8Array, schema?: Schema): Messages[N];
export function decodeMessage(typeName: string, bytes: Uint8Array, schema?: Schema): object;
export function decodeMessage(typeName: string, bytes: Uint8Array, schema: Schema = defaultSchema()): object {
  const type = schema.message(typeName);
  if (bytes.length > MAX_MESSAGE_BYTES)
    throw new NetspecError(`${bytes.length} bytes are no ${typeName}: protobuf holds at most ${MAX_MESSAGE_BYTES}`);
  try {
    return readMessage(type, new WireReader(bytes));
  } catch (error) {
    if (error instanceof MalformedBytes) throw explainMalformed(error, typeName, bytes);
    throw error;
  }
}

/**
 * Writes a message of the named type: known fields by number, unknown ones where they stood or else last.
 * @param schema says the numbers. Default: that which the message was read with, or else that of the Caffe that has its fields
 * @throws NetspecError for a field that the type does not have, a value that does not fit its field (with layer, field,
 * what was expected and what came), a missing required field, settings that stand in no schema (see docs/forks.md), and a size
 * beyond protobuf's 2 GiB.
 * @example
 * encodeMessage('BlobShape', { dim: [3] }); // → Uint8Array.of(0x0a, 1, 3)
 */
export function encodeMessage<N extends MessageName>(typeName: N, message: Messages[N], schema?: Schema): Uint8Array;
export function encodeMessage(typeName: string, message: object, schema?: Schema): Uint8Array;
export function encodeMessage(typeName: string, message: object, schema?: Schema): Uint8Array {
  checkArguments('encodeMessage()', {
    typeName: [typeName, TEXT],
    message: [message, MESSAGE],
    schema: [schema, SCHEMA],
  });
  const encode = (schema: Schema) => encodeWithHoles(schema.message(typeName), message);
  const { bytes, holes } = schema ? encode(schema) : withSchemaOf(message, typeName, encode);
  if (holes.length > 0) throw new Error('deferred floats outside a streaming writer');
  return bytes;
}

/**
 * Checks a message as {@link encodeMessage} does, without encoding it.
 * @throws NetspecError as it does
 */
export function checkMessage(typeName: string, message: object, schema?: Schema): void {
  const check = (schema: Schema) => encodedSize(schema.message(typeName), message);
  if (schema) check(schema);
  else withSchemaOf(message, typeName, check);
}

/** How {@link decodeNet} reads a net. */
export interface DecodeNetOptions extends UpgradeOptions {
  schema?: Schema;
  /** Bring V0 and V1 nets, old inputs and the like to today's format; see upgradeNet. Default: false. */
  upgrade?: boolean;
}

/**
 * Reads a NetParameter: a .caffemodel whole in memory, or a net in binary. For large files see CaffemodelReader, which
 * reads blobs one at a time.
 * @throws NetspecError as {@link decodeMessage} does; a prototxt, an HDF5 file and the like are named.
 * @example
 * const net = decodeNet(encodeNet({ name: 'small' }));
 * net.name; // → 'small'
 */
export function decodeNet(bytes: Uint8Array, options: DecodeNetOptions = {}): NetParameter {
  checkArguments('decodeNet()', { bytes: [bytes, BYTES], options: [options, OPTIONS] });
  checkArguments('decodeNet()', { schema: [options.schema, SCHEMA] });
  const { schema, upgrade = false, ...upgradeOptions } = options;
  const net = decodeMessage('NetParameter', bytes, schema);
  return upgrade ? upgradeNet(net, upgradeOptions) : net;
}

/**
 * Writes a NetParameter as Caffe's WriteProtoToBinaryFile does.
 * @throws NetspecError as {@link encodeMessage} does.
 * @example
 * encodeNet({ name: 'a' }); // → Uint8Array.of(0x0a, 1, 97)
 */
export function encodeNet(net: NetParameter, schema?: Schema): Uint8Array {
  checkArguments('encodeNet()', { net: [net, MESSAGE], schema: [schema, SCHEMA] });
  const bytes = encodeMessage('NetParameter', net, schema);
  if (!schema) remarkOnNumbers(net);
  return bytes;
}

/** The malformed bytes as a user can act on them. */
export function explainMalformed(
  error: MalformedBytes,
  typeName: string,
  start: Uint8Array,
  offset = error.offset,
): NetspecError {
  const head = headOfBytes(start);
  const wrong = typeName === 'NetParameter' ? wrongKind(head, 'caffemodel', true) : undefined;
  if (wrong) return new NetspecError(wrong.reason, { ...wrong.details, cause: error });
  const where = error.path.length > 0 ? `${error.path.join('.')}, ` : '';
  return new NetspecError(`not a binary ${typeName}: ${where}byte ${offset}: ${error.reason}`, {
    hint:
      wrongKindHint(head, 'message') ??
      (error.reason.startsWith('truncated') ? 'the file is incomplete: copy or download it again' : undefined),
    layer: error.layer,
    cause: error,
  });
}
