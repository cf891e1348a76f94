/** Whether two forks mean the same by the settings of a layer, as far as a net has them. */
import type { FieldDefinition, SchemaDefinition } from '../descriptor.js';
import type { Evidence, FieldEvidence } from './evidence.js';
import { fieldNamed } from './fit.js';
import { PACKAGE } from './fork-table.js';

/**
 * Two messages of which each field that the net leaves out has the same default in both mean the same; so do messages of which one
 * has fields that the other lacks. Messages that share no field are different things.
 * @param field field of LayerParameter that both have
 */
export function differs(a: SchemaDefinition, b: SchemaDefinition, field: string, evidence: FieldEvidence): boolean {
  const [one, other] = [a, b].map((definition) => fieldNamed(definition, `${PACKAGE}.LayerParameter`, field)?.type);
  if (one === undefined || other === undefined || !evidence.inner) return false;
  return differIn({ definition: a, type: one }, { definition: b, type: other }, evidence.inner, new Set());
}

interface Place {
  definition: SchemaDefinition;
  type: string;
}

function differIn(a: Place, b: Place, evidence: Evidence, around: Set<string>): boolean {
  const fieldsOf = ({ definition, type }: Place) => definition.messages[type] ?? [];
  const [ones, others] = [fieldsOf(a), fieldsOf(b)];
  // The same declarations, in forks of which one was built on the other.
  if (ones === others || around.has(a.type)) return false;
  const shared = ones.flatMap((one) => {
    const other = fieldNamed(b.definition, b.type, one.name);
    return other ? [[one, other] as const] : [];
  });
  if (shared.length === 0) return ones.length > 0 && others.length > 0;
  return shared.some(([one, other]) => {
    const given = evidence.fields.get(one.name);
    if (one.kind === 'message' && other.kind === 'message')
      return (
        given?.inner !== undefined &&
        differIn({ ...a, type: one.type! }, { ...b, type: other.type! }, given.inner, new Set([...around, a.type]))
      );
    return (given?.present ?? 0) < evidence.count && defaultOf(a, one) !== defaultOf(b, other);
  });
}

/** What an absent field stands for, in a form that can be compared; an enum's value by its name. */
function defaultOf({ definition }: Place, { kind, type, label, default: value }: FieldDefinition): unknown {
  if (label === 'repeated') return 'none';
  if (kind === 'enum') {
    const values = Object.entries(definition.enums[type!] ?? {});
    return value === undefined ? values[0]?.[0] : values.find(([, number]) => number === value)?.[0];
  }
  if (kind === 'message') return undefined;
  return value ?? (kind === 'string' || kind === 'bytes' ? '' : kind === 'bool' ? false : 0);
}
