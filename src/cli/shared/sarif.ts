/** sarif: findings of the lint in the Static Analysis Results Interchange Format 2.1.0 of OASIS, which code review tools read. */
import type { Finding } from '../../lint/index.js';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** The log with one run. */
export async function sarifOf(findings: readonly Finding[]): Promise<object> {
  const { RULES } = await import('../../lint/rules/index.js');
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'netspec lint',
            rules: RULES.map(({ name, doc, severity }) => ({
              id: name,
              shortDescription: { text: doc },
              defaultConfiguration: { level: severity },
            })),
          },
        },
        results: findings.map(({ rule, severity, message, hint, file, line, column }) => ({
          ruleId: rule,
          ruleIndex: RULES.findIndex(({ name }) => name === rule),
          level: severity,
          message: { text: hint === undefined ? message : `${message} ${hint}` },
          ...(file !== undefined && {
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) },
                  ...(line !== undefined && { region: { startLine: line, startColumn: column } }),
                },
              },
            ],
          }),
        })),
      },
    ],
  };
}
