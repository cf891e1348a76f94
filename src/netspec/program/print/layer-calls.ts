/** Which layers `L` has as typed functions: the built-in types, with the bottoms that they declare. */
import { layerTypes } from '../../../generated/layer-types.js';

/** Whether `L.Type` is declared, and takes so many bottoms; any other call is `L('Type', …)`. */
export function isTyped(type: string, bottoms: number): boolean {
  if (!Object.hasOwn(layerTypes, type)) return false;
  const forms: readonly (readonly string[])[] = layerTypes[type as keyof typeof layerTypes].bottoms;
  return forms.some((names) => {
    const required = names.filter((name) => !name.endsWith('?') && !name.startsWith('...')).length;
    const most = names.some((name) => name.startsWith('...')) ? Infinity : names.length;
    return bottoms >= required && bottoms <= most;
  });
}
