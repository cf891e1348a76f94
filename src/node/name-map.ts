/** loadNameMap: a name map by what `--map` was given: a preset's name, a rule file, or a module that exports a map. */
import { TEXT, checkArguments } from '../arguments.js';
import { existsSync } from 'node:fs';
import { NetspecError, didYouMean } from '../errors.js';
import { NAME_MAPS, nameMap, parseRuleJson, ruleMap, type NameMap, type RuleFile } from '../weights/maps/index.js';
import { readText } from './files.js';
import { importDefault, isModuleName } from './import-module.js';

/**
 * A name map by its name or file. The name is a preset's: `identity`, `maskrcnn-benchmark`, `torchvision-resnet`. The file is
 * a rule file (`.json`), or a JavaScript or TypeScript module. The module's default export is a rule file's contents, a
 * {@link NameMap}, or a function that returns one of them.
 * @throws NetspecError naming the file, the rule and the field that cannot be understood; for an unknown name
 * @example
 * const map = await loadNameMap('torchvision-resnet');
 * map.name; // → 'torchvision-resnet'
 */
export async function loadNameMap(nameOrFile: string): Promise<NameMap> {
  checkArguments('loadNameMap()', { nameOrFile: [nameOrFile, TEXT] });
  if (isModuleName(nameOrFile)) return mapOf(await importDefault(nameOrFile), nameOrFile);
  if (nameOrFile.endsWith('.json'))
    return ruleMap(parseRuleJson(await readText(nameOrFile), nameOrFile) as RuleFile, nameOrFile);
  if (NAME_MAPS.includes(nameOrFile)) return nameMap(nameOrFile);
  if (existsSync(nameOrFile))
    throw new NetspecError('a name map is a .json file, or a .js or .ts module', { file: nameOrFile });
  throw new NetspecError(`there is no name map '${nameOrFile}'`, {
    hint: didYouMean(nameOrFile, NAME_MAPS) ?? `name maps are ${NAME_MAPS.join(', ')}, or a rule file's path (.json)`,
  });
}

function mapOf(exported: unknown, file: string): NameMap {
  if (typeof exported === 'object' && exported !== null && 'recipes' in exported) {
    const methods = ['recipes', 'isIgnorable', 'referenceNames'].filter(
      (name) => typeof (exported as Record<string, unknown>)[name] !== 'function',
    );
    if (methods.length > 0)
      throw new NetspecError(`the default export is no name map: '${methods[0]!}' is no function`, { file });
    return exported as NameMap;
  }
  return ruleMap(exported as RuleFile, file);
}
