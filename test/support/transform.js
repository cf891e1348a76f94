/**
 * How jest reads TypeScript: swc strips the types, and the built-in objects that hot loops name become constants of the module.
 * Jest runs tests in a context of Node's vm module, where each look-up of a global name is a slow call: a loop that calls
 * Math.imul takes ten times as long there.
 */
import swc from '@swc/jest';

/** Only names that no module declares: a second declaration is a syntax error. */
const NAMES = ['Array', 'Float32Array', 'Float64Array', 'Int32Array', 'Math', 'Number', 'Object', 'Uint8Array'];
const CONSTANTS = `const { ${NAMES.join(', ')} } = globalThis; `;

export default {
  createTransformer(options) {
    const transformer = swc.createTransformer(options);
    // On the first line, so that the source map's lines stay right.
    const prefixed = ({ code, map }) => ({ code: CONSTANTS + code, map });
    return {
      ...transformer,
      process: (...file) => prefixed(transformer.process(...file)),
      processAsync: async (...file) => prefixed(await transformer.processAsync(...file)),
      getCacheKey: (...file) => transformer.getCacheKey(...file) + CONSTANTS,
    };
  },
};
