/** Where a text stops being JSON, and what should stand there: JSON.parse says so in some versions of Node only. */

export interface JsonError {
  offset: number;
  /** `a value`, `',' or '}'` … */
  expected: string;
}

// eslint-disable-next-line no-control-regex -- the ones that JSON wants escaped
const OPEN_STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
/** Brackets within each other that are followed; a rule file has five. */
const DEEPEST = 500;
const SPACE = /[ \t\r\n]*/y;

/** The first place at which a text is no JSON; undefined when it is. */
export function findJsonError(text: string): JsonError | undefined {
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const token = (character: string) => {
    take(SPACE);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const failed = (expected: string): JsonError => ({ offset: at, expected });
  const list = (close: string, entry: () => JsonError | undefined): JsonError | undefined => {
    if (token(close)) return undefined;
    do {
      const error = entry();
      if (error) return error;
    } while (token(','));
    return token(close) ? undefined : failed(`',' or '${close}'`);
  };
  const member = () => {
    take(SPACE);
    if (text[at] !== '"') return failed('a name in double quotes');
    return string() ?? (token(':') ? value() : failed("':'"));
  };
  const string = () => {
    take(OPEN_STRING);
    if (text[at] === '"') {
      at++;
      return undefined;
    }
    return failed(text[at] === '\\' ? "an escape ('\\\\' stands for a backslash)" : "'\"'");
  };
  let depth = 0;
  const nested = (close: string, entry: () => JsonError | undefined) => {
    if (++depth > DEEPEST) return failed('fewer brackets within each other');
    const error = list(close, entry);
    depth--;
    return error;
  };
  const value = (): JsonError | undefined => {
    take(SPACE);
    if (token('{')) return nested('}', member);
    if (token('[')) return nested(']', value);
    if (text[at] === '"') return string();
    return take(SCALAR) ? undefined : failed('a value');
  };
  const error = value();
  if (error) return error;
  take(SPACE);
  return at < text.length ? failed('the end of the file') : undefined;
}
