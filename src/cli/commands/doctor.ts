/** netspec doctor: whether this machine has what netspec wants, and what to do where it has not. */
import { defineCommand, EXIT } from '../shared/command.js';
import { print, printJson, ReadyLine, withLook } from '../shared/print.js';
import { visible } from '../shared/visible.js';
import { version } from '../version.js';

const WIDTH = 14;

export const command = defineCommand({
  name: 'doctor',
  describe: 'check what this machine has: Node.js, SIMD, threads, memory, optional packages',
  usage: '',
  positionals: {},
  options: { json: { type: 'boolean', describe: 'print as JSON' } },
  examples: [['$0 --json', 'for a report of a defect']],
  run: async ({ json }, { stdout }) => {
    const { CHECKS } = await import('../shared/doctor.js');
    const checks = [];
    for (const { name, run } of CHECKS) checks.push({ name, ...(await run()) });
    if (json) printJson(stdout, { version: version(), platform: `${process.platform} ${process.arch}`, checks });
    else {
      print(stdout, `netspec ${version()} on ${process.platform} ${process.arch}`);
      for (const { name, status, found, hint } of checks) {
        const mark = status === 'bad' ? withLook(stdout, 'bad', 'BAD ') : status.padEnd(4);
        print(stdout, new ReadyLine(`${mark}  ${name.padEnd(WIDTH)}${visible(found)}`));
        if (hint !== undefined) print(stdout, `${' '.repeat(6 + WIDTH)}hint: ${hint}`);
      }
    }
    return checks.some(({ status }) => status === 'bad') ? EXIT.checkFailed : EXIT.ok;
  },
});
