/**
 * Random numbers that are the same on every machine for the same seed: what fillers and Dropout draw from.
 */

/** The next number, uniform in [0, 1). */
export type Random = () => number;

/**
 * A stream of its own for each list of keys, such as a net's seed, a layer's name and a parameter's index, so that the
 * numbers a parameter gets do not depend on which others were drawn before.
 * The generator is Doty-Humphrey's sfc32 (PractRand), its state the FNV-1a hashes of the keys.
 */
export function seededRandom(...keys: readonly (string | number)[]): Random {
  const text = keys.map(String).join('\0');
  let [a, b, c] = [fnv1a(text, 0x811c9dc5), fnv1a(text, 0x01234567), fnv1a(text, 0x89abcdef)];
  let counter = 1;
  const next: Random = () => {
    const t = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  // The first outputs still look like the hashes.
  for (let i = 0; i < 15; i++) next();
  return next;
}

/** Pairs of independent numbers of the standard normal distribution, by Box and Muller's transform. */
export function gaussian(random: Random): Random {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    // 1 - random() lies in (0, 1], where the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

function fnv1a(text: string, hash: number): number {
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
