/**
 * P: the enum values of the schema, as pycaffe's `caffe.params`: `P.Pooling.MAX` is PoolingParameter's MAX.
 */
import type { ParamConstants } from '../generated/layers.js';
import { NetspecError, didYouMean } from '../errors.js';
import { defaultSchema, type Schema } from '../proto/schema.js';
import { isProbe } from './probes.js';

/** The enums of Caffe's layers: `P.Pooling.MAX`. */
export interface Params extends ParamConstants {
  /** The constants of a vendor's caffe.proto. */
  withSchema(schema: Schema): Params & Record<string, Record<string, number>>;
}

/** Enum values by message and name, read from the schema at first use. */
function constantsOf(schema: Schema): Record<string, Record<string, number>> {
  const constants: Record<string, Record<string, number>> = {};
  for (const [message, enums] of schema.enumsByMessage()) {
    if (!message.endsWith('Parameter')) continue;
    const name = message.slice(0, -'Parameter'.length);
    constants[name] = strict(`P.${name}`, Object.assign({}, ...enums.map((e) => e.values)) as Record<string, number>);
  }
  return constants;
}

/** An object whose missing names throw instead of giving undefined. */
function strict<T extends object>(path: string, values: T): T {
  return new Proxy(values, {
    get(target, key, receiver): unknown {
      if (typeof key === 'symbol' || key in target || isProbe(key)) return Reflect.get(target, key, receiver);
      throw new NetspecError(`${path} has no '${key}'`, { hint: didYouMean(key, Object.keys(target)) });
    },
  });
}

function makeParams(schema: Schema): Params {
  return strict('P', { ...constantsOf(schema), withSchema: makeParams }) as unknown as Params;
}

let builtIn: Params | undefined;

/**
 * Enum values by the message that they belong to, without its `Parameter`: `P.Pooling.MAX`, `P.Eltwise.SUM`,
 * `P.LRN.WITHIN_CHANNEL`, `P.Loss.NONE`. Their names as strings do as well.
 * @throws NetspecError on a name that is none, with the nearest
 */
export const P: Params = new Proxy({} as Params, {
  get: (_target, key) => Reflect.get((builtIn ??= makeParams(defaultSchema())), key) as unknown,
  has: (_target, key) => key in (builtIn ??= makeParams(defaultSchema())),
});
