/** own-package: what a new project depends on, by where the netspec that runs is from. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ownDependency } from '../../src/node/own-package.js';
import { temporaryFolder } from '../cli/support.js';

const folder = temporaryFolder();

/** A package in a folder, with what npm notes of how it was installed. */
function packageIn(place: string, noted?: object): string {
  const own = path.join(folder, place);
  mkdirSync(own, { recursive: true });
  writeFileSync(path.join(own, 'package.json'), JSON.stringify({ name: 'netspec', version: '1.2.3' }));
  if (noted)
    writeFileSync(
      path.join(own, '..', '.package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/netspec': noted } }),
    );
  return own;
}

describe('what package.json depends on', () => {
  const project = path.join(folder, 'work', 'my-net');

  test('a checkout: its folder', () => {
    expect(ownDependency(project, packageIn('checkout'))).toBe('file:../../checkout');
    expect(ownDependency(path.join(folder, 'beside'), packageIn('beside/netspec'))).toBe('file:./netspec');
  });

  test('from the registry: its version', () => {
    const resolved = 'https://registry.invalid/netspec-1.2.3.tgz';
    expect(ownDependency(project, packageIn('a/node_modules/netspec', { resolved }))).toBe('^1.2.3');
    expect(ownDependency(project, packageIn('b/node_modules/netspec', { version: '1.2.3' }))).toBe('^1.2.3');
    expect(ownDependency(project, packageIn('c/node_modules/netspec'))).toBe('^1.2.3');
  });

  test('from a tarball: the tarball, as long as it is there', () => {
    const own = packageIn('d/node_modules/netspec', { resolved: 'file:../netspec-1.2.3.tgz' });
    expect(ownDependency(project, own)).toBe('^1.2.3');
    writeFileSync(path.join(folder, 'netspec-1.2.3.tgz'), '');
    expect(ownDependency(project, own)).toBe('file:../../netspec-1.2.3.tgz');
  });

  test('linked: the folder that is linked', () => {
    const own = packageIn('e/node_modules/netspec', { resolved: '../checkout', link: true });
    expect(ownDependency(project, own)).toBe('file:../../checkout');
  });
});
