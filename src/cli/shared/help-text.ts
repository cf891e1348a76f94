/** help-text: the help as yargs lays it out, with a blank between each description and what stands at the right of it. */

/** A description that fills its line up to the type of the option, which yargs then writes without a blank between. */
const TOUCHING = /^(.*[^\s[\]])(\[(?:array|boolean|choices:|default:|number|required|string)(?:[^a-z].*)?)$/;

/**
 * The lines of a help text. Where a description leaves no blank before the type, the type goes to a line of its own.
 * @param width that the text was wrapped to
 */
export function helpLines(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    const [, description, type] = TOUCHING.exec(line) ?? [];
    return description === undefined || type === undefined ? [line] : [description, type.padStart(width)];
  });
}
