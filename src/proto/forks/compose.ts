/**
 * A schema for a net that no known Caffe has all fields of: that of one fork, with the missing fields from the best known forks that
 * have them. Such nets are written for the Caffe of a vendor, or of a company, that took layers from several.
 */
import type { FieldDefinition, SchemaDefinition } from '../descriptor.js';
import { caffeDefinition } from '../schema.js';
import type { Fork } from './catalog.js';
import type { Evidence, FieldEvidence, ScalarEvidence } from './evidence.js';
import { accepts, countMisfits, fieldNamed } from './fit.js';
import { PACKAGE } from './fork-table.js';

/** Numbers for fields of one message that two forks gave the same number. No known Caffe has fields from here on. */
const FIRST_FREE_NUMBER = 20_000_000;

export interface Composed {
  definition: SchemaDefinition;
  /** The forks that gave something. */
  parts: readonly Fork[];
  /** Whose the field of LayerParameter of that name is. */
  donors: ReadonlyMap<string, Fork>;
}

/**
 * @param start the fork that fits best; undefined for BVLC's Caffe
 * @param type full name of the message type that the evidence is of
 * @param forks all forks, those that fit better first
 */
export function compose(start: Fork | undefined, type: string, evidence: Evidence, forks: readonly Fork[]): Composed {
  const { messages, enums } = start?.definition ?? caffeDefinition();
  const composer = new Composer({ messages: { ...messages }, enums: { ...enums } }, forks);
  composer.extend(type, evidence);
  return composer;
}

class Composer implements Composed {
  readonly parts: Fork[] = [];
  readonly donors = new Map<string, Fork>();
  /** Whose a message type is that was taken over. */
  readonly #adopted = new Map<string, Fork>();

  constructor(
    readonly definition: {
      messages: Record<string, readonly FieldDefinition[]>;
      enums: Record<string, Readonly<Record<string, number>>>;
    },
    readonly forks: readonly Fork[],
  ) {}

  /** Gives a message type what it needs for the evidence, as far as some fork has it. */
  extend(type: string, evidence: Evidence): void {
    for (const [name, field] of evidence.fields) {
      const declared = this.#own(type, name);
      if (!declared || !accepts(this.definition, declared, field)) this.#take(type, name, field, false);
      else if (field.inner && countMisfits(this.definition, declared.type!, field.inner) > 0)
        this.#take(type, name, field, true);
      const now = this.#own(type, name);
      if (field.inner && now?.kind === 'message') this.extend(now.type!, field.inner);
    }
    this.#relax(type, evidence);
  }

  #own(type: string, name: string): FieldDefinition | undefined {
    return fieldNamed(this.definition, type, name);
  }

  /**
   * A fork's field in place of one that is missing or does not fit.
   * @param whole take it only where its messages fit to the last field: what there is can be extended as well
   */
  #take(type: string, name: string, field: FieldEvidence, whole: boolean): void {
    const donors = this.forks.filter((fork) => {
      const declared = fieldNamed(fork.definition, type, name);
      return declared !== undefined && accepts(fork.definition, declared, field);
    });
    const misfits = (fork: Fork): number =>
      field.inner ? countMisfits(fork.definition, fieldNamed(fork.definition, type, name)!.type!, field.inner) : 0;
    // A sort is stable: of those that fit as well, one that gave something already, else the first.
    const isPart = (fork: Fork): number => (this.parts.includes(fork) ? 0 : 1);
    const [donor] = donors.toSorted((a, b) => misfits(a) - misfits(b) || isPart(a) - isPart(b) || a.rank - b.rank);
    if (whole && (!donor || misfits(donor) > 0)) return;
    if (!donor) {
      if (field.scalars) this.#takeValues(type, name, field.scalars);
      return;
    }
    const declared = fieldNamed(donor.definition, type, name)!;
    this.#put(type, { ...this.#adopt(declared, donor), number: this.#freeNumber(type, declared, donors) });
    if (!this.parts.includes(donor)) this.parts.push(donor);
    if (type === `${PACKAGE}.LayerParameter`) this.donors.set(name, donor);
  }

  #put(type: string, field: FieldDefinition): void {
    const others = (this.definition.messages[type] ?? []).filter(({ name }) => name !== field.name);
    this.definition.messages[type] = [...others, field];
  }

  /** The number that the donor gave, or else another fork, or else one that none gave. */
  #freeNumber(type: string, { name, number }: FieldDefinition, donors: readonly Fork[]): number {
    const fields = (this.definition.messages[type] ?? []).filter((field) => field.name !== name);
    const taken = new Set(fields.map((field) => field.number));
    const numbers = [number, ...donors.map(({ definition }) => fieldNamed(definition, type, name)!.number)];
    return numbers.find((each) => !taken.has(each)) ?? Math.max(FIRST_FREE_NUMBER - 1, ...taken) + 1;
  }

  /**
   * Takes over what a fork's field refers to. A message type that differs from one that is there, and is none of BVLC's, gets a
   * name of its own; BVLC's types, and those that begin alike, are extended where need be.
   * @returns the field with the names that its types have now
   */
  #adopt(field: FieldDefinition, fork: Fork): FieldDefinition {
    const { type } = field;
    if (type === undefined) return field;
    const values = fork.definition.enums[type];
    if (values) {
      const own = this.definition.enums[type];
      const taken = new Set(Object.values(own ?? {}));
      const more = Object.entries(values).filter(
        ([name, number]) => !own || (!Object.hasOwn(own, name) && !taken.has(number)),
      );
      this.definition.enums[type] = { ...own, ...Object.fromEntries(more) };
      return field;
    }
    const fields = fork.definition.messages[type]!;
    const known = this.definition.messages[type];
    // BVLC's types are extended where need be; a fork from before a type has none of it.
    const isCaffes = known !== undefined && caffeDefinition().messages[type] !== undefined;
    if (isCaffes || known === fields || this.#adopted.get(type) === fork) return field;
    const name = known ? type.replace(PACKAGE, `${PACKAGE}.${fork.name}`) : type;
    if (!this.definition.messages[name]) {
      this.#adopted.set(name, fork);
      this.definition.messages[name] = fields;
      this.definition.messages[name] = fields.map((inner) => this.#adopt(inner, fork));
    }
    return { ...field, type: name };
  }

  /** An enum gets the words that the net has, from whichever forks have them. */
  #takeValues(type: string, name: string, { words, texts }: ScalarEvidence): void {
    const declared = this.#own(type, name);
    if (declared?.kind !== 'enum') return;
    const values = { ...this.definition.enums[declared.type!] };
    for (const word of [...words, ...texts]) {
      if (Object.hasOwn(values, word)) continue;
      const donor = this.forks.find(({ definition }) => Object.hasOwn(definition.enums[declared.type!] ?? {}, word));
      if (!donor) continue;
      const number = donor.definition.enums[declared.type!]![word]!;
      const taken = Object.values(values);
      values[word] = taken.includes(number) ? Math.max(...taken) + 1 : number;
      if (!this.parts.includes(donor)) this.parts.push(donor);
    }
    this.definition.enums[declared.type!] = values;
  }

  /** What a fork requires and the net does not have is not required: some other fork does without. */
  #relax(type: string, evidence: Evidence): void {
    const fields = this.definition.messages[type] ?? [];
    const missing = (field: FieldDefinition): boolean =>
      field.label === 'required' &&
      (evidence.fields.get(field.name)?.present ?? 0) < evidence.count &&
      this.forks.some(({ definition }) => {
        const other = definition.messages[type];
        return other !== undefined && fieldNamed(definition, type, field.name)?.label !== 'required';
      });
    if (!fields.some(missing)) return;
    this.definition.messages[type] = fields.map((field) => {
      if (!missing(field)) return field;
      return { ...field, label: undefined };
    });
  }
}
