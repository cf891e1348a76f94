/**
 * typescript: a TypeScript program as JavaScript of the same length, so that places in errors stay: types become blanks. The
 * editor's own parser reads it. What types alone cannot express, such as enums, is refused.
 */
import { typescriptLanguage } from '@codemirror/lang-javascript';
import { NetspecError } from '../../src/errors.js';
import type { SyntaxNode, SyntaxNodeRef } from '@lezer/common';

/** Nodes that are types and nothing else. */
const TYPES = new Set([
  'TypeAnnotation',
  'TypePredicate',
  'TypeParamList',
  'TypeArgList',
  'TypeAliasDeclaration',
  'InterfaceDeclaration',
  'AmbientDeclaration',
  'Privacy',
  'Optional',
  'abstract',
  'override',
  'declare',
  'readonly',
]);

/** Parts of TypeScript that make code, by the name of their node. */
const CODE: Readonly<Partial<Record<string, string>>> = {
  EnumDeclaration: 'an enum',
  NamespaceDeclaration: 'a namespace',
  Decorator: 'a decorator',
};

interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The program without its types.
 * @throws NetspecError with line and column where the text is no TypeScript, or where it has an enum, a namespace, a decorator or a
 *   parameter property
 */
export function withoutTypes(program: string): string {
  const tree = typescriptLanguage.parser.parse(program);
  const blanks: Range[] = [];
  tree.iterate({
    enter: (ref) => {
      if (ref.type.isError) throw refusal(program, ref.from, 'the program cannot be read from here on');
      const code = CODE[ref.name];
      if (code !== undefined && ref.node.parent?.name !== 'AmbientDeclaration')
        throw refusal(program, ref.from, `${code} needs a compiler`);
      if (ref.name === 'Privacy' && ref.node.parent?.name === 'ParamList')
        throw refusal(program, ref.from, 'a parameter property needs a compiler');
      const ranges = typesIn(ref);
      blanks.push(...ranges);
      return !ranges.some(({ from, to }) => from === ref.from && to === ref.to);
    },
  });
  let text = '';
  let at = 0;
  for (const { from, to } of blanks.sort((a, b) => a.from - b.from)) {
    if (to <= at) continue;
    text += program.slice(at, Math.max(at, from)) + blank(program, Math.max(at, from), to);
    at = to;
  }
  return text + program.slice(at);
}

/** What of a node are types. */
function typesIn({ name, node, from, to }: SyntaxNodeRef): Range[] {
  if (TYPES.has(name)) return [{ from, to }];
  const has = (child: string): SyntaxNode | null => node.getChild(child);
  switch (name) {
    case 'ImportDeclaration':
      return has('type') ? [{ from, to }] : [];
    case 'ExportDeclaration':
      return (has('type') ?? has('InterfaceDeclaration') ?? has('TypeAliasDeclaration') ?? has('AmbientDeclaration'))
        ? [{ from, to }]
        : [];
    case 'ImportGroup':
      return node.getChildren('type').map((word) => ({ from: word.from, to: endOfSpecifier(word) }));
    case 'FunctionDeclaration':
    case 'MethodDeclaration':
      return has('Block') ? [] : [{ from, to }];
    case 'BinaryExpression': {
      const operator = has('as') ?? has('satisfies');
      return operator ? [{ from: operator.from, to }] : [];
    }
    case 'ClassDeclaration': {
      const word = has('implements');
      return word ? [{ from: word.from, to: has('ClassBody')!.from }] : [];
    }
    case 'PostfixExpression':
    case 'PropertyDeclaration': {
      const mark = has('LogicOp');
      return mark ? [{ from: mark.from, to: mark.to }] : [];
    }
    case 'PrefixCast':
      return [{ from, to: node.lastChild!.from }];
    default:
      return [];
  }
}

/** `type Bottom,`: with the comma behind it. */
function endOfSpecifier(word: SyntaxNode): number {
  let end = word.to;
  for (let next = word.nextSibling; next && next.name !== '}'; next = next.nextSibling) {
    end = next.to;
    if (next.name === ',') break;
  }
  return end;
}

/** An arrow has to stand in the line of its parameters: there line breaks become blanks as well. */
function blank(program: string, from: number, to: number): string {
  const isBeforeArrow = /^\s*=>/.test(program.slice(to));
  return program.slice(from, to).replace(isBeforeArrow ? /[^]/g : /[^\n]/g, ' ');
}

function refusal(program: string, offset: number, reason: string): NetspecError {
  const before = program.slice(0, offset).split('\n');
  return new NetspecError(reason, { line: before.length, column: before.at(-1)!.length + 1 });
}
