/**
 * What reading and writing need to know of a schema: its message types with their fields, and its enums. They are made from
 * plain data when they are first asked for, since a program uses few of a schema's types.
 */
import { BYTES, FIXED32, FIXED64, VARINT } from './wire.js';

/** protobuf's scalar types, and the two that refer to other declarations. */
export type FieldKind =
  | 'double'
  | 'float'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'fixed32'
  | 'sfixed32'
  | 'int64'
  | 'uint64'
  | 'sint64'
  | 'fixed64'
  | 'sfixed64'
  | 'bool'
  | 'string'
  | 'bytes'
  | 'enum'
  | 'message';

/** A schema as data. Types are called by their full names, 'caffe.LayerParameter', and are in the order of the text. */
export interface SchemaDefinition {
  /** The fields of each message type, as they are declared. */
  messages: Readonly<Record<string, readonly FieldDefinition[]>>;
  /** The values of each enum by name, as they are declared. */
  enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A field of a message type, as it is declared. */
export interface FieldDefinition {
  name: string;
  number: number;
  kind: FieldKind;
  /** The enum or the message type. */
  type?: string;
  label?: 'repeated' | 'required';
  /** Declared `[packed = true]`. */
  packed?: boolean;
  /** The oneof that it is a member of. */
  oneof?: string;
  /** As JavaScript holds it; left out where none is declared. */
  default?: unknown;
}

/**
 * How a message holds the values of a field: as BVLC's schema would have it, so that what reads a net need not know by which schema
 * it was written. `one`: the value; `list`: a list, which has one value where the schema in use does not declare the field repeated;
 * `either`: one value by itself and several as a list, where the schema in use declares the field repeated and BVLC's does not.
 */
export type FieldForm = 'one' | 'list' | 'either';

/** A field of a message type. */
export interface Field {
  readonly name: string;
  readonly number: number;
  readonly kind: FieldKind;
  /** May occur any number of times. */
  readonly repeated: boolean;
  /** How a message holds its values. */
  readonly form: FieldForm;
  readonly required: boolean;
  /** Written as one run; runs and single values are both read, whatever was declared. */
  readonly packed: boolean;
  /** Packed floats and doubles live in typed arrays: these are the weights. */
  readonly typedArray: boolean;
  /** Wire type of one value. */
  readonly wireType: number;
  readonly enumType: EnumType | undefined;
  readonly messageType: MessageType | undefined;
  /** Names of the other fields of its oneof: giving one clears these. */
  readonly rivals: readonly string[];
  /** What an absent field stands for: the declared default, else zero or an empty list; undefined for a message. */
  readonly default: unknown;
}

/** All that a message type says of its fields. */
interface FieldTable {
  fields: readonly Field[];
  inOrder: readonly Field[];
  byNumber: ReadonlyMap<number, Field>;
  byName: ReadonlyMap<string, Field>;
  defaults: object;
}

/** A message type of a schema, with its fields. */
export class MessageType {
  /** Name within package caffe: 'LayerParameter', 'Outer.Inner'. */
  readonly name: string;
  /** Without the names around it: 'Inner'. */
  readonly simpleName: string;
  readonly #makeFields: () => Field[];
  #made: FieldTable | undefined;

  constructor(
    /** With the package: 'caffe.LayerParameter'. */
    readonly fullName: string,
    makeFields: () => Field[],
    /** The types that it is one of. */
    readonly types: Types,
  ) {
    this.name = fullName.replace(/^caffe\./, '');
    this.simpleName = lastNameOf(fullName);
    this.#makeFields = makeFields;
  }

  /** As they are declared. */
  get fields(): readonly Field[] {
    return this.#table.fields;
  }

  /** By number, which is the order C++ writes them in. */
  get inOrder(): readonly Field[] {
    return this.#table.inOrder;
  }

  /** The fields by their numbers. */
  get byNumber(): ReadonlyMap<number, Field> {
    return this.#table.byNumber;
  }

  /** The fields by their names. */
  get byName(): ReadonlyMap<string, Field> {
    return this.#table.byName;
  }

  /** Each field's default under its name: a prototype for messages. */
  get defaults(): object {
    return this.#table.defaults;
  }

  get #table(): FieldTable {
    return (this.#made ??= tableOf(this.#makeFields()));
  }
}

/** An enum of a schema. */
export class EnumType {
  /** Without the names around it: 'PoolMethod'. */
  readonly simpleName: string;
  #names: ReadonlyMap<number, string> | undefined;

  constructor(
    /** With the package: 'caffe.PoolingParameter.PoolMethod'. */
    readonly fullName: string,
    /** Numbers by name, as they are declared. */
    readonly values: Readonly<Record<string, number>>,
  ) {
    this.simpleName = lastNameOf(fullName);
  }

  /** The name of each number: as in C++, the first declared of those that share it. */
  get names(): ReadonlyMap<number, string> {
    // Backwards, since of equal keys a Map keeps the last.
    this.#names ??= new Map(
      Object.entries(this.values)
        .reverse()
        .map(([name, number]) => [number, name]),
    );
    return this.#names;
  }
}

/** The types of a schema. */
export class Types {
  readonly #messages = new Map<string, MessageType>();
  readonly #enums = new Map<string, EnumType>();

  /**
   * @param model says which fields are held as lists whatever this definition says: BVLC's schema, for any other; see
   * {@link Field.form}
   */
  constructor(
    readonly definition: SchemaDefinition,
    readonly model: SchemaDefinition = definition,
  ) {}

  /** A message type by its full name; undefined when there is none. */
  message(fullName: string): MessageType | undefined {
    const known = this.#messages.get(fullName);
    const definitions = this.definition.messages[fullName];
    if (known || !definitions) return known;
    const model = this.model.messages[fullName] ?? [];
    const makeFields = () =>
      definitions.map((definition) => {
        const likeness = model.find(({ name }) => name === definition.name);
        return this.#field(definition, formOf(definition, likeness), rivalsOf(definition, definitions));
      });
    const type = new MessageType(fullName, makeFields, this);
    this.#messages.set(fullName, type);
    return type;
  }

  /** An enum by its full name; undefined when there is none. */
  enum(fullName: string): EnumType | undefined {
    const known = this.#enums.get(fullName);
    const values = this.definition.enums[fullName];
    if (known || !values) return known;
    const type = new EnumType(fullName, values);
    this.#enums.set(fullName, type);
    return type;
  }

  /** Every enum, in the order of the text. */
  enums(): EnumType[] {
    return Object.keys(this.definition.enums).map((fullName) => this.enum(fullName)!);
  }

  #field(definition: FieldDefinition, form: FieldForm, rivals: readonly string[]): Field {
    const { name, number, kind, type = '', label } = definition;
    const enumType = kind === 'enum' ? this.enum(type) : undefined;
    const wireType = wireTypeOf(kind);
    const packed = definition.packed === true && wireType !== BYTES;
    const repeated = label === 'repeated';
    const zero = form === 'one' ? zeroOf(kind, enumType) : EMPTY_LIST;
    return {
      name,
      number,
      kind,
      repeated,
      form,
      required: label === 'required',
      packed,
      typedArray: packed && (kind === 'float' || kind === 'double'),
      wireType,
      enumType,
      messageType: kind === 'message' ? this.message(type) : undefined,
      rivals,
      default: 'default' in definition && form !== 'list' ? definition.default : zero,
    };
  }
}

/** @param model the field in BVLC's schema, if it has it */
function formOf({ label }: FieldDefinition, model: FieldDefinition | undefined): FieldForm {
  if (model?.label === 'repeated') return 'list';
  if (label !== 'repeated') return 'one';
  return model ? 'either' : 'list';
}

const EMPTY_LIST: readonly never[] = Object.freeze([]);

/** The default of a field that declares none. */
function zeroOf(kind: FieldKind, enumType: EnumType | undefined): unknown {
  switch (kind) {
    case 'message':
      return undefined;
    case 'enum':
      return Object.values(enumType!.values)[0];
    case 'string':
      return '';
    case 'bytes':
      return EMPTY_LIST;
    case 'bool':
      return false;
    default:
      return 0;
  }
}

function tableOf(fields: readonly Field[]): FieldTable {
  const inOrder = fields.toSorted((a, b) => a.number - b.number);
  return {
    fields,
    inOrder,
    byNumber: new Map(inOrder.map((field) => [field.number, field])),
    byName: new Map(inOrder.map((field) => [field.name, field])),
    defaults: Object.freeze(Object.fromEntries(fields.map((field) => [field.name, field.default]))),
  };
}

function rivalsOf({ name, oneof }: FieldDefinition, all: readonly FieldDefinition[]): readonly string[] {
  if (oneof === undefined) return NO_RIVALS;
  return all.filter((other) => other.oneof === oneof && other.name !== name).map((other) => other.name);
}

const NO_RIVALS: readonly string[] = [];

function lastNameOf(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

function wireTypeOf(kind: FieldKind): number {
  switch (kind) {
    case 'string':
    case 'bytes':
    case 'message':
      return BYTES;
    case 'float':
    case 'fixed32':
    case 'sfixed32':
      return FIXED32;
    case 'double':
    case 'fixed64':
    case 'sfixed64':
      return FIXED64;
    default:
      return VARINT;
  }
}
