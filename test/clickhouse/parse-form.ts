/** Fields of a `multipart/form-data` body by name, as text. */
export function parseForm(body: Buffer, boundary: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  const delimiter = `--${boundary}`
  for (const part of body.toString().split(`\r\n${delimiter}`)) {
    const found = /^(?:--[^\r\n]*)?\r\nContent-Disposition: form-data; name="([^"]+)"\r\n\r\n(.*)$/is.exec(
      part,
    )
    if (found !== null) fields.set(found[1]!, found[2]!)
  }
  return fields
}
