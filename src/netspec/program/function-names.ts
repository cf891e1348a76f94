/** What a function of the program is called: by the names of its layers, by what it is known as, or by its layers. */
import { paramsOf } from './unify.js';
import type { Callee, Expr, FunctionDef, Statement } from './model.js';
import { fieldsOf, itemsOf } from './print/calls.js';
import { camelCase, shortName } from './naming.js';

/** A name that says what is in the function. */
export function functionName({ body, inputs }: FunctionDef): string {
  const own = body.map(({ callee }) => (typeof callee === 'string' ? callee : ''));
  if (own.includes('PriorBox')) return 'ssdHead';
  if (inputs.some(({ fallback }) => fallback !== undefined))
    return body.filter(({ callee }) => typesIn(callee).includes('Convolution')).length > 2 ? 'bottleneck' : 'residual';
  const words = layerWords(body);
  // `convRelu` says more than the prefix of the modules that it is in.
  if (words && words.length > 1 && words.length <= MOST_WORDS && words.every((word) => PLAIN.has(word)))
    return joined(words);
  const word = commonWord(body);
  if (word) return word;
  if (words && words.length <= MOST_WORDS) return joined(words.length === 1 ? [...words, 'layer'] : words);
  if (body.some(isDepthwise)) return own.includes('Eltwise') ? 'invertedResidual' : 'separable';
  if (own.includes('Eltwise')) return 'residual';
  // What its own layers are called, where it hands other names on.
  const ownWord = commonWord(body.filter(({ callee }) => typeof callee === 'string'));
  if (ownWord) return ownWord;
  if (own.includes('Concat')) return 'branches';
  return body.some(({ callee }) => typeof callee === 'object' && callee.kind === 'loop') ? 'stage' : 'unit';
}

const MOST_WORDS = 4;
/** Layers that stand in every net. */
const PLAIN: ReadonlySet<string> = new Set(['conv', 'bn', 'relu']);
/** Words that say no more than the layer's type. */
const EMPTY =
  /^(conv|relu|pool|layer|res|bn|scale|fc|norm|data|input|output|branch|block|stage|feature|features|model|module)$/i;

/** The last word that all names in the function begin with: `inception` of `inception_${name}/1x1`. */
function commonWord(body: readonly Statement[]): string | undefined {
  const heads = body.flatMap(({ callee, args }) => namesIn(callee, args));
  let common = heads[0] ?? '';
  for (const head of heads) while (!head.startsWith(common)) common = common.slice(0, -1);
  if (heads.some((head) => /^[a-z]/i.test(head.slice(common.length)) && /[a-z]$/i.test(common))) return undefined;
  const word = /([A-Za-z]{3,})[^A-Za-z]*$/.exec(common)?.[1] ?? '';
  return word === '' || EMPTY.test(word) ? undefined : camelCase(word);
}

/** How the names that a statement gives begin. */
function namesIn(callee: Callee, args: Expr): string[] {
  if (typeof callee !== 'string') {
    const each = callee.kind === 'loop' ? fieldsOf(args).get('each')! : args;
    return typeof callee === 'object' && callee.kind === 'loop'
      ? namesIn(callee.inner, each)
      : [headOf(fieldsOf(args).get('name'))];
  }
  return itemsOf(fieldsOf(args).get('keys')!).map(headOf);
}

function headOf(name: Expr | undefined): string {
  const head =
    name?.kind === 'template'
      ? name.parts[0]
      : name?.kind === 'literal'
        ? name.value
        : name?.kind === 'around-item'
          ? headOf(name.before)
          : undefined;
  return typeof head === 'string' ? head : '';
}

/** `conv`, `bn`, `relu`: the layers one after the other, if functions in it are called so too. */
function layerWords(body: readonly Statement[]): string[] | undefined {
  const words: string[] = [];
  for (const { callee } of body) {
    if (typeof callee !== 'string') {
      const inner = callee.kind === 'function' ? layerWords(callee.body) : undefined;
      if (!inner) return undefined;
      words.push(...inner);
    } else if (callee !== 'Scale' || words.at(-1) !== 'bn')
      words.push(callee === 'BatchNorm' ? 'bn' : shortName(callee));
  }
  return words;
}

function joined(words: readonly string[]): string {
  return words.map((word, i) => (i === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('');
}

function typesIn(callee: Callee): string[] {
  if (typeof callee === 'string') return [callee];
  return callee.kind === 'loop' ? typesIn(callee.inner) : callee.body.flatMap((statement) => typesIn(statement.callee));
}

/** A convolution of each channel by itself. */
function isDepthwise({ callee, args }: Statement): boolean {
  if (typeof callee !== 'string') return false;
  if (/Depthwise/.test(callee)) return true;
  if (callee !== 'Convolution') return false;
  const options = fieldsOf(fieldsOf(args).get('options')!);
  const [group, outputs] = [options.get('group'), options.get('num_output')];
  return !!group && !!outputs && paramsOf(group).length > 0 && paramsOf(group)[0] === paramsOf(outputs)[0];
}
