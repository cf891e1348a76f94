/**
 * caffe.proto and forks/*.proto → whole schemas. A fork's file holds what differs from the file that it imports, or else from
 * caffe.proto: a message or enum of a known name changes that one, field by field and value by value; a reserved name takes one
 * away. See docs/forks.md.
 */
import { readFileSync, readdirSync } from 'node:fs';
import protobuf from 'protobufjs';

/** A fork's file, read but not combined. */
export interface ForkFile {
  /** As `--proto` takes it: the name of the file. */
  name: string;
  /** What people call it: 'SSD'. */
  title: string;
  /** Where its caffe.proto is. */
  origin: string;
  /** Other names that `--proto` takes. */
  aliases: string[];
  /** Name of the fork that it is built on; undefined for caffe.proto. */
  base: string | undefined;
}

const OPTIONS: protobuf.IParseOptions = { keepCase: true, alternateCommentMode: true };
const caffeProto = new URL('../caffe.proto', import.meta.url);
const folder = new URL('../forks/', import.meta.url);

/** BVLC's schema. */
export function caffeRoot(): protobuf.Root {
  return protobuf.parse(readFileSync(caffeProto, 'utf8'), { ...OPTIONS }).root;
}

/** The files in forks/, by name, each after the one that it is built on. */
export function forkFiles(): ForkFile[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.proto'))
    .sort()
    .map((file) => headerOf(file.replace('.proto', '')));
  const sorted: ForkFile[] = [];
  const add = (file: ForkFile): void => {
    if (sorted.includes(file)) return;
    const { base } = file;
    if (base !== undefined) {
      const parent = files.find(({ name }) => name === base);
      if (!parent) throw new Error(`forks/${file.name}.proto imports ${base}.proto, which is not there`);
      add(parent);
    }
    sorted.push(file);
  };
  files.forEach(add);
  return sorted;
}

/** The whole schema of a fork. */
export function rootOf({ name, base }: ForkFile, files: readonly ForkFile[]): protobuf.Root {
  const root =
    base === undefined
      ? caffeRoot()
      : rootOf(
          files.find((file) => file.name === base)!,
          files,
        );
  const change = protobuf.parse(textOf(name), { ...OPTIONS }).root.lookup('caffe');
  try {
    if (change instanceof protobuf.Namespace) combine(root.lookup('caffe') as protobuf.Namespace, change);
  } catch (cause) {
    throw new Error(`forks/${name}.proto: ${(cause as Error).message}`, { cause });
  }
  return root;
}

function textOf(name: string): string {
  return readFileSync(new URL(`${name}.proto`, folder), 'utf8');
}

function headerOf(name: string): ForkFile {
  const text = textOf(name);
  const [, title] = /^\/\/ (.+)\.\n/.exec(text) ?? [];
  const [, origin] = /^\/\/ Origin: (.+)\n/m.exec(text) ?? [];
  const [, aliases = ''] = /^\/\/ Also called: (.+)\n/m.exec(text) ?? [];
  if (!title || !origin) throw new Error(`forks/${name}.proto does not begin with a title and an origin`);
  const imports = protobuf.parse(text, { ...OPTIONS }).imports ?? [];
  if (imports.length > 1) throw new Error(`forks/${name}.proto imports several files`);
  return { name, title, origin, aliases: aliases.split(', ').filter(Boolean), base: imports[0]?.replace('.proto', '') };
}

/** Applies a change to a schema; what the change holds is moved, not copied. */
function combine(into: protobuf.NamespaceBase, change: protobuf.NamespaceBase): void {
  for (const nested of [...change.nestedArray]) {
    const before = into.get(nested.name);
    if (nested instanceof protobuf.Enum && before instanceof protobuf.Enum) combineEnums(into, before, nested);
    else if (nested instanceof protobuf.Type && before instanceof protobuf.Type) combineTypes(before, nested);
    else if (before) throw new Error(`${nested.name} is something else in the schema that it changes`);
    else move(nested, change, into);
  }
}

function combineTypes(into: protobuf.Type, change: protobuf.Type): void {
  combine(into, change);
  for (const name of reservedNames(change)) {
    const field = into.fields[name];
    if (!field) throw new Error(`${change.name} has no field ${name} to take away`);
    into.remove(field);
  }
  const fields = [...change.fieldsArray];
  // All of them go first: two may have changed their numbers with each other.
  for (const { name } of fields) if (into.fields[name]) into.remove(into.fields[name]);
  for (const field of fields) move(field, change, into);
}

function combineEnums(into: protobuf.NamespaceBase, before: protobuf.Enum, change: protobuf.Enum): void {
  const values = { ...before.values };
  for (const name of reservedNames(change)) {
    if (!(name in values)) throw new Error(`${change.name} has no value ${name} to take away`);
    Reflect.deleteProperty(values, name);
  }
  Object.assign(values, change.values);
  const comments = { ...before.comments, ...change.comments };
  into.remove(before);
  into.add(new protobuf.Enum(before.name, values, { allow_alias: true }, before.comment ?? undefined, comments));
}

function reservedNames({ reserved }: { reserved?: (number[] | string)[] }): string[] {
  return (reserved ?? []).filter((name): name is string => typeof name === 'string');
}

function move(object: protobuf.ReflectionObject, from: protobuf.NamespaceBase, to: protobuf.NamespaceBase): void {
  from.remove(object);
  to.add(object);
}
