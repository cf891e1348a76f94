/** formatProgram: a NetParameter as the TypeScript program that builds it. */
export { formatProgram, type ProgramOptions } from './format-program.js';
