import { settings } from '../../src/config.ts'

const HEAD = `# Configuration

Sluice reads these variables of its environment and nothing else; an empty one counts as unset. A value that cannot be used stops the
start: each fault is told in one line that begins with the name of the variable, and the exit code is 78.

| variable | meaning |
| --- | --- |
`

/** docs/configuration.md as the settings' own descriptions make it. */
export function configurationPage(): string {
  const rows = Object.entries(settings.shape).map(
    ([name, setting]) =>
      `| \`${name}\` | ${(setting.description ?? '').replaceAll('|', '\\|')} |\n`,
  )
  return HEAD + rows.join('')
}
