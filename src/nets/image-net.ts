/** Options that all nets over an image have, and those that classifiers have besides. */
import type { NetOption } from './options.js';

export interface ImageNetOptions {
  /** Height and width of the input. */
  inputSize?: readonly [height: number, width: number];
}

export interface ImageClassifierOptions extends ImageNetOptions {
  /** Number of classes. @default 1000 */
  classes?: number;
}

/** The option for the size of the input. */
export function sizeOption(size: string): NetOption {
  return { name: 'input-size', type: 'size', default: size, describe: 'height x width of the input' };
}

/** The option for the number of classes. */
export function classesOption(classes: string): NetOption {
  return { name: 'classes', type: 'count', default: classes, describe: 'number of classes' };
}

/** The options of a classifier of ImageNet's classes. */
export function classifierOptions(size: string): readonly NetOption[] {
  return [sizeOption(size), classesOption('1000')];
}
