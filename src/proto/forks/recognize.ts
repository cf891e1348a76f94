/**
 * Which Caffe a net is of, by the fields that it has. A fork that has all of them is it; of several the one that has the settings of
 * most of the net's layer types, then the best known. Where no known Caffe has all, the fields of several are put together.
 */
import type { SchemaDefinition } from '../descriptor.js';
import { Schema, caffeDefinition, defaultSchema } from '../schema.js';
import { forks, type Fork } from './catalog.js';
import { compose } from './compose.js';
import { differs } from './differences.js';
import type { Evidence } from './evidence.js';
import { accepts, countMisfits, fieldNamed, lacksSome, repeatsSome } from './fit.js';
import { PACKAGE } from './fork-table.js';

export interface Recognition {
  /** What the net is read and written with. */
  readonly schema: Schema;
  /** Names of the forks that layers of a type can be of, the best first; those of the whole net under ''. */
  readonly forksOfType: ReadonlyMap<string, readonly string[]>;
  /** Settings of layers that other forks, of which the net may be as well, take in another way. */
  readonly doubts: readonly Doubt[];
}

export interface Doubt {
  layer: { name?: string; type: string };
  /** Field of LayerParameter. */
  field: string;
  taken: Fork;
  others: readonly Fork[];
}

/**
 * @param typeName what the evidence is of: 'NetParameter'
 * @returns undefined where no fork fits better than BVLC's Caffe
 */
export function recognize(evidence: Evidence, typeName: string): Recognition | undefined {
  const type = `${PACKAGE}.${typeName}`;
  const caffe = caffeDefinition();
  // A wrong value, or a field that is missing, says nothing of forks: BVLC's Caffe is as right to refuse it as any.
  if (!lacksSome(caffe, type, evidence) && !repeatsSome(caffe, type, evidence)) return undefined;
  const bvlcMisfits = countMisfits(caffe, type, evidence);
  const layers = evidence.fields.get('layer')?.inner ?? evidence.fields.get('layers')?.inner;
  const ranked = forks()
    .map((fork) => ({
      fork,
      misfits: countMisfits(fork.definition, type, evidence),
      known: knownTypes(fork.definition, evidence.fields.get('layer')?.inner),
    }))
    .sort((a, b) => a.misfits - b.misfits || b.known - a.known || a.fork.rank - b.fork.rank);
  const fitting = ranked.filter(({ misfits }) => misfits === 0).map(({ fork }) => fork);
  const [best] = fitting;
  if (best) return whole(best, fitting, layers);

  const { fork, misfits } = ranked[0]!;
  const start = misfits < bvlcMisfits ? fork : undefined;
  const composed = compose(
    start,
    type,
    evidence,
    ranked.map((each) => each.fork),
  );
  if (!start && composed.parts.length === 0) return undefined;
  return ofSeveral(start, composed, layers);
}

/** How many of the net's layer types a schema has settings for. */
function knownTypes(definition: SchemaDefinition, layers: Evidence | undefined): number {
  const known = settingsOf(definition);
  return [...(layers?.layers?.keys() ?? [])].filter((type) => known.has(type.toLowerCase())).length;
}

const settings = new WeakMap<SchemaDefinition, ReadonlySet<string>>();

/** The layer types that a schema has settings for, in lower case: of each XParameter that LayerParameter holds, X. */
function settingsOf(definition: SchemaDefinition): ReadonlySet<string> {
  let known = settings.get(definition);
  if (!known) {
    const held = definition.messages[`${PACKAGE}.LayerParameter`] ?? [];
    const types = held.flatMap(({ type }) =>
      type?.endsWith('Parameter') ? type.slice(PACKAGE.length + 1, -'Parameter'.length).toLowerCase() : [],
    );
    settings.set(definition, (known = new Set(types)));
  }
  return known;
}

function whole(best: Fork, fitting: readonly Fork[], layers: Evidence | undefined): Recognition {
  const names = fitting.map(({ name }) => name);
  const types = [...(layers?.layers?.keys() ?? [])];
  const doubts = doubtsOf(layers, () => [best, fitting]);
  return { schema: best.schema, forksOfType: new Map(['', ...types].map((type) => [type, names])), doubts };
}

/** What {@link compose} gives. */
type Composed = ReturnType<typeof compose>;

function ofSeveral(
  start: Fork | undefined,
  { definition, parts, donors }: Composed,
  layers: Evidence | undefined,
): Recognition {
  const all = [...new Set([...(start ? [start] : []), ...parts])];
  const title = new Intl.ListFormat('en').format(all.map((fork) => fork.title));
  const schema = new Schema(definition, all.map(({ name }) => name).join('+'), title);
  const fitting = (field: string): Fork[] => {
    const own = layers?.fields.get(field);
    return own ? forks().filter((fork) => fits(fork, field, own)) : [];
  };
  const names = all.map(({ name }) => name);
  const forksOfType = new Map<string, readonly string[]>([['', names]]);
  for (const [type, { fields }] of layers?.layers ?? []) {
    const special = [...fields].filter((field) => !isCaffes(field));
    const sets = special.map((field) => fitting(field).map(({ name }) => name));
    const [first, ...others] = sets;
    forksOfType.set(type, first?.filter((name) => others.every((set) => set.includes(name))) ?? names);
  }
  return { schema, forksOfType, doubts: doubtsOf(layers, (field) => [donors.get(field) ?? start, fitting(field)]) };
}

type LayerField = NonNullable<ReturnType<Evidence['fields']['get']>>;

function fits({ definition }: Fork, field: string, evidence: LayerField): boolean {
  const declared = fieldNamed(definition, `${PACKAGE}.LayerParameter`, field);
  if (!declared || !accepts(definition, declared, evidence)) return false;
  return !evidence.inner || countMisfits(definition, declared.type!, evidence.inner) === 0;
}

function isCaffes(field: string): boolean {
  return fieldNamed(caffeDefinition(), `${PACKAGE}.LayerParameter`, field) !== undefined;
}

/** @param forksOf the fork whose field is taken, and all that the field fits */
function doubtsOf(
  layers: Evidence | undefined,
  forksOf: (field: string) => [taken: Fork | undefined, fitting: readonly Fork[]],
): Doubt[] {
  const doubts: Doubt[] = [];
  for (const [type, { name, fields }] of layers?.layers ?? [])
    for (const field of fields) {
      const own = layers?.fields.get(field);
      if (!own?.inner || isCaffes(field)) continue;
      const [taken, fitting] = forksOf(field);
      if (!taken) continue;
      const isRival = (fork: Fork): boolean =>
        fork !== taken && !fork.isReader && !fork.isLeastKnown && (fork.isWellKnown || !taken.isWellKnown);
      const others = fitting.filter((fork) => isRival(fork) && differs(taken.definition, fork.definition, field, own));
      if (others.length > 0) doubts.push({ layer: { name, type }, field, taken, others });
    }
  return doubts;
}

/** The schema that fits a net's evidence: BVLC's, unless a fork's fits better. */
export function schemaFor(evidence: Evidence, typeName: string): Schema {
  return recognize(evidence, typeName)?.schema ?? defaultSchema();
}
