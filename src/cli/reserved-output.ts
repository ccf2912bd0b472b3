/** Standard output for one JSON document alone: until `release`, whatever else is printed there (alerts of the console channel) goes to
 * standard error. */
export function reserveOutput(): { write(text: string): void; release(): void } {
  const { stdout, stderr } = process
  const original = stdout.write
  stdout.write = stderr.write.bind(stderr)
  return {
    write: (text) => void original.call(stdout, text),
    release() {
      stdout.write = original
    },
  }
}
