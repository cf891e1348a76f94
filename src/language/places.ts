/** places: lines and columns, as errors and as editors count them, and offsets. */
import type { Address } from '../errors.js';

/** A range of characters: `end` is behind the last. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Line and character, both from 0; characters are UTF-16 units, as the language server protocol counts them. */
export interface TextPosition {
  readonly line: number;
  readonly character: number;
}

const TAB_WIDTH = 8;

export class Places {
  /** Offset of each line's first character. */
  readonly #lines: number[] = [0];

  constructor(readonly text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lines.push(at + 1);
  }

  positionOf(offset: number): TextPosition {
    let low = 0;
    let high = this.#lines.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#lines[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low, character: offset - this.#lines[low]! };
  }

  /** Places outside the text become the nearest inside. */
  offsetOf({ line, character }: TextPosition): number {
    if (line >= this.#lines.length) return this.text.length;
    const start = this.#lines[Math.max(0, line)]!;
    const end = (this.#lines[line + 1] ?? this.text.length + 1) - 1;
    return Math.min(start + Math.max(0, character), end);
  }

  /** The offset of an error's address, whose columns count bytes of UTF-8 and go to the next multiple of 8 at a tab. */
  offsetOfAddress({ line = 1, column = 1 }: Address): number {
    const start = this.#lines[line - 1];
    if (start === undefined) return this.text.length;
    const end = (this.#lines[line] ?? this.text.length + 1) - 1;
    let at = start;
    for (let counted = 1; at < end && counted < column; at++) {
      const c = this.text.charCodeAt(at);
      if (c === 0x09) counted += TAB_WIDTH - ((counted - 1) % TAB_WIDTH);
      else if (c < 0x80) counted++;
      else counted += c < 0x800 || (c >= 0xd800 && c <= 0xdfff) ? 2 : 3;
    }
    return at;
  }
}
