/** Why a recipe's tensors do not make a blob of its shape. */
import { NetspecError } from '../../errors.js';
import { sameShape, shapeString, withoutOnes } from '../../shapes.js';
import { operationOf, type Recipe } from '../maps/map.js';
import type { TensorInfo } from '../source.js';
import type { PackProblem } from './problems.js';
import type { BlobId } from './report.js';

export interface Misfit {
  readonly problem: PackProblem;
  /** What the tensors would make, where they make something. */
  readonly given?: readonly number[];
  /** The tensor was to be taken as it is. */
  readonly asIs?: boolean;
}

/** What does not fit; nothing when the recipe's tensors make the blob. */
export function misshapen(id: BlobId, recipe: Recipe, infos: readonly (TensorInfo | undefined)[]): Misfit[] {
  const problem = (message: string, tensors: readonly TensorInfo[]): PackProblem => ({
    code: 'shape',
    ...id,
    tensors: tensors.map(({ name }) => name),
    sourceShape: tensors[0]!.shape,
    message,
  });
  const fits = (shape: readonly number[]) => sameShape(withoutOnes(shape), withoutOnes(id.shape));
  const present = infos.filter((info) => info !== undefined);
  if (!recipe.shapeOf)
    return present
      .filter(({ shape }) => !fits(shape))
      .map((info) => ({
        problem: problem(
          `shape mismatch. Source param shape is ${shapeString(info.shape)}; target param shape is ` +
            `${shapeString(id.shape)}; the source is tensor '${info.name}'`,
          [info],
        ),
        given: info.shape,
        asIs: true,
      }));
  const names = present.map(({ name }) => `'${name}'`).join(', ');
  const at = recipe.origin === undefined ? '' : `${recipe.origin}: `;
  const shapes = infos.map((info) => info?.shape);
  let made: readonly number[];
  try {
    made = recipe.shapeOf(shapes);
  } catch (error) {
    if (!(error instanceof NetspecError)) throw error;
    return [{ problem: problem(`${at}${error.reason}; the source is tensor ${names}`, present) }];
  }
  if (fits(made)) return [];
  const operation = operationOf(recipe, shapes);
  return [
    {
      problem: problem(
        `${at}shape mismatch. Source param shape is ${shapeString(made)}${operation === undefined ? '' : ` after '${operation}'`}; ` +
          `target param shape is ${shapeString(id.shape)}; the source is tensor ${names}`,
        present,
      ),
      given: made,
    },
  ];
}
