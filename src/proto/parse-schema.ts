/**
 * A vendor's caffe.proto → a schema. Only here is anything parsed, by protobufjs; BVLC's schema does without it.
 */
import protobuf from 'protobufjs';
import { NetspecError } from '../errors.js';
import { definitionOf } from './reflection.js';
import { Schema as RuntimeSchema, withInputLayers } from './schema.js';

export type Schema = RuntimeSchema;

/**
 * Which messages, fields and enums there are: in BVLC's Caffe (`defaultSchema()`) or in a vendor's.
 * @example
 * const schema = Schema.parse(`
 *   package caffe;
 *   message NetParameter { repeated LayerParameter layer = 100; }
 *   message LayerParameter { optional string name = 1; optional string type = 2; optional GateParameter gate_param = 900; }
 *   message GateParameter { optional float shift = 1 [default = 3]; }
 * `);
 * schema.message('GateParameter').byName.get('shift')!.default; // → 3
 */
export const Schema = Object.assign(RuntimeSchema, {
  /**
   * A vendor's caffe.proto, as text. Its layers can then be authored, parsed, printed and packed.
   * @throws NetspecError when the text is no proto2 file or lacks Caffe's messages.
   */
  parse(protoText: string, file?: string): RuntimeSchema {
    let root: protobuf.Root;
    try {
      root = protobuf.parse(protoText, { keepCase: true }).root;
    } catch (cause) {
      throw new NetspecError(`not a .proto file: ${(cause as Error).message}`, { file, cause });
    }
    try {
      return new RuntimeSchema(withInputLayers(definitionOf(root)), undefined, file);
    } catch (cause) {
      if (cause instanceof NetspecError) throw cause.within({ file });
      throw new NetspecError(`the .proto file does not resolve: ${(cause as Error).message}`, { file, cause });
    }
  },
});
