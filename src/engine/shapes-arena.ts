/**
 * ShapesArena: stands for the memory of a net that is built for its shapes only. There is none, and there are no kernels:
 * compiling them takes longer than all the rest of building a net.
 */
import { NetspecError } from '../errors.js';
import type { Arena } from './arena.js';

export class ShapesArena implements Arena {
  readonly threads = 1;

  get buffer(): never {
    return refuse();
  }

  get kernels(): never {
    return refuse();
  }

  run(): never {
    return refuse();
  }

  allocate(): never {
    return refuse();
  }

  free(): void {
    // Nothing was ever allocated.
  }
}

function refuse(): never {
  throw withoutValues();
}

/** The error of whatever needs values. */
export function withoutValues(): NetspecError {
  return new NetspecError('the net was built for its shapes only: there are no values', {
    hint: 'load it without shapesOnly',
  });
}
