/** weights-help: what the help says of options that take weights, by the table of formats. */
import { WEIGHT_EXTENSIONS } from '../../weights/formats/index.js';

/** What holds weights. */
export const WEIGHTS_HELP = `a folder of .npy files, or a file of weights: ${WEIGHT_EXTENSIONS.join(', ')}`;
