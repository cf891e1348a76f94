/**
 * What BVLC's schema and those of all forks have together, for TypeScript: a message type has the fields of all schemas that have
 * it, a field the types that it has in any of them.
 */
import type protobuf from 'protobufjs';
import { declarationsOf } from '../src/proto/reflection.js';

interface Declared {
  name: string;
  comment: string | null;
  /** Titles of the forks that have it; none where BVLC's Caffe has it. */
  forks: string[];
}

export interface UnionField extends Declared {
  /** Its declarations that differ for a TypeScript program, BVLC's first. */
  variants: protobuf.Field[];
}

export interface UnionMessage extends Declared {
  fields: Map<string, UnionField>;
}

export interface UnionValue extends Declared {
  /** Where forks number it differently that of the best known one. */
  number: number;
}

export interface UnionEnum extends Declared {
  values: Map<string, UnionValue>;
}

/** Everything that the schemas declare, by its name within package caffe. */
export interface UnionSchema {
  messages: Map<string, UnionMessage>;
  enums: Map<string, UnionEnum>;
}

/** A schema, and what people call it; BVLC's has no title. */
export interface TitledRoot {
  root: protobuf.Root;
  title?: string;
}

/** @param roots BVLC's, then those of the forks, the best known first */
export function unionOf(roots: readonly TitledRoot[]): UnionSchema {
  const union: UnionSchema = { messages: new Map(), enums: new Map() };
  /** Whatever has no forks when the first fork comes is BVLC's. */
  const note = ({ forks }: Declared, isNew: boolean, title: string | undefined): void => {
    if (title !== undefined && (isNew || forks.length > 0)) forks.push(title);
  };
  for (const { root, title } of roots) {
    const { messages, enums } = declarationsOf(root.resolveAll().lookup('caffe') as protobuf.Namespace);
    for (const type of messages) {
      const name = nameOf(type);
      const [message, isNew] = entry(union.messages, name, () => ({
        ...declared(name, type.comment),
        fields: new Map(),
      }));
      note(message, isNew, title);
      for (const each of type.fieldsArray) {
        const [field, isNew] = entry(message.fields, each.name, () => ({
          ...declared(each.name, each.comment),
          variants: [],
        }));
        note(field, isNew, title);
        if (!field.variants.some((variant) => isAlike(variant, each))) field.variants.push(each);
      }
    }
    for (const type of enums) {
      const name = nameOf(type);
      const [group, isNew] = entry(union.enums, name, () => ({ ...declared(name, type.comment), values: new Map() }));
      note(group, isNew, title);
      for (const [each, number] of Object.entries(type.values)) {
        const comment = type.comments[each] ?? null;
        const [value, isNew] = entry(group.values, each, () => ({ ...declared(each, comment), number }));
        note(value, isNew, title);
      }
    }
  }
  return union;
}

function declared(name: string, comment: string | null): Declared {
  return { name, comment, forks: [] };
}

function entry<T>(map: Map<string, T>, name: string, make: () => NoInfer<T>): [value: T, isNew: boolean] {
  const known = map.get(name);
  if (known !== undefined) return [known, false];
  const made = make();
  map.set(name, made);
  return [made, true];
}

function isAlike(a: protobuf.Field, b: protobuf.Field): boolean {
  return a.repeated === b.repeated && a.type === b.type && a.packed === b.packed;
}

/**
 * The declarations from which a TypeScript type is made: a field of BVLC's is one value or a list as it is with BVLC, whatever the
 * schema; see FieldForm in src/proto/descriptor.ts.
 */
export function typedVariants({ variants, forks }: UnionField): protobuf.Field[] {
  const { repeated } = variants[0]!;
  return forks.length === 0 ? variants.filter((variant) => variant.repeated === repeated) : variants;
}

/** 'PoolingParameter.PoolMethod' */
export function nameOf(type: protobuf.ReflectionObject): string {
  return type.fullName.slice('.caffe.'.length);
}

const NAMED = 3;

/** Whose something is, for a comment; nothing where it is BVLC's, or where all that have what it is a part of have it too. */
export function originNote({ forks }: Declared, whole?: Declared): string[] {
  if (forks.length === 0 || forks.length === whole?.forks.length) return [];
  const named = forks.slice(0, forks.length <= NAMED + 1 ? NAMED + 1 : NAMED);
  const more = forks.length - named.length;
  return [`Of ${new Intl.ListFormat('en').format([...named, ...(more > 0 ? [`${more} more forks`] : [])])}.`];
}
