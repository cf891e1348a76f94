/**
 * The schema at run time: protobufjs reflection over the embedded caffe.proto, or over a vendor's own.
 */
import protobuf from 'protobufjs';
import { NetspecError } from '../errors.js';
import { schemaJson } from '../generated/schema.js';

const PACKAGE = 'caffe';

export class Schema {
  readonly root: protobuf.Root;

  constructor(root: protobuf.Root) {
    root.resolveAll();
    this.root = root;
    if (!this.has('NetParameter') || !this.has('LayerParameter'))
      throw new NetspecError('the schema must declare package caffe with messages NetParameter and LayerParameter');
  }

  /**
   * A vendor's caffe.proto, as text. Its layers can then be authored, parsed, printed and packed.
   * @throws NetspecError when the text is no proto2 file or lacks Caffe's messages.
   */
  static parse(protoText: string, file?: string): Schema {
    let root: protobuf.Root;
    try {
      root = protobuf.parse(protoText, { keepCase: true }).root;
    } catch (cause) {
      throw new NetspecError(`not a .proto file: ${(cause as Error).message}`, { file, cause });
    }
    try {
      return new Schema(root);
    } catch (cause) {
      if (cause instanceof NetspecError) throw cause.within({ file });
      throw new NetspecError(`the .proto file does not resolve: ${(cause as Error).message}`, { file, cause });
    }
  }

  has(name: string): boolean {
    return this.root.lookup(`${PACKAGE}.${name}`, protobuf.Type) !== null;
  }

  /** A message type by its name within package caffe: 'LayerParameter'. */
  message(name: string): protobuf.Type {
    const type = this.root.lookup(`${PACKAGE}.${name}`, protobuf.Type);
    if (!(type instanceof protobuf.Type)) throw new NetspecError(`the schema has no message ${name}`);
    return type;
  }
}

let builtIn: Schema | undefined;

/** BVLC Caffe 1.0's schema, built at first use. */
export function defaultSchema(): Schema {
  builtIn ??= new Schema(protobuf.Root.fromJSON(schemaJson));
  return builtIn;
}
