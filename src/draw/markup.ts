/** markup: text that goes into SVG and HTML. Names of layers and blobs come from files and may hold anything. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text as character data or as a quoted attribute. Control characters, which XML 1.0 has no way to write, become
 * U+FFFD, and so do halves of surrogate pairs.
 */
export function escapeMarkup(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Surrogate}\ufffe\uffff]/gu, (character) => (/[\t\n\r]/.test(character) ? character : '\ufffd'))
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** At most `most` characters, the middle left out: both ends of a layer's name tell it from its neighbours. */
export function shortened(text: string, most: number): string {
  const characters = Array.from(text);
  if (characters.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (most - 1 - head)).join('')}`;
}
