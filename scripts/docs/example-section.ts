import { needsOf, readExampleLibrary } from '../../src/cli/example-library.ts'
import { code, table } from './markdown.ts'

const library = await readExampleLibrary()

/** Every example with what it watches and needs, linked to its folder. */
export function exampleSection(): string {
  return table(
    ['example', 'what it watches', 'what it needs'],
    library.map((example) => [
      `[${code(example.name)}](../../examples/library/${example.name}/README.md)`,
      example.watches,
      [...needsOf(example), ...Object.keys(example.variables).map(code)].join(', ') || 'nothing',
    ]),
  )
}
