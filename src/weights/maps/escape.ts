/** escape: names as rule files write them, whatever characters they have. */

/** A pattern that only this name fits. */
export function escapedPattern(name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A template that stands for itself. */
export function escapedTemplate(text: string): string {
  return text.replace(/[${}]/g, '$&$&');
}
