/** formatProgram: a NetParameter as the TypeScript program that builds it. */
export { formatProgram } from './format-program.js';
