/**
 * A schema by the names that Caffe gives its messages: that of the embedded caffe.proto, or a vendor's own. Nothing here
 * parses: see parse-schema.ts.
 */
import { NetspecError } from '../errors.js';
import { schemaJson } from '../generated/schema.js';
import { Types, type EnumType, type FieldDefinition, type MessageType, type SchemaDefinition } from './descriptor.js';

const PACKAGE = 'caffe';

/** The schema that types belong to. */
const schemas = new WeakMap<Types, Schema>();

export class Schema {
  readonly #types: Types;

  /**
   * @param name what users call it: a fork's name. Layer types that mean different layers in different forks are told apart by it
   * @param title what people call it: 'SSD'
   * @throws NetspecError when it lacks the messages that every Caffe has
   */
  constructor(
    readonly definition: SchemaDefinition,
    readonly name?: string,
    readonly title = name,
  ) {
    this.#types = new Types(definition, caffeDefinition());
    schemas.set(this.#types, this);
    if (!this.has('NetParameter') || !this.has('LayerParameter'))
      throw new NetspecError('the schema must declare package caffe with messages NetParameter and LayerParameter');
  }

  has(name: string): boolean {
    return this.#types.message(`${PACKAGE}.${name}`) !== undefined;
  }

  /**
   * A message type by its name within package caffe: 'LayerParameter'.
   * @throws NetspecError when there is none
   */
  message(name: string): MessageType {
    const type = this.#types.message(`${PACKAGE}.${name}`);
    if (!type) throw new NetspecError(`the schema has no message ${name}`);
    return type;
  }

  /** The enums that each message type of package caffe declares, by the name of the message. */
  enumsByMessage(): Map<string, EnumType[]> {
    const enums = new Map<string, EnumType[]>();
    for (const type of this.#types.enums()) {
      const [space, message, ...rest] = type.fullName.split('.');
      if (space === PACKAGE && rest.length === 1) enums.set(message!, [...(enums.get(message!) ?? []), type]);
    }
    return enums;
  }
}

/** The schema that a message type is of. */
export function schemaOfType({ types }: MessageType): Schema {
  return schemas.get(types)!;
}

/** No Caffe has fields with numbers as high as this. */
const INPUT_PARAM_NUMBER = 100_000_000;

/**
 * A schema from before there were Input layers, with them: they are how netspec says what a net is given. Text that is read may have
 * them; in bytes their settings have a number that such a Caffe passes over.
 */
export function withInputLayers({ messages, enums }: SchemaDefinition): SchemaDefinition {
  const nameOf = (name: string) => `${PACKAGE}.${name}`;
  const [layer, input, shape] = [nameOf('LayerParameter'), nameOf('InputParameter'), nameOf('BlobShape')];
  const fields = messages[layer];
  if (!fields || fields.some(({ name }) => name === 'input_param')) return { messages, enums };
  const caffe = caffeDefinition().messages;
  const field: FieldDefinition = { name: 'input_param', number: INPUT_PARAM_NUMBER, kind: 'message', type: input };
  const more = { [layer]: [...fields, field], [input]: caffe[input]!, [shape]: messages[shape] ?? caffe[shape]! };
  return { messages: { ...messages, ...more }, enums };
}

/** Whether the Caffe of a schema has Input layers of its own. */
export function hasInputLayers(schema: Schema): boolean {
  const field = schema.message('LayerParameter').byName.get('input_param');
  return field !== undefined && field.number !== INPUT_PARAM_NUMBER;
}

let definition: SchemaDefinition | undefined;
let builtIn: Schema | undefined;

/** BVLC's schema as data, read at first use. */
export function caffeDefinition(): SchemaDefinition {
  return (definition ??= JSON.parse(schemaJson) as SchemaDefinition);
}

/** BVLC Caffe's schema, built at first use. */
export function defaultSchema(): Schema {
  return (builtIn ??= new Schema(caffeDefinition()));
}
