/** Splits documentation into sentences and counts their words, so that a test can hold them to a length. */

/** A sentence of a text: where it begins, counted from 1, and how many words it has. */
export interface Sentence {
  readonly line: number;
  readonly text: string;
  readonly words: number;
}

/** A paragraph, a list item, a heading or a table cell: no sentence goes on behind its end. */
interface Block {
  readonly line: number;
  text: string;
}

/**
 * The sentences of a Markdown text. Code blocks and comments of HTML do not count. A piece of code in backticks is one word;
 * a link has the words that it shows. A list in one line has an item between two semicolons (after a bold label) or dots (·).
 */
export function sentencesOfMarkdown(text: string): Sentence[] {
  return blocksOf(text).flatMap(({ line, text }) =>
    text.split(/^\*\*[^*]+\*\*:/.test(text) ? / · |; / : ' · ').flatMap((item) => sentencesOf(item, line)),
  );
}

/** The sentences of plain text, of a help text for instance; an empty line ends one. */
export function sentencesOf(text: string, line = 1): Sentence[] {
  const plain = text
    .replace(/`+[^`]*`+/g, 'code')
    .replace(/!?\[((?:[^[\]]|\[[^\]]*\])*)\]\([^)]*\)/g, '$1')
    .replace(/\*\*|__|[*_](?=\w)|(?<=\w)[*_]/g, '')
    .replace(/\s+/g, ' ');
  // A full stop inside a number, a file's name or an abbreviation has no blank behind it, or a small letter.
  return plain
    .split(/(?<=[.!?]["')\]]?) (?=["'([]?[A-Z0-9`]|code\b)/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
    .map((sentence) => ({ line, text: sentence, words: wordsOf(sentence) }));
}

/** Words are what has a letter or a digit and stands between blanks. */
function wordsOf(sentence: string): number {
  return sentence.split(' ').filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let fence: string | undefined;
  let open: Block | undefined;
  let indentedCode = false;
  const lines = text.replace(/<!--[^]*?-->/g, (comment) => comment.replace(/[^\n]/g, '')).split('\n');
  lines.forEach((whole, i) => {
    const line = i + 1;
    const mark = /^\s*(?:>\s*)?(```+|~~~+)/.exec(whole)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined;
      return;
    }
    if (mark !== undefined) {
      fence = mark;
      open = undefined;
      return;
    }
    if (whole.trim() === '') {
      open = undefined;
      return;
    }
    // Four blanks behind an empty line are code, unless they continue a list item.
    const isIndented = /^ {4}/.test(whole);
    if (isIndented && (indentedCode || (open === undefined && !insideList(lines, i)))) {
      indentedCode = true;
      return;
    }
    indentedCode = false;
    const content = whole.trim().replace(/^>\s*/, '');
    if (content.startsWith('|')) {
      open = undefined;
      for (const cell of content.replace(/\\\|/g, '/').split('|'))
        if (!/^[\s:-]*$/.test(cell)) blocks.push({ line, text: cell.trim() });
    } else if (/^#+ |^[-*+] |^\d+\. /.test(content)) {
      open = { line, text: content.replace(/^(#+|[-*+]|\d+\.) /, '') };
      blocks.push(open);
      if (content.startsWith('#')) open = undefined;
    } else if (open) open.text += ` ${content}`;
    else blocks.push((open = { line, text: content }));
  });
  return blocks;
}

/** Whether the nearest line before that is indented less is part of a list item. */
function insideList(lines: readonly string[], at: number): boolean {
  const before = lines.slice(0, at).findLastIndex((line) => line.trim() !== '' && !/^ {4}/.test(line));
  const line = lines[before] ?? '';
  return /^ {0,3}([-*+]|\d+\.) /.test(line) || (/^ {2,3}\S/.test(line) && insideList(lines, before));
}
