/** solver: solvers in files, which commands that look into files read too, and the nets that they train. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { NetspecError } from '../../errors.js';
import type { NetParameter, SolverParameter } from '../../generated/messages.js';
import type { RandomAccess } from '../../proto/random-access.js';
import { schemaOf } from '../../proto/message.js';
import { defaultSchema, type Schema } from '../../proto/schema.js';
import { readPart } from './net-file.js';

/**
 * Reads a solver's prototxt.
 * @param upgrade whether `solver_type: ADAM` becomes `type: "Adam"`
 * @throws NetspecError with file, line and column when it is none.
 */
export async function readSolver(
  source: RandomAccess,
  { schema, upgrade = true }: { schema?: Schema; upgrade?: boolean },
): Promise<SolverParameter> {
  const [{ decodeText }, { parsePrototxt }] = await Promise.all([
    import('../../node/files.js'),
    import('../../proto/text/parser.js'),
  ]);
  const text = decodeText(await readPart(source, source.size));
  return parsePrototxt(text, { type: 'SolverParameter', file: source.name, schema, upgrade });
}

/** The fields that are given, with values as a prototxt writes them; a message within is only hinted at. */
export async function solverRows(solver: SolverParameter, schema?: Schema): Promise<[field: string, value: string][]> {
  const { formatPrototxt } = await import('../../proto/text/printer.js');
  const lines = formatPrototxt(solver, { type: 'SolverParameter', schema }).split('\n');
  return lines.flatMap((line): [string, string][] => {
    const match = /^(\w+)(?:: (.*)| \{)$/.exec(line);
    return match ? [[match[1]!, match[2] ?? '{ … }']] : [];
  });
}

/** The solver for JSON: enums by name. */
export function solverJson(
  solver: SolverParameter,
  schema: Schema = schemaOf(solver) ?? defaultSchema(),
): Record<string, unknown> {
  const { byName } = schema.message('SolverParameter');
  return Object.fromEntries(
    Object.entries(solver).map(([name, value]) => [
      name,
      byName.get(name)?.enumType?.names.get(value as number) ?? value,
    ]),
  );
}

/** The net that a solver trains or tests: a file, or a message within the solver. */
export type NetOfSolver = { file: string } | { net: NetParameter };

/**
 * The net of a solver in a phase. Its path counts from where Caffe is run; it is looked for there, then beside the solver.
 * @throws NetspecError when the solver names none, or it is in none of these places.
 */
export function netOfSolver(solver: SolverParameter, file: string, phase: 'TRAIN' | 'TEST'): NetOfSolver {
  const { net, train_net, test_net, net_param, train_net_param, test_net_param } = solver;
  const named = phase === 'TRAIN' ? (train_net ?? net) : (test_net?.[0] ?? net ?? train_net);
  const within =
    phase === 'TRAIN' ? (train_net_param ?? net_param) : (test_net_param?.[0] ?? net_param ?? train_net_param);
  if (named === undefined) {
    if (within) return { net: within };
    throw new NetspecError('the solver names no net', { file });
  }
  const folder = path.dirname(file);
  const places = [...new Set([named, path.join(folder, named), path.join(folder, path.basename(named))])];
  const found = places.find((place) => existsSync(place));
  if (found === undefined)
    throw new NetspecError(`its net '${named}' is not there; looked for ${places.join(', ')}`, {
      file,
      hint: 'run it where Caffe is run: the path counts from there',
    });
  return { file: found };
}
