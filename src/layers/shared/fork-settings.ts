/** Settings of layers that only forks have. Each layer states its fork's defaults, since forks disagree on them. */
import type { LayerParameter } from '../../generated/messages.js';

/**
 * The settings in a fork's own field of LayerParameter, as they were given.
 * @param field name of the field, such as `permute_param`
 * @returns an empty message where the field is absent
 */
export function settingsOf<T extends object>(param: LayerParameter, field: string): Partial<T> {
  const value = (param as unknown as Readonly<Record<string, unknown>>)[field];
  return value ?? {};
}
