/** Cuts a stream into lines. */

/**
 * @param take called with each line, without its line break.
 * @param tooLong called once, instead of `take`, for a line longer than `most` bytes; no line follows.
 */
export const intoLines = (take: (line: string) => void, most: number, tooLong: () => void) => {
  let begun: Array<Buffer> = []
  let size = 0
  let given = true
  const keep = (part: Buffer): void => {
    size += part.length
    if (size > most) {
      given = false
      begun = []
      tooLong()
    } else {
      begun.push(part)
    }
  }
  return (chunk: Buffer): void => {
    let from = 0
    for (let end = chunk.indexOf(10); given && end >= 0; end = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, end))
      if (!given) return
      const line = Buffer.concat(begun).toString("utf8")
      begun = []
      size = 0
      from = end + 1
      take(line)
    }
    if (given && from < chunk.length) keep(chunk.subarray(from))
  }
}
