/** Shows progress on standard error: a bar that is drawn over on a terminal, a line each time elsewhere. */
export function createProgressBar(title: string): {
  show(done: number, of: number, what: string): void
  clear(): void
} {
  const { stderr } = process
  return {
    show(done, of, what) {
      if (!stderr.isTTY) return void stderr.write(`${title} ${what}: ${done} of ${of} metrics\n`)
      const width = 30
      const filled = of === 0 ? width : Math.round((width * done) / of)
      stderr.write(
        `\r\u001b[2K${title} ${what} ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done}/${of}`,
      )
    },
    clear() {
      if (stderr.isTTY) stderr.write('\r\u001b[2K')
    },
  }
}
