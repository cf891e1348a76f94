/**
 * `solver_type: ADAM` → `type: "Adam"`.
 */
import { MESSAGE, checkArguments } from '../../arguments.js';
import { NetspecError } from '../../errors.js';
import { SolverParameter_SolverType as Old, type SolverParameter } from '../../generated/messages.js';
import { addressOf, enumNameOf } from '../message.js';
import { inherit } from './inherit.js';

const names = {
  SGD: 'SGD',
  NESTEROV: 'Nesterov',
  ADAGRAD: 'AdaGrad',
  RMSPROP: 'RMSProp',
  ADADELTA: 'AdaDelta',
  ADAM: 'Adam',
  // NVCaffe's.
  SAG: 'SAG',
} satisfies Record<keyof typeof Old, string>;

/**
 * The solver with its type as a name; the solver itself when that is so already. Nothing is mutated.
 * @throws NetspecError when both the old and the new field are given, in Caffe's words.
 * @example
 * const solver = parsePrototxt('solver_type: ADAM', { type: 'SolverParameter', upgrade: false });
 * upgradeSolver(solver); // → { type: 'Adam' }
 */
export function upgradeSolver(solver: SolverParameter): SolverParameter {
  checkArguments('upgradeSolver()', { solver: [solver, MESSAGE] });
  const { solver_type, ...rest } = solver;
  if (solver_type === undefined) return solver;
  if (solver.type !== undefined)
    throw new NetspecError(
      'Failed to upgrade solver: old solver_type field (enum) and new type field (string) cannot be both specified in ' +
        'solver proto text',
      { ...addressOf(solver, 'solver_type'), hint: `keep type: "${solver.type}"` },
    );
  const key = enumNameOf(solver, 'SolverParameter', 'solver_type');
  if (key === undefined || !Object.hasOwn(names, key))
    throw new NetspecError(
      `Unknown SolverParameter solver_type: ${String(solver_type)}`,
      addressOf(solver, 'solver_type'),
    );
  return inherit({ ...rest, type: names[key as keyof typeof names] }, 'SolverParameter', solver, {
    type: 'solver_type',
  });
}
